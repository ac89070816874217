"""Whose turn it is: each negotiation stands in the queue once, and who has had a turn goes to its end."""

from __future__ import annotations

import queue
import threading

WAIT_S = 1.0
"""How long a thread waits for a turn before it shows that it lives."""


class TurnQueue:
    """Negotiations in the order in which they get a turn; safe for threads."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._standing: set[str] = set()
        self._lock = threading.Lock()

    def put(self, negotiation_id: str) -> None:
        """Let a negotiation stand at the end, unless it stands in the queue already."""
        with self._lock:
            if negotiation_id in self._standing:
                return
            self._standing.add(negotiation_id)
        self._queue.put(negotiation_id)

    def take(self) -> str | None:
        """The first negotiation, which then stands in the queue no more; None after `WAIT_S` without one, or
        dismissed."""
        try:
            negotiation_id = self._queue.get(timeout=WAIT_S)
        except queue.Empty:
            return None
        if negotiation_id is not None:
            with self._lock:
                self._standing.discard(negotiation_id)
        return negotiation_id

    def dismiss(self, threads: int) -> None:
        """Let so many threads that wait for a turn go without one."""
        for _ in range(threads):
            self._queue.put(None)
