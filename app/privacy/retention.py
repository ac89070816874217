"""Forgetting: one person's conversations at their request, and old ones when their time is up.

Rows are deleted, not marked, and leave the database's files as far as the database can (`app.database.scrubbing`). The
audit log keeps ids, states and the amounts of agreed plans, no words, so that its chain stays whole; backups, dumps and
the model provider's own logs are not within reach.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, exists, or_, select, update
from sqlalchemy.orm import Session

from app.database import audit_log as audit
from app.database.case_findings import WAITS_FOR_A_PERSON, forget_words
from app.database.scrubbing import scrub
from app.database.tables import MessageRow, NegotiationRow, Sender, Status, now
from app.database.transactions import Database

ABANDONED_DAYS = 14
"""Without a word from anybody; a debtor's link holds no longer."""
_ENDED = [one.value for one in Status if one.ended or one is Status.EXHAUSTED]
_OF_IT = MessageRow.negotiation_id == NegotiationRow.id
_LAST_SENDER = (
    select(MessageRow.sender)
    .where(_OF_IT)
    .order_by(MessageRow.position.desc())
    .limit(1)
    .correlate(NegotiationRow)
    .scalar_subquery()
)
_NOBODY_WAITS = or_(
    and_(
        NegotiationRow.status.in_([one.value for one in Status if one.automated]),
        ~exists().where(_OF_IT, ~MessageRow.answered),
    ),
    and_(
        NegotiationRow.status == Status.WITH_A_PERSON.value,
        _LAST_SENDER.in_([Sender.OPERATOR.value]),
        ~WAITS_FOR_A_PERSON,
    ),
)
"""It goes on, but the program or the operator has said the last word."""


def erase(database: Database, case_id: str, actor: str) -> int:
    """Delete every conversation about a case; returns how many there were.

    That the person asked for silence, or died, and that a plan binds the debt, stays known of the case, without a word
    (`app.database.case_findings`).

    Raises:
        UserError: it is deleted, but not yet out of the database's files.
    """
    chosen = select(NegotiationRow.id).where(NegotiationRow.case_id == case_id)
    number = database.transaction(lambda session: _delete(session, chosen, actor, erased=True))
    scrub(database)
    return number


def retain(database: Database, days: int, actor: str) -> int:
    """Delete conversations in which nobody has written, and nothing has changed, for `days`; returns how many.

    Those that go on are ended after `ABANDONED_DAYS` (or `days`, if fewer) without a word. Where a debtor waits for an
    answer, or a person is waited for, nothing ends by itself and nothing is deleted.

    Raises:
        UserError: they are deleted, but not yet out of the database's files.
    """

    def work(session: Session) -> int:
        _end_abandoned(session, now() - timedelta(days=min(days, ABANDONED_DAYS)))
        ended = NegotiationRow.status.in_(_ENDED)
        old = select(NegotiationRow.id).where(_idle_since(now() - timedelta(days=days)), ended)
        return _delete(session, old, actor, erased=False)

    number = database.transaction(work)
    scrub(database)
    return number


def _idle_since(moment: datetime) -> ColumnElement[bool]:
    return and_(NegotiationRow.updated < moment, ~exists().where(_OF_IT, MessageRow.at >= moment))


def _end_abandoned(session: Session, idle_since: datetime) -> None:
    """End what nobody goes on with; that is no activity, so that its time goes on running."""
    chosen = select(NegotiationRow.id).where(_idle_since(idle_since), _NOBODY_WAITS).order_by(NegotiationRow.id)
    ids = list(session.scalars(chosen.with_for_update()))
    ended = {"status": Status.ABANDONED.value, "pending": None, "asked": None, "updated": NegotiationRow.updated}
    session.execute(update(NegotiationRow).where(NegotiationRow.id.in_(ids)).values(ended))
    for one in ids:
        audit.record(session, "service", "abandoned", one)


def _delete(session: Session, chosen: Select[str], actor: str, *, erased: bool) -> int:
    ids = list(session.scalars(chosen.with_for_update()))
    forget_words(session, ids, erased=erased)
    session.execute(delete(MessageRow).where(MessageRow.negotiation_id.in_(ids)))
    session.execute(delete(NegotiationRow).where(NegotiationRow.id.in_(ids)))
    for one in ids:
        audit.record(session, actor, "erased", one)
    return len(ids)
