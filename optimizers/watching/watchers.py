"""Watching a compile: what watchers are told, and one that hands it on to several.

Bars on a terminal (`watching_bars`), a log of JSON lines (`watching_log`), an MLflow server (`watching_mlflow`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from typing_extensions import override

from data.domain import Turn
from optimizers.compile_config import CompileConfig
from optimizers.runs.ledger import LedgerLine
from plumbing import cli
from programs.artifacts.document import Artifact


class RunWatcher:
    """Ignores all that a compile tells; watchers override what they want. A context, open as long as the compile.

    `phase`, `turn`, `played`, `lost` and `candidate` are `optimizers.runs.player.Watcher`; any thread that plays calls
    them.
    """

    def __init__(self) -> None:
        self.warn: Callable[[str], None] = _print
        """Tells the user what is amiss with this watcher; `Watchers` let the others show it."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The compile is over; with an `error` where it broke off."""

    def begun(self, run_id: str, config: CompileConfig) -> None:
        """The compile begins, or goes on."""

    def phase(self, name: str, negotiations: int) -> None:
        """A phase of at most `negotiations` begins."""

    def turn(self, case_id: str, turn: Turn) -> None:
        """A turn was made in a negotiation that is being played."""

    def played(self, line: LedgerLine, *, reused: bool) -> None:
        """A negotiation is done, or was found in the ledger."""

    def lost(self, case_id: str, failure: str) -> None:
        """Infrastructure broke a negotiation for good; it has no score."""

    def candidate(self, sha256: str, words: str, mean: float, debtors: int) -> None:
        """A candidate was evaluated on so many debtors; `words` say what it is."""

    def warned(self, sentence: str) -> None:
        """Something is amiss that does not stop the compile."""

    def finished(self, artifact: Artifact, halted: str | None) -> None:
        """The artifact is saved; `halted` says why the compile ended early, None where it ran to its end."""


class Watchers(RunWatcher):
    """Tells several watchers the same. One that fails is left out from then on, with one warning, and stops nothing.

    Args:
        watchers: opened in this order and closed in the other one.
    """

    def __init__(self, watchers: Sequence[RunWatcher]) -> None:
        super().__init__()
        self._watchers = list(watchers)
        self._lock = threading.Lock()
        for watcher in watchers:
            watcher.warn = self.warned

    def __enter__(self) -> Self:
        self._tell(lambda watcher: watcher.__enter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tell(lambda watcher: watcher.__exit__(kind, error, trace), last_first=True)

    @override
    def begun(self, run_id: str, config: CompileConfig) -> None:
        self._tell(lambda watcher: watcher.begun(run_id, config))

    @override
    def phase(self, name: str, negotiations: int) -> None:
        self._tell(lambda watcher: watcher.phase(name, negotiations))

    @override
    def turn(self, case_id: str, turn: Turn) -> None:
        self._tell(lambda watcher: watcher.turn(case_id, turn))

    @override
    def played(self, line: LedgerLine, *, reused: bool) -> None:
        self._tell(lambda watcher: watcher.played(line, reused=reused))

    @override
    def lost(self, case_id: str, failure: str) -> None:
        self._tell(lambda watcher: watcher.lost(case_id, failure))

    @override
    def candidate(self, sha256: str, words: str, mean: float, debtors: int) -> None:
        self._tell(lambda watcher: watcher.candidate(sha256, words, mean, debtors))

    @override
    def warned(self, sentence: str) -> None:
        self._tell(lambda watcher: watcher.warned(sentence))

    @override
    def finished(self, artifact: Artifact, halted: str | None) -> None:
        self._tell(lambda watcher: watcher.finished(artifact, halted))

    def _tell(self, event: Callable[[RunWatcher], object], *, last_first: bool = False) -> None:
        for watcher in self._watchers[::-1] if last_first else list(self._watchers):
            try:
                event(watcher)
            except Exception as error:  # a watcher that fails inside an optimiser would cost a score
                self._leave_out(watcher, error)

    def _leave_out(self, watcher: RunWatcher, error: Exception) -> None:
        with self._lock:
            if watcher not in self._watchers:
                return
            self._watchers.remove(watcher)
        sentence = f"{type(watcher).__name__} failed ({error}) and is left out; the compile goes on"
        if self._watchers:
            self.warned(sentence)
        else:
            _print(sentence)


def _print(sentence: str) -> None:
    cli.stderr.print(f"warning: {sentence}", highlight=False, soft_wrap=True)
