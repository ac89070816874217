"""Versions are numbered and never overwritten, whatever the disk does."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path

import pytest

from plumbing import files
from plumbing.errors import UserError
from programs.artifacts import store as artifact_store
from programs.artifacts.store import load_program, promote, save_program, verify
from programs.maden import Maden
from tests.programs.saved import compiled


def test_versions_count_up_and_nothing_is_overwritten(saved, root):
    first = saved.path.read_bytes()
    assert [save_program(compiled(), "maden", root=root).version for _ in range(3)] == [2, 3, 4]
    assert saved.path.read_bytes() == first
    assert sorted(file.name for file in saved.path.parent.iterdir()) == [f"v000{n}.json" for n in (1, 2, 3, 4)]


def test_the_number_of_a_removed_promoted_version_is_not_given_again(saved, root):
    save_program(compiled(), "maden", root=root)
    promote("maden", 2, root=root)
    (root / "maden" / "v0002.json").unlink()
    assert save_program(compiled(), "maden", root=root).version == 3


def _save_some(root: Path, count: int) -> None:
    for _ in range(count):
        save_program(Maden(), "maden", root=root)


def test_two_processes_saving_at_once_get_different_versions(root):
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_save_some, args=(root, 5)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    found = sorted((root / "maden").iterdir())
    assert [file.name for file in found] == [f"v{n:04d}.json" for n in range(1, 11)]
    assert [verify(f"maden@{n}", root=root).version for n in range(1, 11)] == list(range(1, 11))


def test_a_number_taken_between_choosing_and_writing_is_skipped(saved, root, monkeypatch):
    numbers = iter([1, 1, 2])
    monkeypatch.setattr(artifact_store, "_next_version", lambda folder: next(numbers))
    assert save_program(compiled(), "maden", root=root).version == 2


def test_without_hard_links_a_version_is_still_never_overwritten(saved, root, monkeypatch):
    def no_links(source, target):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(files.os, "link", no_links)
    first = saved.path.read_bytes()
    assert save_program(compiled(), "maden", root=root).version == 2
    with pytest.raises(FileExistsError):
        files.create_file(saved.path, b"other")
    assert saved.path.read_bytes() == first
    assert verify("maden@2", root=root).version == 2


@pytest.mark.parametrize("name", ["", ".hidden", "a/b", "../up", "a@1", "a b", "x" * 65, "maden.json", "naïve", "a\n"])
def test_an_unusable_name_is_refused(name, root):
    with pytest.raises(UserError, match="cannot be the name of an artifact"):
        save_program(Maden(), name, root=root)
    assert not root.exists()


@pytest.mark.parametrize("call", ["fsync", "link"])
def test_a_full_disk_while_saving_leaves_what_was_there(saved, root, monkeypatch, call):
    before = {file: file.read_bytes() for file in root.rglob("*.json")}

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, call, full)
    for name in ("maden", "second"):
        with pytest.raises(UserError) as caught:
            save_program(compiled(), name, root=root)
        assert "No space left on device; nothing that was there is changed" in str(caught.value)
    monkeypatch.undo()
    assert {file: file.read_bytes() for file in root.rglob("*") if file.is_file()} == before
    assert not (root / "second").exists()
    assert load_program("maden", root=root).artifact.version == 1


FULL = """
import resource, signal, sys
from pathlib import Path
from plumbing.errors import UserError
from programs.artifacts.store import save_program
from programs.maden import Maden
root = Path(sys.argv[1])
save_program(Maden(), "maden", root=root)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    save_program(Maden(), "maden", root=root)
except UserError as error:
    print(error)
"""


def test_a_write_that_the_system_cuts_short_leaves_what_was_there(root):
    done = subprocess.run([sys.executable, "-c", FULL, root], capture_output=True, text=True, check=True)
    assert "File too large; nothing that was there is changed" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert [file.name for file in (root / "maden").iterdir()] == ["v0001.json"]
    assert verify("maden", root=root).version == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_said(saved, root):
    (root / "maden").chmod(0o500)
    with pytest.raises(UserError, match="Permission denied"):
        save_program(compiled(), "maden", root=root)
    (root / "maden").chmod(0o700)


def test_a_file_in_the_place_of_the_folder_is_said(root):
    root.mkdir()
    (root / "maden").write_text("mine")
    with pytest.raises(UserError, match="cannot save in"):
        save_program(Maden(), "maden", root=root)
    assert (root / "maden").read_text() == "mine"
