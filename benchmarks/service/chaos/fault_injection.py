"""What goes wrong, and where: in the database, in the model, in the process, in the clock."""

from __future__ import annotations

import datetime as real
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, TypeVar

from dspy import lm15
from dspy.lm15 import Request, Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.database import tables
from app.database.transactions import Database
from tests.scripted import ScriptedEngine, prompt_text

BEGAN = real.datetime(2026, 11, 23, 12, tzinfo=real.UTC)
DELAY = 4
"""A fault waits for at most so many occasions, so that it falls into the middle of something too."""
Result = TypeVar("Result")


class InjectedFault(StrEnum):
    """One thing that goes wrong once."""

    DATABASE = "database error"
    """Before, in or after a transaction: after it, what was committed is reported as failed."""
    REJECTED = "model 400"
    LIMITED = "model 429"
    DOWN = "model 500"
    SLOW = "model timeout"
    NONSENSE = "model nonsense"
    KILL = "process killed"
    """From here on it does nothing more, and frees nothing."""
    EARLIER = "clock an hour back"
    LATER = "clock an hour forward"


OF_MODEL = frozenset(
    {InjectedFault.REJECTED, InjectedFault.LIMITED, InjectedFault.DOWN, InjectedFault.SLOW, InjectedFault.NONSENSE}
)
OF_CLOCK = {InjectedFault.EARLIER: -3600.0, InjectedFault.LATER: 3600.0}


class Killed(BaseException):
    """What a process that was killed raises out of whatever it was doing."""


class Faults:
    """Faults that are due; each falls on an occasion of its kind.

    Args:
        rng: decides on which.
    """

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.fired: Counter[InjectedFault] = Counter()
        self.clock_s = 0.0
        """What the service's clock shows, from `BEGAN` on."""
        self.acting: FaultyDatabase | None = None
        """The process that acts."""
        self._armed: list[list[Any]] = []

    @property
    def armed(self) -> int:
        """How many have not fired yet."""
        return len(self._armed)

    def arm(self, fault: InjectedFault) -> None:
        """Let a fault fall on one of the next occasions."""
        self._armed.append([fault, self.rng.randrange(DELAY)])

    def due(self, *kinds: InjectedFault) -> InjectedFault | None:
        """The fault of one of these kinds that falls on this occasion."""
        for waiting in self._armed:
            fault, delay = waiting
            if fault not in kinds:
                continue
            if delay:
                waiting[1] -= 1
                return None
            self._armed.remove(waiting)
            self.fired[fault] += 1
            return fault
        return None

    def kill(self) -> None:
        """End the process that acts.

        Raises:
            Killed: always.
        """
        if self.acting is not None:
            self.acting.dead = True
        raise Killed

    @contextmanager
    def clock(self) -> Iterator[None]:
        """A block in which the service's clock shows what the run says, so that a slow machine repeats it too."""
        moved = self

        class Clock(real.datetime):
            """The service's `datetime`."""

            @classmethod
            def now(cls, tz: real.tzinfo | None = None) -> real.datetime:
                """The time of the run."""
                return BEGAN.astimezone(tz) + real.timedelta(seconds=moved.clock_s)

        tables.datetime = Clock  # type: ignore[misc]
        try:
            yield
        finally:
            tables.datetime = real.datetime  # type: ignore[misc]


class FaultyDatabase(Database):
    """The database as one process sees it.

    Args:
        url: of it.
        faults: what goes wrong.
    """

    def __init__(self, url: str, faults: Faults) -> None:
        super().__init__(url)
        self.faults, self.dead = faults, False

    def transaction(self, work: Callable[[Session], Result], *, durable: bool = True) -> Result:
        """One transaction, in which something may go wrong."""
        if self.dead:
            raise Killed
        fault = self.faults.due(InjectedFault.DATABASE, InjectedFault.KILL)
        where = self.faults.rng.choice(("before", "in", "after")) if fault else None
        if where == "before":
            self._fail(fault)

        def failing(session: Session) -> Result:
            result = work(session)
            session.flush()
            if where == "in":
                self._fail(fault)
            return result

        result = super().transaction(failing, durable=durable)
        if where == "after":
            self._fail(fault)
        return result

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that writes nothing, where it can be had."""
        if self.dead:
            raise Killed
        if fault := self.faults.due(InjectedFault.DATABASE, InjectedFault.KILL):
            self._fail(fault)
        with super().reading() as session:
            yield session

    def _fail(self, fault: InjectedFault | None) -> None:
        if fault is InjectedFault.KILL:
            self.dead = True
            raise Killed
        raise OperationalError("a statement", {}, Exception("disk I/O error"))


class FaultyEngine(ScriptedEngine):
    """The tests' model, which fails when a fault is due; meanwhile something may happen.

    Args:
        answer: what it answers otherwise.
        faults: what goes wrong.
    """

    def __init__(self, answer: Callable[[str], Any], faults: Faults) -> None:
        super().__init__(answer)
        self.faults = faults
        self.meanwhile: Callable[[], None] | None = None

    def complete(self, request: Request) -> Response:
        """One reply."""
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            act()
        fault = self.faults.due(*OF_MODEL, *OF_CLOCK, InjectedFault.KILL)
        if fault is InjectedFault.KILL:
            self.faults.kill()
        if fault in OF_CLOCK:
            self.faults.clock_s += OF_CLOCK[fault]
        if fault in (InjectedFault.REJECTED, InjectedFault.LIMITED, InjectedFault.DOWN, InjectedFault.SLOW):
            raise _ERRORS[fault](f"{fault}")
        text = "no JSON at all" if fault is InjectedFault.NONSENSE else self._reply(prompt_text(request), request)
        message, usage = lm15.Message.assistant(text), lm15.Usage(input_tokens=0, output_tokens=0)
        return Response(id=None, model=request.model, message=message, finish_reason="stop", usage=usage)


_ERRORS = {
    InjectedFault.REJECTED: lm15.InvalidRequestError,
    InjectedFault.LIMITED: lm15.RateLimitError,
    InjectedFault.DOWN: lm15.ServerError,
    InjectedFault.SLOW: lm15.TimeoutError,
}
