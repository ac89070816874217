"""A loop in a thread of its own that no exception ends, and that says whether it still goes round."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from app.conversation.counters import LOOP_FAILURES
from app.telemetry.logs import Harmless

RECOVER_S = 1.0
"""After a round that failed, so that a lasting failure costs no processor."""
FAILING = 3
"""So many failed rounds in a row, and the loop does not do its work."""
logger = logging.getLogger(__name__)


class Loop:
    """One step, again and again, until it is stopped.

    Args:
        name: for the log and the metric.
        step: one round; whatever it raises is logged and counted, and the next round follows.
        stopping: set, no further round begins.
        every_s: between the end of a round and the beginning of the next; 0 where the step itself waits for work.
        stuck_after_s: a round that takes longer hangs.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], None],
        stopping: threading.Event,
        *,
        every_s: float = 0.0,
        stuck_after_s: float = 60.0,
    ) -> None:
        self.name, self.every_s, self.stuck_after_s = name, every_s, stuck_after_s
        self._step, self._stopping = step, stopping
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._began: float | None = None
        """When the round that goes on began."""
        self._failures = 0
        LOOP_FAILURES.labels(loop=name)  # a rate sees the first failure only where there was a 0 before

    def start(self) -> None:
        """Begin the first round."""
        self._thread.start()

    def join(self) -> None:
        """Wait for the round that goes on, unless it hangs."""
        if not self._stuck:
            self._thread.join(self.stuck_after_s)

    @property
    def sound(self) -> bool:
        """Whether it does its work: its thread lives, its round does not hang, its rounds do not all fail."""
        return self._thread.is_alive() and not self._stuck and self._failures < FAILING

    @property
    def _stuck(self) -> bool:
        began = self._began
        return began is not None and time.monotonic() - began > self.stuck_after_s

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._began = time.monotonic()
            try:
                self._step()
                self._failures, wait = 0, self.every_s
            except BaseException:  # a SystemExit out of a library would end the thread without a word
                self._failures += 1
                LOOP_FAILURES.labels(loop=self.name).inc()
                logger.exception("a round of the loop %r failed; it goes on", Harmless(self.name))
                wait = max(self.every_s, RECOVER_S)
            self._began = None
            if wait:
                self._stopping.wait(wait)
