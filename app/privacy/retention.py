"""Forgetting: one person's conversations at their request, and old ones when their time is up.

Rows are deleted, not marked. The audit log keeps ids and states, no words, so that its chain stays whole; backups and
the model provider's own logs are not within reach.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from app.database import audit_log as audit
from app.database.case_findings import forget_words
from app.database.tables import MessageRow, NegotiationRow, Status, now
from app.database.transactions import Database


def erase(database: Database, case_id: str, actor: str) -> int:
    """Delete every conversation about a case; returns how many there were.

    That the person asked for silence, or died, stays known of the case, without a word (`app.database.case_findings`).
    """
    return database.transaction(
        lambda session: _delete(
            session, select(NegotiationRow.id).where(NegotiationRow.case_id == case_id), actor, erased=True
        )
    )


def retain(database: Database, days: int, actor: str) -> int:
    """Delete ended conversations that have not changed for `days`; returns how many.

    Those that go on, or that wait for a person, stay.
    """
    ended = (Status.AGREED, Status.DECLINED, Status.EXHAUSTED, Status.STOPPED)
    old = select(NegotiationRow.id).where(
        NegotiationRow.updated < now() - timedelta(days=days), NegotiationRow.status.in_([one.value for one in ended])
    )
    return database.transaction(lambda session: _delete(session, old, actor, erased=False))


def _delete(session: Session, chosen: Select[str], actor: str, *, erased: bool) -> int:
    ids = list(session.scalars(chosen.with_for_update()))
    forget_words(session, ids, erased=erased)
    session.execute(delete(MessageRow).where(MessageRow.negotiation_id.in_(ids)))
    session.execute(delete(NegotiationRow).where(NegotiationRow.id.in_(ids)))
    for one in ids:
        audit.record(session, actor, "erased", one)
    return len(ids)
