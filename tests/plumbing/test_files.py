"""Files appear whole or not at all, and who may read them is the umask's to decide."""

import os
import stat
from pathlib import Path

import pytest

from plumbing import files
from plumbing.files import append_line, create_file, replace_file
from plumbing.locks import lock_at, try_acquire


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(params=[0o022, 0o027, 0o077])
def mask(request):
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def test_the_umask_decides_who_may_read(tmp_path, mask):
    replace_file(tmp_path / "replaced", b"x")
    replace_file(tmp_path / "durable", b"x", durable=True)
    create_file(tmp_path / "created", b"x")
    append_line(tmp_path / "appended", b"x")
    with lock_at(tmp_path / "lock"):
        assert {mode(path) for path in tmp_path.iterdir()} == {0o666 & ~mask}


def test_a_file_is_replaced_with_its_folders_made_and_nothing_left_beside_it(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    for content in (b"one", b"two"):
        replace_file(path, content)
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_a_device_is_written_to_and_stays_one(tmp_path):
    device = tmp_path / "null"
    device.symlink_to("/dev/null")
    replace_file(device, b"gone")
    assert device.is_char_device()
    assert list(tmp_path.iterdir()) == [device]


@pytest.mark.parametrize("write", [replace_file, lambda path, content: replace_file(path, content, durable=True)])
@pytest.mark.parametrize("trouble", ["write", "replace"])
def test_what_cannot_be_written_leaves_what_was_there(tmp_path, monkeypatch, write, trouble):
    path = tmp_path / "file"
    path.write_bytes(b"before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    if trouble == "write":
        monkeypatch.setattr(files, "_write_new", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        write(path, b"after")
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_is_never_written_over_another(tmp_path):
    create_file(tmp_path / "file", b"one")
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "file", b"two")
    assert (tmp_path / "file").read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_only_what_must_last_waits_for_the_disk(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(files.os, "fsync", synced.append)
    replace_file(tmp_path / "file", b"x")
    assert not synced
    replace_file(tmp_path / "file", b"x", durable=True)
    create_file(tmp_path / "other", b"x")
    assert len(synced) == 4


def test_a_lock_that_is_held_is_not_taken_and_stays_on_the_disk(tmp_path):
    mine, other = lock_at(tmp_path / "lock"), lock_at(tmp_path / "lock")
    assert try_acquire(mine)
    assert not try_acquire(other)
    mine.release()
    assert try_acquire(other)
    other.release()
    assert (tmp_path / "lock").exists()
