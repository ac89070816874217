"""A compile on the terminal: bars with the candidate, the best so far, what was spent and the time; or plain lines."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from textwrap import shorten
from types import TracebackType
from typing import Self

from rich.table import Table
from rich.text import Text
from typing_extensions import override

from data.domain import Turn
from optimizers.runs.ledger import LedgerLine
from optimizers.spending.budget import Limits, Spent
from optimizers.watching.watchers import RunWatcher
from plumbing.bars import PhaseBars
from programs.kinds.kind import KindWords
from programs.kinds.negotiation_kind import NEGOTIATIONS

SPENT_EVERY_S = 1.0
"""How often what was spent is looked up; bars are drawn more often."""
PLAIN_EVERY_S = 60.0
"""Seconds between two lines of progress where stderr is no terminal."""
SHA_SHOWN = 8
TURN_WIDTH = 160
"""Characters of a turn that are shown: one line, or two."""


@dataclass
class _Candidate:
    """What is known of a candidate so far."""

    number: int
    sha256: str
    scores: dict[str, float]
    """Objective per debtor, in the phase."""
    words: KindWords

    @property
    def line(self) -> str:
        mean = sum(self.scores.values()) / len(self.scores)
        name = f"candidate {self.number} ({self.sha256[:SHA_SHOWN]})"
        return f"{name}: objective {mean:.3f} after {self.words.examples(len(self.scores))}"


class BarsWatcher(RunWatcher):
    """Progress for a person.

    Args:
        spent: what the run has used up so far; asked about once a second.
        limits: its caps, shown beside.
        negotiations: of the whole compile at most, for the time left.
        clock: seconds, for tests.
        words: what is played, and with whom.
    """

    def __init__(
        self,
        spent: Callable[[], Spent],
        limits: Limits | None = None,
        negotiations: int = 0,
        clock: Callable[[], float] = time.monotonic,
        words: KindWords = NEGOTIATIONS.words,
    ) -> None:
        super().__init__()
        self._bars = PhaseBars(self._status)
        self._spent, self._limits, self._negotiations, self._clock = spent, limits or Limits(), negotiations, clock
        self._lock, self._words = threading.RLock(), words
        self._began = self._told_at = clock()
        self._spent_line, self._spent_at = "", float("-inf")
        self._done = self._reused = self._lost = 0
        self._shown: str | None = None
        """Whose negotiation is shown turn by turn; None before the first, empty once it is over."""
        self._candidates: dict[str, _Candidate] = {}
        self._trying: _Candidate | None = None
        self._best: tuple[int, float, str] | None = None

    def __enter__(self) -> Self:
        self._began = self._told_at = self._clock()
        self._bars.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.__exit__(kind, error, trace)

    @override
    def phase(self, name: str, negotiations: int) -> None:
        with self._lock:
            for candidate in self._candidates.values():
                candidate.scores = {}
            self._trying = None
            self._bars.phase(name, negotiations, f"{self._words.record}s")

    @override
    def turn(self, case_id: str, turn: Turn) -> None:
        with self._lock:
            if self._shown is None:
                self._shown = case_id
                self._bars.say(f"  the first negotiation ({case_id}), turn by turn:")
            if case_id == self._shown:
                self._bars.say(f"    {turn.speaker.value}: {shorten(turn.dialogue, TURN_WIDTH, placeholder=' ...')}")

    @override
    def played(self, line: LedgerLine, *, reused: bool) -> None:
        with self._lock:
            self._done, self._reused = self._done + 1, self._reused + reused
            number = len(self._candidates) + 1
            self._trying = self._candidates.setdefault(
                line.candidate, _Candidate(number, line.candidate, {}, self._words)
            )
            self._trying.scores[line.case_id] = line.score
            self._bars.advance(None)
            if not reused and line.case_id == self._shown:
                self._shown = ""
                self._bars.say(
                    f"  it ended with {line.ending.replace('_', ' ')}, objective {line.score:.3f}, after "
                    f"{_clock_words(self._clock() - self._began)}; of the others only the progress is shown"
                )
            self._heartbeat()

    @override
    def lost(self, case_id: str, failure: str) -> None:
        with self._lock:
            self._done, self._lost = self._done + 1, self._lost + 1
            self._bars.advance(None)
            self._bars.say(f"  {case_id} is left unscored: {failure}")

    @override
    def candidate(self, sha256: str, words: str, mean: float, debtors: int) -> None:
        with self._lock:
            better = self._best is None or (debtors, mean) > self._best[:2]
            if better:  # a mean over more debtors says more, so it replaces a higher one over fewer
                self._best = (debtors, mean, words)
            if self._bars.plain:
                self._bars.say(
                    f"  {words}: objective {mean:.3f} on {self._words.examples(debtors)}{', best so far' * better}"
                )

    @override
    def warned(self, sentence: str) -> None:
        with self._lock:
            self._bars.say(f"warning: {sentence}")

    def _heartbeat(self) -> None:
        """Where there are no bars: a line a minute."""
        if not self._bars.plain or self._clock() - self._told_at < PLAIN_EVERY_S:
            return
        self._told_at = self._clock()
        done, most = self._bars.progress
        best = f"best {self._best[1]:.3f}; " if self._best else ""
        self._bars.say(f"  {done} of up to {most}; {best}{self._spent_words()}; {self._time_words()}")

    def _status(self) -> Iterator[Table]:
        """The lines under the bars; never raises."""
        with self._lock:
            rows = [
                ("trying", self._trying.line if self._trying and self._trying.scores else ""),
                ("best", self._best_words()),
                ("spent", self._spent_words()),
                ("time", self._time_words()),
            ]
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", min_width=max(len(name) for name, _ in rows), no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis")
        for name, words in rows:
            if words:
                table.add_row(name, Text(words))
        yield table

    def _best_words(self) -> str:
        if self._best is None:
            return ""
        debtors, mean, words = self._best
        return f"{mean:.3f} on {self._words.examples(debtors)}: {words}"

    def _spent_words(self) -> str:
        if self._clock() - self._spent_at >= SPENT_EVERY_S:
            self._spent_at = self._clock()
            try:
                self._spent_line = spent_words(self._spent(), self._limits)
            except Exception as error:  # looked up from the drawing thread, which an exception would end
                self._spent_line = f"unknown ({error})"
        kept = (
            f"; {self._reused} {self._words.record}{'s' * (self._reused != 1)} from the ledger" if self._reused else ""
        )
        return self._spent_line + kept + (f"; {self._lost} lost" if self._lost else "")

    def _time_words(self) -> str:
        used = self._clock() - self._began
        words = f"{_clock_words(used)} used"
        fresh = self._done - self._reused
        if fresh and self._negotiations > self._done:
            left = used / fresh * (self._negotiations - self._done)
            words += f", at most about {_clock_words(left)} left"
        return words


def spent_words(spent: Spent, limits: Limits) -> str:
    """`212 of 500 calls, 0.0312 of 0.5 USD`."""
    calls = f"{spent.calls:,}" + (f" of {limits.max_calls:,}" if limits.max_calls is not None else "") + " calls"
    if spent.usd is None:
        return f"{calls}, price unknown"
    return f"{calls}, {spent.usd:.4f}" + (f" of {limits.max_usd:g}" if limits.max_usd is not None else "") + " USD"


def _clock_words(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
