"""A compile's folder, `runs/<id>/`: what it was asked to do, what it played, what it paid for, what came of it."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from optimizers.compile_config import CompileConfig
from plumbing import files
from plumbing.errors import UserError
from plumbing.locks import lock_at, try_acquire

RUNS = Path("runs")
_CODE = frozenset({"playing_sha256", "compiling_sha256"})
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True)
class RunFolder:
    """One compile on the disk.

    Raises (every method that writes):
        OSError: the folder cannot be written.
    """

    path: Path
    config: CompileConfig
    created: str
    """UTC, ISO 8601: when the run was begun, whichever session ends it. `SOURCE_DATE_EPOCH` sets it."""
    facts: dict[str, Any]
    """What else decides the outcome: hashes of the book and of the code that plays and scores."""
    environment: dict[str, Any] = field(default_factory=dict)
    """Where the run was begun: code revision, Python, packages. Told in the artifact, free to differ later."""

    @property
    def run_id(self) -> str:
        """The folder's name, as `--resume` takes it."""
        return self.path.name

    @property
    def ledger_path(self) -> Path:
        """One line per finished negotiation (`optimizers.runs.ledger`)."""
        return self.path / "negotiations.jsonl"

    @property
    def responses_path(self) -> Path:
        """Every answer of a model with its cost (`optimizers.spending.responses`)."""
        return self.path / "responses.sqlite"

    @property
    def study_path(self) -> Path:
        """Optuna's journal (`optimizers.strategies.search`)."""
        return self.path / "study.log"

    @property
    def candidates_path(self) -> Path:
        """Folder of the programs that played."""
        return self.path / "candidates"

    @property
    def versions_path(self) -> Path:
        """The artifact numbers that this run has asked for (`programs.artifacts.store.save_program`)."""
        return self.path / "versions.json"

    @property
    def summary_path(self) -> Path:
        """What came of it; written at the end."""
        return self.path / "summary.json"

    @classmethod
    def begin(
        cls,
        root: Path,
        config: CompileConfig,
        facts: dict[str, Any],
        run_id: str | None = None,
        environment: dict[str, Any] | None = None,
    ) -> RunFolder:
        """A new run's folder under `root`; without `run_id` it is called by date, time and artifact.

        Raises:
            UserError: the id is unusable or taken.
        """
        if run_id is not None and not _ID.fullmatch(run_id):
            raise UserError(f"{run_id!r} cannot be the name of a run; use letters, digits, dots, - and _")
        created = _now()
        content = {
            "created": created.isoformat(timespec="seconds"),
            "config": config.model_dump(mode="json"),
            "facts": facts,
            "environment": environment or {},
        }
        data = json.dumps(content, indent=1).encode() + b"\n"
        if run_id is None:
            return cls.open(root, _next_free(root, f"{created:%Y%m%d-%H%M%S}-{config.name}", data))
        if not _taken(root / run_id, data):
            raise UserError(f"there is a run {run_id} in {root} already; --resume {run_id} goes on with it")
        return cls.open(root, run_id)

    @classmethod
    def open(cls, root: Path, run_id: str) -> RunFolder:
        """The folder of an earlier run, named or given as a path.

        Raises:
            UserError: there is none of that name, or its `run.json` is not readable.
        """
        path = Path(run_id) if "/" in run_id else root / run_id
        try:
            content = json.loads((path / "run.json").read_text())
            config = CompileConfig.model_validate(content["config"])
            return cls(path, config, content["created"], content["facts"], content["environment"])
        except FileNotFoundError as error:
            known = ", ".join(sorted(p.parent.name for p in root.glob("*/run.json"))[-5:])
            raise UserError(
                f"there is no run {run_id} in {root}; " + (f"the latest are {known}" if known else "it holds none")
            ) from error
        except (ValueError, KeyError, ValidationError) as error:
            raise UserError(
                f"{path / 'run.json'} is not readable; begin a new run (its answers stay cached)"
            ) from error

    def check_same(self, config: CompileConfig, facts: dict[str, Any]) -> None:
        """Refuse to go on with something else than was begun.

        Raises:
            UserError: names every setting that differs, then and now.
        """
        then = {**flat(self.config.model_dump(mode="json")), **flat(self.facts)}
        now = {**flat(config.model_dump(mode="json")), **flat(facts)}
        changed = [name for name in sorted({*then, *now}) if then.get(name) != now.get(name)]
        if not changed:
            return
        differences = "; ".join(f"{name} was {_short(then.get(name))}, is {_short(now.get(name))}" for name in changed)
        revision = (self.environment.get("code") or {}).get("revision")
        begun = f" (its code is revision {revision[:12]})" if revision and {*changed} & _CODE else ""
        raise UserError(
            f"run {self.run_id} was begun with another configuration: {differences}; resume it as it was{begun}, or "
            "begin a new run, which answered calls serve too"
        )

    @contextlib.contextmanager
    def leading(self) -> Iterator[None]:
        """Be the one process that leads this run.

        Raises:
            UserError: another process does.
        """
        lock = lock_at(self.path / "leader.lock")
        if not try_acquire(lock):
            raise UserError(f"run {self.run_id} is being worked on by another process; wait for it")
        try:
            yield
        finally:
            lock.release()


def _next_free(root: Path, stem: str, run_json: bytes) -> str:
    """The name of the folder that `run_json` now lies in."""
    for number in range(1, 1000):
        path = root / (stem if number == 1 else f"{stem}-{number}")
        if _taken(path, run_json):
            return path.name
    raise UserError(f"{root} holds a thousand runs of this second; something starts them in a loop")


def _taken(path: Path, run_json: bytes) -> bool:
    """Make `path` a run's folder; False if it is one. A folder without `run.json` was left by a crash and is free."""
    path.mkdir(parents=True, exist_ok=True)
    try:
        files.create_file(path / "run.json", run_json)
    except FileExistsError:
        return False
    return True


def _short(value: Any) -> Any:
    """Hashes cut to what tells them apart."""
    return value[:12] if isinstance(value, str) and re.fullmatch(r"[0-9a-f]{64}", value) else value


def flat(value: dict[str, Any], before: str = "") -> dict[str, Any]:
    """Nested settings under dotted names."""
    found: dict[str, Any] = {}
    for name, part in value.items():
        found |= flat(part, f"{before}{name}.") if isinstance(part, dict) else {f"{before}{name}": part}
    return found


def _now() -> datetime:
    """The time, or what reproducible builds set in its place."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
