"""The code that decides how a negotiation goes, as one hash: an older version's record is not this one's."""

from __future__ import annotations

from pathlib import Path

from plumbing.closure import files_behind
from programs.kinds.negotiation_kind import NEGOTIATIONS


def playing_code() -> str:
    """Hash of everything that the program and whoever can sit at the table come to (`plumbing.closure`).

    Not of the models: `programs.playing.played_store.lm_id` tells one from another.
    """
    return NEGOTIATIONS.code_sha256


def playing_files() -> list[Path]:
    """The files behind `playing_code`, sorted."""
    return files_behind(*NEGOTIATIONS.code)
