"""Where programs are played: on threads of this process (here), or on a cluster (`programs.playing.cluster`).

Whoever plays negotiations asks an executor: play these, as they finish, stop. What it plays is recorded, scored and
stored by the asking process alone, whichever form the executor has.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any, NamedTuple, TypeVar

Program = Callable[..., Any]
"""Called as `program(case=, seed=int)`; the result has a `negotiation`. A program of any kind, any baseline."""

Result = TypeVar("Result")


class Sample(NamedTuple):
    """How a program's calls are sampled that is to answer otherwise than it would (`programs.models.calls`)."""

    temperature: float
    number: int
    """From 1; another one for each time that the same negotiation is played."""


class Executor:
    """Plays on threads of this process, with the model of DSPy's current settings.

    Args:
        at_once: how many are played at once; more than one helps with remote models only.
    """

    def __init__(self, at_once: int = 1) -> None:
        self.at_once = at_once

    def placed(self, program: Program) -> Program:
        """`program` as one that is played where this executor plays: called alike, with records that are equal."""
        return program

    def working(self, work: Callable[[Any, int], Result]) -> Callable[[Any, int], Result]:
        """`work(case, seed)` as work that is done where this executor plays; for what is no program but plays one."""
        return work

    def rehearsed(self, program: Program, case: Any, seed: int, sample: Sample | None = None) -> Any | None:
        """Let a negotiation's calls be answered where this executor plays, so that playing it here pays for none.

        Whoever needs what cannot leave a process (DSPy's trace) plays here; the model's answers come from there.

        Returns:
            None: it may be played now. Else the record that infrastructure broke, which stands in its place.
        """
        return None

    def play(self, tasks: Sequence[Callable[[], Result]]) -> Generator[tuple[int, Result]]:
        """Do all `tasks`, `at_once` of them; yields each one's place and result as it finishes.

        Each runs in a copy of the caller's context, where DSPy keeps its settings; with one at once, in the caller's
        thread. To stop, close the iterator, or raise in the loop over it: nothing new is begun then. What one task
        raises ends all of them now, not after the last.
        """
        if self.at_once == 1 or len(tasks) < 2:
            yield from ((place, task()) for place, task in enumerate(tasks))
            return
        yield from _pooled(tasks, self.at_once)

    def stop(self) -> None:
        """Begin nothing new, and give back what was taken; an executor that was stopped plays no more."""


def _pooled(tasks: Sequence[Callable[[], Result]], at_once: int) -> Generator[tuple[int, Result]]:
    """No more tasks wait in the pool than threads may take, so that a hundred thousand of them cost nothing."""
    waiting, running = iter(enumerate(tasks)), dict[Future[Result], int]()
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        try:
            while True:
                while len(running) < 2 * at_once and (following := next(waiting, None)) is not None:
                    place, task = following
                    running[pool.submit(contextvars.copy_context().run, task)] = place
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
