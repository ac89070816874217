"""One pace per model for all threads of this process: the server's wait, and limits of one's own per minute.

When a server asks one worker to wait, the others of that model wait too: each would be refused in turn, and some
providers count refused requests. Limits are kept over a sliding minute, so no 60 seconds hold more than was allowed.
Waiting ends at once when one of the checks of `watching` raises, so a run that is over does not sit out a wait.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

WINDOW_S = 60.0
SLICE_S = 0.5
"""Longest sleep without a look at the checks; also what Ctrl-C may have to wait for in a worker thread."""


@dataclass(eq=False)
class Ticket:
    """One request that was let through, and the tokens it counts for."""

    at: float
    tokens: int


@dataclass
class RateLimits:
    """What may leave to one model within a minute; None: no cap."""

    rpm: int | None = None
    """Requests."""
    tpm: int | None = None
    """Tokens of prompts and replies, about."""


class Pace:
    """When the next request of one model may leave; safe for threads."""

    def __init__(self, limits: RateLimits | None = None) -> None:
        self.limits = limits or RateLimits()
        self._lock = threading.Lock()
        self._until = 0.0
        self._sent: deque[Ticket] = deque()

    def pause(self, seconds: float) -> None:
        """Let nobody through for `seconds` from now, or longer where a longer pause stands."""
        with self._lock:
            self._until = max(self._until, now() + seconds)

    def wait(self, tokens: int) -> Ticket:
        """Wait until a request of about `tokens` may leave, and count it. Raises what a check of `watching` raises."""
        while isinstance(turn := self.turn(tokens), float):
            nap(turn)
        return turn

    def turn(self, tokens: int) -> Ticket | float:
        """A ticket if the request may leave now, else the seconds to wait before asking again."""
        with self._lock:
            at = now()
            while self._sent and self._sent[0].at <= at - WINDOW_S:
                self._sent.popleft()
            wait = max(self._until - at, self._limit_wait(at, tokens))
            if wait > 0:
                return wait
            self._sent.append(Ticket(at, tokens))
            return self._sent[-1]

    def settle(self, ticket: Ticket, tokens: int | None) -> None:
        """Count the `tokens` it took instead of the estimate; None: a cache answered, so it counts for nothing."""
        with self._lock:
            if tokens is not None:
                ticket.tokens = tokens
            elif ticket in self._sent:
                self._sent.remove(ticket)

    def _limit_wait(self, at: float, tokens: int) -> float:
        """Seconds until enough requests have left the window; one above the whole limit waits for an empty window."""
        rpm, tpm = self.limits.rpm, self.limits.tpm
        if rpm is None and tpm is None:
            return 0.0
        held = sum(ticket.tokens for ticket in self._sent)
        for leave in range(len(self._sent) + 1):
            fits_requests = rpm is None or len(self._sent) - leave < rpm
            if fits_requests and (tpm is None or held + tokens <= tpm or leave == len(self._sent)):
                break
            held -= self._sent[leave].tokens if leave < len(self._sent) else 0
        return self._sent[leave - 1].at + WINDOW_S - at if leave else 0.0


_paces: dict[str, Pace] = {}
_limits = RateLimits()
_made_by: list[Callable[[str], Pace]] = []
_checks: list[Callable[[], None]] = []
_lock = threading.Lock()


def pace_of(model: str) -> Pace:
    """The one pace of `model` in this process."""
    with _lock:
        if model not in _paces:
            _paces[model] = _made_by[-1](model) if _made_by else Pace(_limits)
        return _paces[model]


def limits() -> RateLimits:
    """The limits that `set_limits` set."""
    return _limits


def from_now_on(made_by: Callable[[str], Pace]) -> None:
    """Let each model's pace be one that `made_by(model)` makes, such as one that other processes share."""
    with _lock:
        _made_by.append(made_by)
        _paces.clear()


def set_limits(rpm: int | None = None, tpm: int | None = None) -> None:
    """Let at most so many requests and tokens leave a minute, from this process to each remote model; None: no cap.

    Raises:
        ValueError: a limit below 1.
    """
    if any(limit is not None and limit < 1 for limit in (rpm, tpm)):
        raise ValueError("a limit per minute must be at least 1")
    _limits.rpm, _limits.tpm = rpm, tpm


@contextmanager
def watching(check: Callable[[], None]) -> Iterator[None]:
    """A block in which every wait, in whichever thread, calls `check` twice a second and ends with what it raises."""
    with _lock:
        _checks.append(check)
    try:
        yield
    finally:
        with _lock:
            _checks.remove(check)


def nap(seconds: float) -> None:
    """Sleep so long, in slices; raises what a check of `watching` raises."""
    end = now() + seconds
    while True:
        look()
        left = end - now()
        if left <= 0:
            return
        time.sleep(min(left, SLICE_S))


def look() -> None:
    """Call every check of `watching`."""
    for check in list(_checks):
        check()


def now() -> float:
    """Seconds of a clock that nobody sets."""
    return time.monotonic()
