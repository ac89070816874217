"""Where a compiled program comes from: code, packages, models, data, split, metric, optimiser, seeds. No secrets."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import dspy
from pydantic_core import to_jsonable_python

from plumbing.clock import utc_now
from plumbing.errors import UserError
from plumbing.files import ROOT
from programs.kinds.kind import Book, Kind
from programs.kinds.negotiation_kind import NEGOTIATIONS

PACKAGES = ("maden", "dspy", "gepa", "litellm", "numpy", "optuna", "pydantic", "xllamacpp")
"""Distributions whose versions are recorded."""

CALL_SETTINGS = ("temperature", "max_tokens", "max_completion_tokens", "top_p", "top_k", "seed", "reasoning_effort")
"""Settings of a model that are recorded; everything else (keys, addresses, headers) stays out."""

GIT_TIMEOUT_S = 10
_LEAST_SECRET_CHARS = 12
"""Shorter values of key variables are placeholders such as "none"."""
_SECRET_KEY = re.compile(
    r"(.*_)?(api_?key|api_?base|base_?url|headers?|authorization|password|passwd|secret|credentials?|access_?token)$",
    re.IGNORECASE,
)
_URL_USER = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True, kw_only=True)
class Compilation:
    """What decides the outcome of a compile; `section` is what an artifact keeps of it."""

    lm: dspy.LM | None
    """The model that the program was compiled for."""
    prompt_lm: dspy.LM | None = None
    """The model that proposed instructions."""
    optimizer: str
    """Its name in the registry."""
    optimizer_settings: dict[str, Any]
    """Everything that decides what it does."""
    seed: int
    book: Book
    train_ids: dict[str, Any]
    """`ids` and their `sha256`; the same hash means the same debtors."""
    val_ids: dict[str, Any]
    pool: dict[str, Any] | None = None
    """Where labels teach without play: how many training `examples` may be shown, and the `sha256` of their ids."""
    debtor: str
    """Who sat on the other side, as the command line names it."""
    config: dict[str, Any] = field(default_factory=dict)
    """The whole configuration of the run."""
    compile_unscored: int = 0
    """Negotiations of the compilation lost to infrastructure."""
    environment: dict[str, Any] = field(default_factory=dict)
    """As `current_environment()` found it when the run was begun; by default as it is now."""
    kind: Kind = NEGOTIATIONS
    """Of the program; its metric and weights are recorded."""

    def section(self) -> dict[str, Any]:
        """The provenance section of an artifact."""
        return without_secrets(
            {
                **(self.environment or current_environment(self.kind)),
                "lm": described(self.lm),
                "prompt_lm": described(self.prompt_lm),
                "optimizer": {"name": self.optimizer, "settings": self.optimizer_settings},
                "seed": self.seed,
                "book": {"source": self.book.name, "sha256": self.book.sha256, "debtors": len(self.book)},
                "split": {
                    "train": self.train_ids,
                    "val": self.val_ids,
                    **({} if self.pool is None else {"pool": self.pool}),
                },
                "metric_version": self.kind.metric_version,
                "weights": self.kind.weights_sha256,
                "debtor": self.debtor,
                "config": self.config,
                "compile_unscored": self.compile_unscored,
            }
        )


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Everything in an artifact that is not the program: where it comes from and what came of it. No secrets."""

    section: dict[str, Any] = field(default_factory=dict)
    """`Compilation.section`, and what else a compile has to tell of itself."""
    scores: dict[str, Any] = field(default_factory=dict)
    """`uncompiled` and `compiled`, each with `estimates` per metric, `scored` and `unscored`."""
    cost: dict[str, Any] = field(default_factory=dict)
    """What the compile took."""
    notes: str = ""
    """Free words."""
    created: str = field(default_factory=utc_now)
    """UTC, ISO 8601."""


def current_environment(kind: Kind = NEGOTIATIONS) -> dict[str, Any]:
    """Code revision, Python and packages of this process, and the code that plays programs of `kind`."""
    return {
        "code": {**git_revision(), "playing_sha256": kind.code_sha256},
        "python": platform.python_version(),
        "packages": installed_versions(),
    }


def described(lm: dspy.LM | None) -> dict[str, Any] | None:
    """Model, engine and call settings; whether it answers at an address of its own, but never at which."""
    if lm is None:
        return None
    engine = lm.engine if isinstance(lm.engine, str) else type(lm.engine).__name__
    found: dict[str, Any] = {
        "model": lm.model,
        "engine": engine,
        "settings": {name: lm.kwargs[name] for name in CALL_SETTINGS if lm.kwargs.get(name) is not None},
        "own_address": any(lm.kwargs.get(name) for name in ("api_base", "base_url")),
    }
    settings = getattr(lm.engine, "settings", None)
    if settings is not None and hasattr(settings, "path"):  # the embedded engine
        found["file"] = Path(settings.path).name
        found["threads"] = settings.threads
        found["context"] = settings.context
    return found


@lru_cache(maxsize=1)
def installed_versions() -> dict[str, str | None]:
    """Versions of the packages that matter here; None where one is not installed."""
    return {package: _version(package) for package in PACKAGES}


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def git_revision(root: Path = ROOT) -> dict[str, Any]:
    """Commit of the project's own code and whether files were changed since; None for both outside its repository."""
    nothing = {"revision": None, "dirty": None}
    top = _git(root, "rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != root:  # installed into somebody else's repository
        return nothing
    revision = _git(root, "rev-parse", "HEAD")
    changed = _git(root, "status", "--porcelain", "--untracked-files=no")
    return nothing if revision is None else {"revision": revision, "dirty": None if changed is None else bool(changed)}


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", *arguments], cwd=root, capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def without_secrets(value: Any) -> Any:
    """`value` as JSON without entries that are called like a key, header or address, and without users in URLs."""
    return _scrubbed(to_jsonable_python(value))


def _scrubbed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _scrubbed(part) for key, part in value.items() if not _SECRET_KEY.match(str(key))}
    if isinstance(value, list):
        return [_scrubbed(part) for part in value]
    return _URL_USER.sub("", value) if isinstance(value, str) else value


def refuse_secrets(data: bytes) -> None:
    """The last look: no value of a key variable of this environment may stand in the file.

    Raises:
        UserError: one does.
    """
    for variable, value in os.environ.items():
        secret = variable.upper().endswith(("_API_KEY", "_TOKEN", "_SECRET", "_ACCESS_KEY"))
        if secret and len(value) >= _LEAST_SECRET_CHARS and value.encode() in data:
            raise UserError(
                f"the program or its description holds the value of {variable}, so nothing was saved; look for it in "
                "the instructions, demos and notes, and save again without it"
            )
