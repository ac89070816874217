"""Progress of long work, phase by phase: bars with the time left on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Callable, Iterable, Iterator

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from plumbing import cli

SHOWN_PHASES = 6
"""Bars at a time; older ones make room."""
SPEED_PERIOD_S = 3600.0
"""Over which the time left is estimated: a negotiation may take minutes, longer than Rich's usual 30 s."""


NOTICES = logging.getLogger("maden")
"""What goes on beneath and is worth a line among the bars, such as a model that is slow."""


class _Saying(logging.Handler):
    """Hands warnings on as lines."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Say the record's sentence."""
        self._say(f"  {record.getMessage()}")


class _BarsAndStatus(Progress):
    """Bars with lines of text under them."""

    status: Callable[[], Iterable[RenderableType]] = staticmethod(lambda: ())

    def get_renderables(self) -> Iterable[RenderableType]:
        yield from super().get_renderables()
        yield from self.status()


class PhaseBars:
    """One bar a phase on stderr; use as a context.

    Its console keeps the stream of the moment it was made, so that redirecting stderr (as optimisers' noise is) does
    not silence it.

    Args:
        status: lines to show under the bars of a terminal, asked for at each refresh; must not raise.
    """

    def __init__(self, status: Callable[[], Iterable[RenderableType]] | None = None) -> None:
        self._console = Console(file=sys.stderr, highlight=False, markup=False)
        self._plain = not self._console.is_terminal or self._console.is_dumb_terminal
        self._bars = _BarsAndStatus(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=self._plain,
            refresh_per_second=4,
            speed_estimate_period=SPEED_PERIOD_S,
        )
        if status is not None:
            self._bars.status = status
        self._notices = _Saying(self.say)
        self._task: TaskID | None = None
        self._count = 0
        self._total = 0

    def __enter__(self) -> PhaseBars:
        self._bars.start()
        NOTICES.addHandler(self._notices)
        return self

    def __exit__(self, *_: object) -> None:
        NOTICES.removeHandler(self._notices)
        self._bars.stop()

    @property
    def plain(self) -> bool:
        """Whether stderr is no terminal that can draw, so that there are lines in place of bars."""
        return self._plain

    @property
    def progress(self) -> tuple[int, int]:
        """How many negotiations of the phase are done, and how many it has at most."""
        return self._count, self._total

    def say(self, line: str) -> None:
        """A line that stays, above the bars."""
        self._console.print(line, soft_wrap=True)

    def phase(self, name: str, total: int, unit: str = "negotiations") -> None:
        """Close the phase before and open one of at most `total` negotiations, or of another unit."""
        if self._task is not None:
            self._bars.update(self._task, total=self._count, completed=self._count)
        self._count, self._total = 0, total
        self._task = self._bars.add_task(name, total=total)
        for task in self._bars.tasks[:-SHOWN_PHASES]:
            self._bars.update(task.id, visible=False)
        if self._plain:
            self.say(f"{name}: up to {total} {unit}")

    def advance(self, words: str | None = "") -> None:
        """One negotiation is done; `words` say what came of it where there is no bar, None says nothing there."""
        self._count += 1
        if self._task is not None:
            self._bars.advance(self._task)
        if self._plain and words is not None:
            self.say(f"  {self._count} of up to {self._total} {words}".rstrip())


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """A bar with the time left on stderr; nothing when that is no terminal."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=cli.stderr, disable=not cli.stderr.is_terminal) as bar:
        try:
            yield bar
        except KeyboardInterrupt:
            bar.console.print("interrupted: what was played is kept, run the same command again to go on")
            raise
