from __future__ import annotations

import json
from pathlib import Path

import pytest

from plumbing.errors import UserError
from programs.models.adapted import read_adapted, write_adapted
from programs.models.make import make_lm
from programs.models.model_file import file_sha256


@pytest.fixture
def folder(tmp_path) -> Path:
    made = tmp_path / "first"
    made.mkdir()
    (tmp_path / "base.gguf").write_bytes(b"GGUF base")
    (made / "adapter.gguf").write_bytes(b"GGUF adapter")
    base = tmp_path / "base.gguf"
    write_adapted(made, str(base), file_sha256(base), made / "adapter.gguf")
    return made


def test_base_and_adapters_are_found_and_the_name_tells_trainings_apart(folder):
    found = read_adapted(folder)
    assert (found.base.read_bytes(), found.adapter.read_bytes()) == (b"GGUF base", b"GGUF adapter")
    lm = make_lm(f"local:{folder}")
    assert lm.model == f"embedded/first-{file_sha256(folder / 'adapter.gguf')[:12]}"
    assert lm.engine.settings.adapter == str(folder / "adapter.gguf")


def test_folder_and_base_may_be_moved_together(folder, tmp_path):
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    folder.rename(moved / folder.name)
    (tmp_path / "base.gguf").rename(moved / "base.gguf")
    file_sha256.cache_clear()
    assert read_adapted(moved / folder.name).base == moved / "base.gguf"


@pytest.mark.parametrize("which", ["base", "adapter"])
@pytest.mark.parametrize("how", ["gone", "another"])
def test_what_is_gone_or_another_file_is_told(folder, tmp_path, which, how):
    file = tmp_path / "base.gguf" if which == "base" else folder / "adapter.gguf"
    file_sha256.cache_clear()
    file.unlink() if how == "gone" else file.write_bytes(b"GGUF something else")
    with pytest.raises(UserError, match="is gone" if how == "gone" else "is not the"):
        read_adapted(folder)


def test_a_folder_that_is_none_and_a_file_that_is_damaged_are_told(folder, tmp_path):
    with pytest.raises(UserError, match=r"holds no model\.json"):
        make_lm(f"local:{tmp_path}")
    content = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**content, "schema_version": 2}))
    with pytest.raises(UserError, match="damaged or of a newer version"):
        read_adapted(folder)
