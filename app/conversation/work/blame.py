"""Whose fault a failure is: a message's own, which three tries do not change, or everybody's, which passes.

Also whether the model can be reached: what one negotiation's calls fail with is not the whole service's.
"""

from __future__ import annotations

import threading

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from programs.table.failures import InfrastructureFailure, ModelTimeout, RequestRejected

PAUSE_S = 5.0
"""Before a negotiation is tried again whose model could not be reached."""
LONGEST_PAUSE_S = 60.0
"""However long a server asks to wait."""
SHORT_PAUSE_S = 1.0
"""Before a negotiation is tried again whose own message failed."""
OUTAGE = 3
"""So many doubtful failures without an answer in between are an outage, of one negotiation too."""


class Blame:
    """What went well and wrong since the service began; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers = 0
        self._doubted: dict[str, int] = {}
        """How many answers there had been when the message of a negotiation last failed without a clear cause."""
        self._failed: dict[str, int] = {}
        """Doubtful failures since the last answer, by negotiation."""
        self._outage = False

    @property
    def reachable(self) -> bool:
        """Whether the model answers as far as is known: no outage, and not one negotiation after another fails."""
        with self._lock:
            return not self._outage and len(self._failed) < 2 and sum(self._failed.values()) < OUTAGE

    def answered(self, negotiation_id: str) -> None:
        """The model answered."""
        with self._lock:
            self._answers += 1
            self._doubted.pop(negotiation_id, None)
            self._failed.clear()
            self._outage = False

    def is_its_own(self, negotiation_id: str, error: BaseException) -> bool:
        """Whether a failure counts as one of the tries that a message has; what is learnt of the model is kept.

        A rejected request and a bug of ours come again with the same message. An error of the provider's server and a
        timeout may be an outage: they count where others were answered between two tries. All else passes.
        """
        if of_storage(error):
            return False
        if not isinstance(error, InfrastructureFailure):
            return True
        with self._lock:
            if isinstance(error, RequestRejected):
                self._failed.setdefault(negotiation_id, 0)
                return True
            if type(error) not in (InfrastructureFailure, ModelTimeout):
                self._outage = True
                return False
            before = self._doubted.get(negotiation_id)
            self._doubted[negotiation_id] = self._answers
            self._failed[negotiation_id] = self._failed.get(negotiation_id, 0) + 1
            return before is not None and self._answers > before


def of_storage(error: BaseException) -> bool:
    """Whether the database is not there, or too busy."""
    return isinstance(error, OperationalError | InterfaceError | PoolTimeout)


def pause_s(error: BaseException, *, its_own: bool) -> float:
    """Seconds before the next try."""
    if its_own:
        return SHORT_PAUSE_S
    asked_for = error.retry_after if isinstance(error, InfrastructureFailure) else None
    return min(asked_for or PAUSE_S, LONGEST_PAUSE_S)
