"""Negotiations that were played already, one JSON line each, so that a run that was cut off plays none of them again.

Two processes may append to one file, and what a torn line held is owed again (`plumbing.keyed_log`). What
infrastructure broke is never stored.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pydantic import ValidationError

from plumbing.keyed_log import KeyedLog
from programs.kinds.kind import Case, Kind
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.models.accounts import Cost, CostAccount
from programs.playing.evaluate import Evaluation, Program, broken, evaluate
from programs.playing.executor import Executor


@dataclass(frozen=True)
class Ground:
    """What a program is played on, besides the debtors: changing any of it makes other negotiations."""

    fingerprint: str
    """Of the program: settings, prompts and demos (`programs.playing.contestants.Contestant.fingerprint`)."""
    lm: str
    """`lm_id` of the model behind the seats; "none" where no model plays."""
    debtor: str = "simulated"
    """Who sits on the other side, as the command line names it."""
    kind: Kind = NEGOTIATIONS
    """Of the program: whose code plays."""

    def key(self, case: Case, seed: int) -> str:
        """The key of one negotiation: also of this debtor, the seed and the code that plays."""
        parts = [self.fingerprint, self.lm, self.debtor, case.model_dump_json(), seed, self.kind.code_sha256]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def lm_id(lm: Any | None) -> str:
    """What tells one model from another: name and call settings, without keys; "none" for no model."""
    if lm is None:
        return "none"
    secret = {"api_key", "headers", "extra_headers"}
    settings = {name: value for name, value in lm.kwargs.items() if name not in secret}
    return json.dumps([lm.model, settings], sort_keys=True, default=str)


class PlayedStore:
    """A file of played negotiations; safe for threads, and for two processes at once.

    Args:
        path: a `.jsonl` file; made with its folders at the first `put`.
        kind: of the programs that played.
    """

    def __init__(self, path: Path | str, kind: Kind = NEGOTIATIONS) -> None:
        self.path, self.kind = Path(path), kind
        self._log: KeyedLog[dict[str, Any]] = KeyedLog(self.path, lambda one: one["key"], _entry, later_stands=True)

    def get(self, key: str) -> Any | None:
        """The negotiation stored under `key`, by this process or another one; None if it is owed."""
        entry = self._log.get(key)
        try:
            return None if entry is None else self.kind.record(entry["negotiation"])
        except ValidationError:  # written by a version whose records were different
            return None

    def cost(self, key: str) -> Cost | None:
        """What playing the negotiation under `key` cost; None where that was not written down."""
        entry = self._log.get(key)
        return Cost(**entry["cost"]) if entry is not None and "cost" in entry else None

    def put(self, key: str, negotiation: Any, cost: Cost | None = None) -> None:
        """Append `negotiation`, unless infrastructure broke it.

        Raises:
            OSError: it cannot be written; what was stored before stays readable.
        """
        if broken(negotiation):
            return
        record = negotiation.model_dump(mode="json", exclude_none=True)
        entry = {"key": key, "negotiation": record} | ({} if cost is None else {"cost": asdict(cost)})
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        self._log.add(entry, line.encode())

    def __len__(self) -> int:
        return len(self._log.values())


def _entry(line: bytes) -> dict[str, Any]:
    """A line with its record as it stands there: a thousand of them are read faster than they are validated."""
    entry: dict[str, Any] = json.loads(line)
    if not isinstance(entry["negotiation"], dict):
        raise TypeError("no record")
    return entry


def remembered(program: Program, ground: Ground, store: PlayedStore) -> Program:
    """`program` as one that looks into the store first and adds what it had to play."""

    def play_once(case: Case, seed: int) -> SimpleNamespace:
        key = ground.key(case, seed)
        negotiation = store.get(key)
        if negotiation is None:
            account = CostAccount()
            with account.watching():
                negotiation = program(case=case, seed=seed).negotiation
            store.put(key, negotiation, account.total)
        return SimpleNamespace(negotiation=negotiation)

    return play_once


def owed(ground: Ground, cases: Sequence[Case], store: PlayedStore, *, seed: int = 0, trials: int = 1) -> int:
    """How many of an evaluation's negotiations are not in the store yet."""
    return sum(store.get(ground.key(case, seed + t)) is None for case in cases for t in range(trials))


def evaluate_with_store(  # noqa: PLR0913  (as `evaluate`, and where to look first)
    program: Program,
    cases: Sequence[Case],
    *,
    ground: Ground,
    store: PlayedStore,
    seed: int = 0,
    trials: int = 1,
    executor: Executor | None = None,
    retries: int = 2,
    on_played: Callable[[Any], None] | None = None,
) -> Evaluation[Any, Any]:
    """`programs.playing.evaluate.evaluate`, playing only what the store does not hold.

    Args:
        program, cases, seed, trials, retries, on_played: as there; `on_played` hears of stored ones too.
        ground: program, model and debtor, which are part of every key.
        store: where played negotiations are found and left, by this process alone.
        executor: where they are played; None for this thread.
    """
    executor = executor or Executor()
    return evaluate(
        remembered(executor.placed(program), ground, store),
        cases,
        seed=seed,
        trials=trials,
        threads=executor.at_once,
        retries=retries,
        on_played=on_played,
        kind=ground.kind,
    )
