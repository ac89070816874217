"""Progress of long work, phase by phase: bars with the time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


class PhaseBars:
    """One bar a phase on stderr; use as a context.

    Its console keeps the stream of the moment it was made, so that redirecting stderr (as optimisers' noise is) does
    not silence it.
    """

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr, highlight=False, markup=False)
        self._plain = not self._console.is_terminal
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=self._plain,
        )
        self._task: TaskID | None = None
        self._count = 0
        self._total = 0

    def __enter__(self) -> PhaseBars:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def phase(self, name: str, negotiations: int) -> None:
        """Close the phase before and open one of at most `negotiations`."""
        if self._task is not None:
            self._bars.update(self._task, total=self._count, completed=self._count)
        self._count, self._total = 0, negotiations
        self._task = self._bars.add_task(name, total=negotiations)
        if self._plain:
            self._console.print(f"{name}: up to {negotiations} negotiations")

    def advance(self, words: str = "") -> None:
        """One negotiation is done; `words` say what came of it where there is no bar."""
        self._count += 1
        if self._task is not None:
            self._bars.advance(self._task)
        if self._plain:
            self._console.print(f"  {self._count} of up to {self._total} {words}".rstrip())
