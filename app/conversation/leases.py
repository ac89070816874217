"""One thread of one process answers a negotiation: it holds a lease, which is renewed while that thread works.

A lease is a token that nobody else has and a time after which another thread may. A process that dies renews nothing,
so its leases end by themselves; whoever lost a lease may not write (`held_by`), however late it comes.
"""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, update

from app.database.tables import NegotiationRow, now
from app.database.transactions import Database

LEASE_S = 20.0
"""How long a lease lives that nobody renews: so long a negotiation waits whose process was killed."""
RENEW_EVERY_S = 5.0
LONGEST_ANSWER_S = 900.0
"""A thread that takes longer over one answer hangs: its lease is renewed no more."""
LONGEST_LEASE_S = 60.0
"""No lease or pause ends later than so; one that does was written before the clock was set back, and does not count."""
CALL_TIMEOUT_S = 60.0
"""For one attempt at one call of a model."""


@dataclass(frozen=True)
class _Holder:
    thread: threading.Thread
    since: float

    @property
    def works(self) -> bool:
        return self.thread.is_alive() and time.monotonic() - self.since < LONGEST_ANSWER_S


class Leases:
    """The leases of this process.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.process = secrets.token_hex(12)
        """Of this start of the process: neither the machine's name nor the process's number is anybody's own."""
        self._numbers = itertools.count(1)
        self._holders: dict[str, _Holder] = {}
        self._lock = threading.Lock()

    def take(self, row: NegotiationRow) -> str | None:
        """A lease of a negotiation, held once the caller's transaction is committed; None where there is one already.

        Args:
            row: of the negotiation, as `app.database.stored_rows.row_of` gives it to a transaction that writes.
        """
        earliest, latest = _lives(now())
        if row.lease_until is not None and earliest <= row.lease_until <= latest:
            return None
        token = f"{self.process}:{next(self._numbers)}"
        row.lease, row.lease_until = token, now() + timedelta(seconds=LEASE_S)
        return token

    @contextmanager
    def kept(self, token: str) -> Iterator[None]:
        """A block of the calling thread, during which `renew` renews the lease."""
        with self._lock:
            self._holders[token] = _Holder(threading.current_thread(), time.monotonic())
        try:
            yield
        finally:
            with self._lock:
                self._holders.pop(token, None)

    def renew(self) -> None:
        """Let the leases of all threads that still work go on; to be called every `RENEW_EVERY_S`."""
        with self._lock:
            tokens = [token for token, holder in self._holders.items() if holder.works]
        if not tokens:
            return
        until = now() + timedelta(seconds=LEASE_S)
        kept = {"lease_until": until, "updated": NegotiationRow.updated}  # nothing of the negotiation changes
        longer = update(NegotiationRow).where(NegotiationRow.lease.in_(tokens)).values(kept)
        self.database.transaction(lambda session: session.execute(longer), durable=False)


def held_by(row: NegotiationRow, token: str) -> bool:
    """Whether a lease is still that thread's; if not, another one may have answered."""
    return row.lease == token


def end(row: NegotiationRow, pause_s: float = 0.0) -> None:
    """Let others answer once the caller's transaction is committed, or so many seconds later."""
    row.lease = None
    row.lease_until = now() + timedelta(seconds=pause_s) if pause_s else None


def is_free() -> ColumnElement[bool]:
    """Of a negotiation in a query: nobody answers it, and it need not pause."""
    until, (earliest, latest) = NegotiationRow.lease_until, _lives(now())
    return or_(until.is_(None), until < earliest, until > latest)


def _lives(moment: datetime) -> tuple[datetime, datetime]:
    """Between which times the end of a lease lies that holds at a moment."""
    return moment, moment + timedelta(seconds=LONGEST_LEASE_S)
