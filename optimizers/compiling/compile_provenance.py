"""What decides the outcome of a compile beside its configuration, and where it ran."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import dspy

from plumbing.closure import files_behind, hash_of
from programs.artifacts.provenance import described, installed_versions, without_secrets
from programs.kinds.kind import Book, Kind
from programs.kinds.negotiation_kind import NEGOTIATIONS

DECIDING_PACKAGES = ("dspy", "gepa", "optuna", "pydantic")
"""Packages that word the prompts or choose the next candidate: another version of one takes another course."""


def facts_of(book: Book, lm: dspy.LM, prompt_lm: dspy.LM, kind: Kind = NEGOTIATIONS) -> dict[str, Any]:
    """What must be the same in every session of a run: data, code, metric, models, packages."""
    versions = installed_versions()
    return without_secrets(
        {
            "book_sha256": book.sha256,
            "playing_sha256": kind.code_sha256,
            "compiling_sha256": compiling_code(),
            "metric_version": kind.metric_version,
            "weights": kind.weights_sha256,
            "lm": _decisive(lm),
            "prompt_lm": _decisive(prompt_lm),
            "packages": {name: versions[name] for name in DECIDING_PACKAGES},
        }
    )


@lru_cache(maxsize=1)
def compiling_code() -> str:
    """Hash of everything that the strategies come to (`plumbing.closure`): what decides which candidates they try."""
    return hash_of(compiling_files())


def compiling_files() -> list[Path]:
    """The files behind `compiling_code`, sorted."""
    return files_behind("optimizers.registry")


def _decisive(lm: dspy.LM) -> dict[str, Any] | None:
    """Model and call settings; with how many threads an embedded model writes is free."""
    found = described(lm)
    return {name: value for name, value in found.items() if name != "threads"} if found else None
