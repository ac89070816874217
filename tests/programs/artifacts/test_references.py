"""A program is found by every spelling of its reference, or what is near is named."""

from __future__ import annotations

import pytest

from programs.artifacts.store import load_program, promote, save_program
from tests.programs.artifacts.damage import refusal
from tests.programs.saved import compiled


def test_references_find_the_same_version_in_every_spelling(saved, root):
    save_program(compiled(), "maden", root=root)
    found = {ref: load_program(ref, root=root).artifact.version for ref in
             ("maden", "maden@latest", "maden@1", "maden@v1", "maden@v0001", "maden@2")}  # fmt: skip
    assert found == {"maden": 2, "maden@latest": 2, "maden@1": 1, "maden@v1": 1, "maden@v0001": 1, "maden@2": 2}
    assert load_program(saved.path).artifact.version == load_program(str(saved.path)).artifact.version == 1


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("madne", "did you mean maden?"),
        ("maden@7", "maden has no version 7; it has 1, the latest is 1"),
        ("maden@0", "no version 0"),
        ("maden@champion", "none was promoted yet"),
        ("maden@../../x", "there is no artifact file"),
        ("..", "no artifact '..'"),
        ("", "no artifact ''"),
        ("other/v0001.json", "no artifact file other/v0001.json"),
        ("maden@\x00", "no alias '\\x00'"),
    ],
)
def test_an_unknown_reference_names_what_is_near(saved, root, ref, words):
    assert words in refusal(ref, root)


def test_an_unknown_alias_names_the_near_one(saved, root):
    promote("maden", 1, root=root)
    assert "did you mean champion?" in refusal("maden@champoin", root)


def test_without_any_artifact_the_first_step_is_named(root):
    assert "python -m programs.compile makes one" in refusal("maden", root)


def test_a_folder_is_no_artifact(saved, root):
    assert "is a folder" in refusal(saved.path.parent, root)


def test_a_copied_file_does_not_pass_as_another_version(saved, root):
    (root / "maden" / "v0002.json").write_bytes(saved.path.read_bytes())
    assert "holds maden@1: it was moved or copied" in refusal("maden@2", root)
    assert load_program(root / "maden" / "v0002.json").artifact.reference == "maden@1"
