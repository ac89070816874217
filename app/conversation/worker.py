"""Answers what waits: told of a new message at once, and looking by itself for what a restart or a failure left."""

from __future__ import annotations

import logging
import queue
import threading
import time

from app.conversation.counters import ANSWER_SECONDS, ANSWERS
from app.conversation.negotiations import Negotiations
from app.database.stored_rows import NotThere
from programs.table.failures import InfrastructureFailure

LOOK_EVERY_S = 2.0
RETRY_AFTER_S = 5.0
"""After the model could not be reached."""
logger = logging.getLogger(__name__)


class Worker:
    """Threads that answer negotiations.

    Args:
        negotiations: of the service.
        threads: answers at once; one is enough for an embedded model.
    """

    def __init__(self, negotiations: Negotiations, threads: int = 1) -> None:
        self.negotiations = negotiations
        self._queue: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._queued: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]
        self._looker = threading.Thread(target=self._look, daemon=True)
        self.reachable = True
        """Whether the model answered when it was last asked."""

    def start(self) -> None:
        """Begin to answer; what waits from before is found first."""
        self.negotiations.leases.free_dead()
        for thread in (*self._threads, self._looker):
            thread.start()

    def stop(self) -> None:
        """Answer nothing more; what is being answered ends."""
        self._stopping.set()
        for _ in self._threads:
            self._queue.put(None)
        for thread in (*self._threads, self._looker):
            thread.join()

    def wake(self, negotiation_id: str) -> None:
        """There is something to answer."""
        with self._lock:
            if negotiation_id in self._queued:
                return
            self._queued.add(negotiation_id)
        self._queue.put(negotiation_id)

    def _look(self) -> None:
        while not self._stopping.is_set():
            for negotiation_id in self.negotiations.waiting():
                self.wake(negotiation_id)
            self._stopping.wait(LOOK_EVERY_S)

    def _work(self) -> None:
        while (negotiation_id := self._queue.get()) is not None:
            with self._lock:
                self._queued.discard(negotiation_id)
            began = time.monotonic()
            try:
                if self.negotiations.answer(negotiation_id):
                    ANSWERS.labels(outcome="answered").inc()
                    ANSWER_SECONDS.observe(time.monotonic() - began)
                    self.reachable = True
            except NotThere:  # erased meanwhile
                continue
            except InfrastructureFailure as failure:
                self.reachable = False
                ANSWERS.labels(outcome="unreachable").inc()
                logger.warning("negotiation %s waits: %s", negotiation_id, failure)
                self._stopping.wait(RETRY_AFTER_S)
            except Exception:
                ANSWERS.labels(outcome="fault").inc()
                logger.exception("negotiation %s could not be answered", negotiation_id)
