"""The run ledger: one JSON line per finished negotiation, so that a compile that was killed plays none of them again.

Several workers may share a ledger, and a torn line is owed again (`plumbing.keyed_log`). What infrastructure broke is
never written: it has no score, and the next session plays it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data.domain import Negotiation
from data.frozen import Frozen
from plumbing.keyed_log import KeyedLog


class LedgerLine(Frozen):
    """One finished negotiation of a compile."""

    key: str
    """Of program, model, debtor, seed and playing code (`programs.playing.played_store.Ground.key`)."""
    candidate: str
    """`sha256` of the program that played."""
    phase: str
    case_id: str
    seed: int
    ending: str
    score: float
    """The objective, 0..1."""
    metrics: dict[str, float]
    """The metrics that apply and the indices, by id."""
    cost: dict[str, Any]
    """`programs.models.accounts.Cost` of this playing; calls that were answered before are among `cached_calls`."""
    negotiation: dict[str, Any]
    """The record, of whatever kind the program is (`programs.kinds`); `metrics.score` reads a negotiation's."""

    @property
    def record(self) -> Negotiation:
        """The negotiation."""
        return Negotiation.model_validate(self.negotiation)


class Ledger:
    """The file of a run's negotiations; safe for threads and for several processes.

    Args:
        path: a `.jsonl` file; made at the first `add`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log = KeyedLog(path, lambda line: line.key, _line)

    def get(self, key: str) -> LedgerLine | None:
        """The line of `key`, written by this process or another one; None if the negotiation is owed."""
        return self._log.get(key)

    def add(self, line: LedgerLine) -> None:
        """Append `line`, unless its key is there already.

        Raises:
            OSError: it cannot be written; what was written before stays readable.
        """
        self._log.add(line, line.model_dump_json().encode())

    def __iter__(self) -> Iterator[LedgerLine]:
        """All lines, in the order of the file."""
        return iter(self._log.values())


def _line(text: bytes) -> LedgerLine:
    return LedgerLine.model_validate(json.loads(text))
