"""The audit log: each entry's hash covers the one before, so that none can be changed, taken out or put in unseen.

It tells that the log was tampered with, not what it was; whoever can write the whole table can also cut it, or write a
whole new chain, so keep an anchor (`python -m app audit export`) or the last hash somewhere else.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.database.tables import AuditRow, now
from app.database.transactions import CHANGED, CHANNEL, ORIGIN

GENESIS = "0" * 64
BATCH = 1000
APPENDING = 0x6D6164656E
"""Key of the lock that writers queue for on PostgreSQL ("maden")."""
HASHED = ("number", "at", "actor", "action", "negotiation_id", "detail")
"""What of an entry its hash covers, besides the hash before."""
CONFIRMED, RECORDED, UNBOUND, ERASED = "confirmed", "recorded a plan", "ended a plan", "erased"
"""Actions from which the agreed plans follow; the first two hold the whole plan (`app.record.agreed_plans`)."""
_APPEND = insert(AuditRow)
_LAST = select(AuditRow.number, AuditRow.sha256).order_by(AuditRow.number.desc()).limit(1)
_WHOLE = select(AuditRow.__table__).order_by(AuditRow.number)


@dataclass(frozen=True)
class Verified:
    """What a check of the chain found."""

    entries: int
    last_sha256: str
    broken_at: int | None
    """Number of the first entry that does not fit; None where all do."""


def record(session: Session, actor: str, action: str, negotiation_id: str | None = None, **detail: Any) -> None:
    """Append an entry in the caller's transaction.

    Whoever appends keeps all others waiting until its transaction ends, so this is the last thing that one does. Those
    who watch the negotiation are told of it after the commit (`app.conversation.changes`).

    Args:
        session: the transaction.
        actor: `debtor`, `program`, `service`, or an operator's name.
        action: what was done, a word or two.
        negotiation_id: about which negotiation.
        detail: ids, states, hashes, a plan's amounts and dates; never words of a person, which erasure could then not
            take out.
    """
    session.flush()
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        told = func.pg_notify(CHANNEL, session.info.get(ORIGIN, ""))  # sent with the commit
        session.execute(select(func.pg_advisory_xact_lock(APPENDING), told))
    connection = session.connection()  # what a session adds to a query takes longer than the query
    last = connection.execute(_LAST).first()
    entry = {
        "number": last.number + 1 if last else 1,
        "at": now().isoformat(),
        "actor": actor,
        "action": action,
        "negotiation_id": negotiation_id,
        "detail": detail,
    }
    connection.execute(_APPEND, {**entry, "sha256": _sha256(entry, last.sha256 if last else GENESIS)})
    if negotiation_id is not None:
        session.info.setdefault(CHANGED, {})[entry["number"]] = negotiation_id


def last_number(session: Session) -> int:
    """Number of the newest entry, 0 if there is none."""
    return session.scalar(select(func.max(AuditRow.number))) or 0


def since(session: Session, number: int) -> dict[int, str]:
    """The negotiations that the entries after `number` are about, by number."""
    query = select(AuditRow.number, AuditRow.negotiation_id).where(AuditRow.number > number)
    return {found: changed for found, changed in session.execute(query) if changed is not None}


def has(session: Session, sha256: str) -> bool:
    """Whether an entry has this hash; of a chain that was walked, that it held what it held when that was its last."""
    return sha256 == GENESIS or session.scalar(select(AuditRow.number).where(AuditRow.sha256 == sha256)) is not None


def hash_at(session: Session, number: int) -> str | None:
    """The hash of the chain when it had `number` entries; None if it has fewer."""
    return session.scalar(select(AuditRow.sha256).where(AuditRow.number == number)) if number else GENESIS


def verify(session: Session) -> Verified:
    """Walk the whole chain."""
    before, number = GENESIS, 0
    with session.execute(_WHOLE.execution_options(yield_per=BATCH)) as found:
        for entry in found.mappings():
            number += 1
            if entry["number"] != number or entry["sha256"] != _sha256(dict(entry), before):
                return Verified(number, before, entry["number"])
            before = entry["sha256"]
    return Verified(number, before, None)


def _sha256(entry: dict[str, Any], before: str) -> str:
    content = [before, *(entry[name] for name in HASHED)]
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
