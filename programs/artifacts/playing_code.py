"""The code that decides how a negotiation goes, as one hash: an older version's record is not this one's."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from plumbing.closure import files_behind, hash_of


@lru_cache(maxsize=1)
def playing_code() -> str:
    """Hash of everything that the program and whoever can sit at the table come to (`plumbing.closure`).

    Not of the models: `programs.playing.played_store.lm_id` tells one from another.
    """
    return hash_of(playing_files())


def playing_files() -> list[Path]:
    """The files behind `playing_code`, sorted."""
    return files_behind("programs.maden", "programs.creditor.rules", "programs.debtor.seating")
