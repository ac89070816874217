"""Whose turn it is: each negotiation stands in the queue once, and who has had a turn goes to its end."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

WAIT_S = 1.0
"""How long a thread waits for a turn before it shows that it lives."""


class TurnQueue:
    """Negotiations in the order in which they get a turn; safe for threads.

    Who writes while he is being answered stands behind all who have waited meanwhile.

    Args:
        longest_turn_s: a turn that takes longer is one of a thread that hangs, and holds nobody's place.
    """

    def __init__(self, longest_turn_s: float = float("inf")) -> None:
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._standing: set[str] = set()
        self._served: dict[str, float] = {}
        """When the turn began of each negotiation that has one now."""
        self._again: set[str] = set()
        self._longest_turn_s = longest_turn_s
        self._lock = threading.Lock()

    def put(self, negotiation_id: str) -> None:
        """Let a negotiation stand at the end, after its turn if it has one now, unless it stands there already."""
        with self._lock:
            began = self._served.get(negotiation_id)
            if began is not None and time.monotonic() - began < self._longest_turn_s:
                self._again.add(negotiation_id)
            elif negotiation_id not in self._standing:
                self._standing.add(negotiation_id)
                self._queue.put(negotiation_id)

    @contextmanager
    def turn(self) -> Iterator[str | None]:
        """A block in which the first negotiation has its turn; None after `WAIT_S` without one, or dismissed."""
        try:
            negotiation_id = self._queue.get(timeout=WAIT_S)
        except queue.Empty:
            negotiation_id = None
        if negotiation_id is None:
            yield None
            return
        with self._lock:
            self._standing.discard(negotiation_id)
            self._served[negotiation_id] = time.monotonic()
        try:
            yield negotiation_id
        finally:
            self._end(negotiation_id)

    def dismiss(self, threads: int) -> None:
        """Let so many threads that wait for a turn go without one."""
        for _ in range(threads):
            self._queue.put(None)

    def _end(self, negotiation_id: str) -> None:
        with self._lock:
            self._served.pop(negotiation_id, None)
            again = negotiation_id in self._again
            self._again.discard(negotiation_id)
        if again:
            self.put(negotiation_id)
