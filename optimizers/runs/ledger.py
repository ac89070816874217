"""The run ledger: one JSON line per finished negotiation, so that a compile that was killed plays none of them again.

A line is one `O_APPEND` write, so several workers may share a ledger; a torn last line is owed again. What
infrastructure broke is never written: it has no score, and the next session plays it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from data.domain import Frozen, Negotiation
from plumbing.files import LineReader, append_line


class LedgerLine(Frozen):
    """One finished negotiation of a compile."""

    key: str
    """Of program, model, debtor, seed and playing code (`programs.playing.store.Ground.key`)."""
    candidate: str
    """`Maden.sha256` of the program that played."""
    phase: str
    case_id: str
    seed: int
    ending: str
    score: float
    """The objective, 0..1."""
    metrics: dict[str, float]
    """The thirteen metrics and the indices, by id."""
    cost: dict[str, Any]
    """`programs.models.accounts.Cost` of this playing; calls that were answered before are among `cached_calls`."""
    negotiation: dict[str, Any]
    """The record, as `metrics.score` reads it."""

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
        self._lock = threading.Lock()
        self._file = LineReader(path)
        self._lines: dict[str, LedgerLine] = {}

    def get(self, key: str) -> LedgerLine | None:
        """The line of `key`, written by this process or another one; None if the negotiation is owed."""
        with self._lock:
            if key not in self._lines:
                self._catch_up()
            return self._lines.get(key)

    def add(self, line: LedgerLine) -> None:
        """Append `line`, unless its key is there already.

        Raises:
            OSError: it cannot be written; what was written before stays readable.
        """
        with self._lock:
            self._catch_up()
            if line.key in self._lines:
                return
            append_line(self.path, line.model_dump_json().encode())
            self._lines[line.key] = line

    def __iter__(self) -> Iterator[LedgerLine]:
        """All lines, in the order of the file."""
        with self._lock:
            self._catch_up()
            return iter(list(self._lines.values()))

    def _catch_up(self) -> None:
        for text in self._file.new_lines():
            try:
                line = LedgerLine.model_validate(json.loads(text))
            except (ValueError, ValidationError):  # torn
                continue
            self._lines.setdefault(line.key, line)
