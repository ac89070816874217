"""Answers what waits: told of a new message at once, and looking by itself for what a restart or a failure left.

A negotiation gets one message answered, then the next one's turn comes. No failure ends a loop, and none lets a thread
sleep while others wait: what failed pauses by itself (`app.conversation.leases`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from app.conversation import leases
from app.conversation.counters import ANSWER_SECONDS, ANSWERS
from app.conversation.negotiations import Negotiations
from app.conversation.work.answering_turns import Answered
from app.conversation.work.blame import of_storage
from app.conversation.work.loops import Loop
from app.conversation.work.turn_queue import TurnQueue
from app.database.stored_rows import NotThere
from programs.table.failures import InfrastructureFailure

LOOK_EVERY_S = 2.0
logger = logging.getLogger(__name__)


class Worker:
    """Threads that answer negotiations.

    Args:
        negotiations: of the service.
        threads: answers at once; one is enough for an embedded model.
    """

    def __init__(self, negotiations: Negotiations, threads: int = 1) -> None:
        self.negotiations = negotiations
        self._turns = TurnQueue(leases.LONGEST_ANSWER_S)
        self._stopping = threading.Event()
        answering = [self._loop("answer", self._answer, leases.LONGEST_ANSWER_S) for _ in range(threads)]
        looking = self._loop("look", self._look, every_s=LOOK_EVERY_S)
        renewing = self._loop("renew", negotiations.turns.leases.renew, every_s=leases.RENEW_EVERY_S)
        self.loops = (*answering, looking, renewing)

    def _loop(self, name: str, step: Callable[[], None], stuck_after_s: float = 60.0, every_s: float = 0.0) -> Loop:
        return Loop(name, step, self._stopping, every_s=every_s, stuck_after_s=stuck_after_s)

    def start(self) -> None:
        """Begin to answer; what waits from before is found first."""
        for loop in self.loops:
            loop.start()

    def stop(self) -> None:
        """Answer nothing more; what is being answered ends."""
        self._stopping.set()
        self._turns.dismiss(len(self.loops))
        for loop in self.loops:
            loop.join()

    @property
    def sound(self) -> bool:
        """Whether every loop does its work."""
        return all(loop.sound for loop in self.loops)

    @property
    def reachable(self) -> bool:
        """Whether the model answers, as far as is known."""
        return self.negotiations.turns.blame.reachable

    def wake(self, negotiation_id: str) -> None:
        """There is something to answer."""
        self._turns.put(negotiation_id)

    def _look(self) -> None:
        for negotiation_id in self.negotiations.waiting():
            self.wake(negotiation_id)

    def _answer(self) -> None:
        """One turn of one negotiation."""
        with self._turns.turn() as negotiation_id:
            if negotiation_id is not None:
                self._answer_once(negotiation_id)

    def _answer_once(self, negotiation_id: str) -> None:
        began = time.monotonic()
        try:
            answered = self.negotiations.answer(negotiation_id)
        except NotThere:  # erased meanwhile
            return
        except InfrastructureFailure as failure:
            ANSWERS.labels(outcome="unreachable").inc()
            logger.warning("negotiation %s waits: %s", negotiation_id, failure)
            return
        except Exception as error:
            ANSWERS.labels(outcome="fault").inc()
            if of_storage(error):  # whoever comes next would fail too
                raise
            logger.exception("negotiation %s could not be answered", negotiation_id)
            return
        if answered:
            ANSWERS.labels(outcome="answered").inc()
            ANSWER_SECONDS.observe(time.monotonic() - began)
        if answered is Answered.MORE:
            self.wake(negotiation_id)
