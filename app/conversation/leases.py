"""One process at a time answers a negotiation: it holds a lease, a time after which another one may."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
from datetime import timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.database.tables import NegotiationRow, now
from app.database.transactions import Database

LEASE_S = 180
"""How long a process may take over one answer before another one tries."""
CALL_TIMEOUT_S = 60.0
"""For one attempt at one call of a model: two must fit into a lease."""


class Leases:
    """The leases of this process.

    Args:
        database: where they are kept.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.process = f"{_host()}:{os.getpid()}:{secrets.token_hex(4)}"

    def take(self, row: NegotiationRow) -> bool:
        """Whether this process may answer; it holds the lease once the caller's transaction is committed.

        Args:
            row: of the negotiation, as `app.database.stored_rows.row_of` gives it to a transaction that writes.
        """
        if row.lease_until is not None and row.lease_until >= now():
            return False
        row.lease, row.lease_until = self.process, now() + timedelta(seconds=LEASE_S)
        return True

    def end(self, row: NegotiationRow) -> None:
        """Let others answer as soon as the caller's transaction is committed."""
        if row.lease == self.process:
            row.lease = row.lease_until = None

    def release(self, negotiation_id: str) -> None:
        """Let others answer; nothing where the lease is not ours any more."""
        ours = (NegotiationRow.id == negotiation_id, NegotiationRow.lease == self.process)
        free = update(NegotiationRow).where(*ours).values(lease=None, lease_until=None)
        self.database.transaction(lambda session: session.execute(free), durable=False)

    def free_dead(self) -> None:
        """End the leases of processes of this machine that live no more, so that a restart need not wait for them."""

        def work(session: Session) -> None:
            held = session.scalars(select(NegotiationRow).where(NegotiationRow.lease.startswith(f"{_host()}:")))
            for row in held:
                if row.lease != self.process and _dead(row.lease or ""):
                    row.lease = row.lease_until = None

        self.database.transaction(work)


def _host() -> str:
    return socket.gethostname()[:40]


def _dead(lease: str) -> bool:
    """Whether the process of a lease of this machine is gone; one of our own number was another before us."""
    pid = int(lease.rsplit(":", 2)[1])
    if pid == os.getpid():
        return True
    with contextlib.suppress(PermissionError):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
    return False
