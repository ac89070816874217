"""The operators' list: the latest negotiations, those that wait for a person marked, filtered and counted."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.database.case_findings import WAITS_FOR_A_PERSON
from app.database.stored_rows import UNANSWERED, view_of
from app.database.tables import MessageRow, NegotiationRow, Sender, Status
from programs.table import words

PAGE = 100
LEFT_TO_A_PERSON = (Status.WITH_A_PERSON, Status.EXHAUSTED, Status.STOPPED)
"""Where the debtor was told that a person will look."""
_last_sender = (
    select(MessageRow.sender)
    .where(MessageRow.negotiation_id == NegotiationRow.id)
    .order_by(MessageRow.position.desc())
    .limit(1)
    .correlate(NegotiationRow)
    .scalar_subquery()
)
NEEDS_A_PERSON: ColumnElement[bool] = or_(
    and_(NegotiationRow.operator.is_(None), NegotiationRow.status.in_([one.value for one in LEFT_TO_A_PERSON])),
    and_(NegotiationRow.status == Status.WITH_A_PERSON.value, _last_sender == Sender.DEBTOR.value),
    and_(NegotiationRow.operator.is_(None), WAITS_FOR_A_PERSON),
)
"""Nobody has taken it, or the debtor wrote last to whoever has, or gave notice of something after it had ended."""


class Listed(BaseModel):
    """A negotiation in the list."""

    id: str
    case_id: str
    name: str | None
    debt: str
    status: Status
    needs_a_person: bool
    answering: bool
    """Whether a debtor's message has no answer of the program yet."""
    operator: str | None
    messages: int
    created: datetime
    latest: datetime
    """Of its last message."""


class Counts(BaseModel):
    """How many negotiations there are."""

    needs_a_person: int
    by_status: dict[Status, int]


def latest(session: Session, status: Status | None, needs_a_person: bool | None, offset: int) -> list[Listed]:
    """A page of the list, newest first.

    Args:
        session: a transaction.
        status: only those; all for None.
        needs_a_person: only those that do, or do not; all for None.
        offset: how many to leave out.
    """
    moved = func.coalesce(func.max(MessageRow.at), NegotiationRow.created)
    query = (
        select(NegotiationRow, func.count(MessageRow.id), UNANSWERED, NEEDS_A_PERSON, moved)
        .outerjoin(MessageRow, MessageRow.negotiation_id == NegotiationRow.id)
        .group_by(NegotiationRow.id)
        .order_by(moved.desc(), NegotiationRow.id)
        .offset(offset)
        .limit(PAGE)
    )
    if status is not None:
        query = query.where(NegotiationRow.status == status.value)
    if needs_a_person is not None:
        query = query.where(NEEDS_A_PERSON if needs_a_person else ~NEEDS_A_PERSON)
    return [_listed(*found) for found in session.execute(query)]


def counted(session: Session) -> Counts:
    """All negotiations by status, and those that need a person."""
    by_status = select(NegotiationRow.status, func.count()).group_by(NegotiationRow.status)
    needing = select(func.count()).select_from(NegotiationRow).where(NEEDS_A_PERSON)
    return Counts(
        needs_a_person=session.scalar(needing) or 0,
        by_status={Status(status): number for status, number in session.execute(by_status)},
    )


def _listed(row: NegotiationRow, messages: int, unanswered: int, needs_a_person: bool, moved: datetime) -> Listed:
    case = view_of(row)
    return Listed(
        id=row.id,
        case_id=row.case_id,
        name=case.debtor.name,
        debt=words.money_said(case.debt.outstanding, case.debt.currency),
        status=Status(row.status),
        needs_a_person=needs_a_person,
        answering=unanswered > 0,
        operator=row.operator,
        messages=messages,
        created=row.created,
        latest=moved,
    )
