"""Aliases move, keep their history and follow nothing else."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from plumbing import files
from plumbing.errors import UserError
from programs.artifacts.aliases import read_aliases
from programs.artifacts.store import load_program, promote, save_program
from tests.programs.artifacts.damage import edit, refusal
from tests.programs.saved import compiled


def test_promotion_moves_the_alias_and_keeps_the_history(saved, root):
    save_program(compiled(), "maden", root=root)
    for version in (1, 2, 2, 1):
        promote("maden", version, root=root)
        assert load_program("maden@champion", root=root).artifact.version == version
    history = read_aliases(root / "maden").history
    assert [(move.version, move.previous) for move in history] == [(1, None), (2, 1), (1, 2)]
    assert {move.alias for move in history} == {"champion"}


def test_aliases_move_independently(saved, root):
    save_program(compiled(), "maden", root=root)
    promote("maden", 1, root=root)
    promote("maden", 2, "challenger", root=root)
    assert load_program("maden@champion", root=root).artifact.version == 1
    assert load_program("maden@challenger", root=root).artifact.version == 2


def _promote_some(root: Path, alias: str) -> None:
    for version in (1, 2, 1, 2):
        promote("maden", version, alias, root=root)


def test_two_processes_promoting_at_once_lose_no_move(saved, root):
    save_program(compiled(), "maden", root=root)
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_promote_some, args=(root, alias)) for alias in ("left", "right")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    moves = [(move.alias, move.version) for move in read_aliases(root / "maden").history]
    for alias in ("left", "right"):
        assert [version for name, version in moves if name == alias] == [1, 2, 1, 2]


def test_what_does_not_verify_is_not_promoted(saved, root):
    edit(saved.path, lambda c: c.update(notes="edited"), seal=False)
    with pytest.raises(UserError, match="changed or damaged"):
        promote("maden", 1, root=root)
    assert not (root / "maden" / "aliases.json").exists()


def test_an_alias_does_not_follow_to_other_content_under_the_same_number(saved, root):
    promote("maden", 1, root=root)
    edit(saved.path, lambda c: c.update(notes="another program"))
    assert "is not what was promoted as champion" in refusal("maden@champion", root)
    assert load_program("maden@1", root=root).artifact.notes == "another program"


@pytest.mark.parametrize("alias", ["3", "v3", "latest", "", "a b", "../x"])
def test_an_alias_that_reads_like_a_version_is_refused(saved, root, alias):
    with pytest.raises(UserError, match="cannot be an alias"):
        promote("maden", 1, alias, root=root)


def test_damaged_aliases_are_said(saved, root):
    (root / "maden" / "aliases.json").write_text("{")
    assert "aliases.json is damaged" in refusal("maden@champion", root)


def test_a_full_disk_while_promoting_leaves_the_alias(saved, root, monkeypatch):
    save_program(compiled(), "maden", root=root)
    promote("maden", 1, root=root)

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device; nothing was changed"):
        promote("maden", 2, root=root)
    assert load_program("maden@champion", root=root).artifact.version == 1
