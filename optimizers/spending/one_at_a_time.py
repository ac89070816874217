"""One question at a time: what another thread is asking already is waited for, not paid a second time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

LOOK_EVERY_S = 0.5
"""How often a waiting thread looks whether the run was halted."""


@dataclass(frozen=True)
class _Asker:
    call_id: str
    thread: int


class Questions:
    """The requests that this process is asking a model just now.

    Above temperature 0 two answers to one request differ, and only one is kept: without this, which of them a
    negotiation saw would depend on the clock, and no later session could repeat it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._asking: dict[str, _Asker] = {}

    def may_ask(self, key: str, call_id: str, check: Callable[[], None]) -> bool:
        """True: nobody asks `key`, and `call_id` does from now on. False: somebody did, and has ended.

        Args:
            key: of the request.
            call_id: of the LM call that would ask; `ended` must be told of it.
            check: raises to end the waiting.
        """
        mine = _Asker(call_id, threading.get_ident())
        with self._changed:
            asker = self._asking.setdefault(key, mine)
            if asker.thread == mine.thread:  # an event loop's other call, which cannot end while this one waits
                return True
            while self._asking.get(key) == asker:
                self._changed.wait(LOOK_EVERY_S)
                check()
            return False

    def ended(self, call_id: str) -> None:
        """The LM call has ended, answered or not."""
        with self._changed:
            self._asking = {key: asker for key, asker in self._asking.items() if asker.call_id != call_id}
            self._changed.notify_all()
