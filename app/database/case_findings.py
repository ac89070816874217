"""Signals, and the agreed plan, that bind a case until an operator lifts them with a reason."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from app.conduct.signals import Noticed
from app.database import audit_log as audit
from app.database.stored_rows import CannotBe, NotNow, row_of
from app.database.tables import PLAN_AGREED, CaseFindingRow, NegotiationRow, Status, now
from app.database.transactions import Database
from wording import mark, say

LONGEST_REASON = 500
BINDS = mark("a plan binds this debt, with its last payment by {day}; lifting this ends that plan")
"""Why there is a finding of `PLAN_AGREED`."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_OPEN = CaseFindingRow.lifted.is_(None)
WAITS_FOR_A_PERSON: ColumnElement[bool] = exists().where(
    CaseFindingRow.negotiation_id == NegotiationRow.id, _OPEN, CaseFindingRow.silences
)
"""Of a negotiation: it has a finding that nobody has dealt with."""

_OWN = and_(CaseFindingRow.negotiation_id == bindparam("negotiation"), CaseFindingRow.silences)
_SILENCING = (
    select(CaseFindingRow)
    .where(CaseFindingRow.case_id == bindparam("case"), _OPEN, or_(CaseFindingRow.binds, _OWN))
    .order_by(CaseFindingRow.id)
)


def add_findings(session: Session, row: NegotiationRow, position: int, found: Iterable[Noticed]) -> None:
    """Keep what somebody has to deal with: findings that are acted on, but for mere notes."""
    for one in found:
        if one.acts and one.signal.outcome != "note":
            session.add(
                CaseFindingRow(
                    case_id=row.case_id,
                    negotiation_id=row.id,
                    position=position,
                    rule=one.signal.id,
                    why=one.signal.why,
                    silences=one.silences,
                    binds=one.silences and one.signal.binds_case,
                )
            )


def of_case(session: Session, case_id: str, *, lifted: bool = True) -> list[CaseFindingRow]:
    """The findings of a case, oldest first; with `lifted` those that were lifted too."""
    query = select(CaseFindingRow).where(CaseFindingRow.case_id == case_id).order_by(CaseFindingRow.id)
    return list(session.scalars(query if lifted else query.where(_OPEN)))


def silencing(session: Session, row: NegotiationRow) -> list[CaseFindingRow]:
    """The open findings because of which the program says nothing in this negotiation."""
    return list(session.scalars(_SILENCING, {"negotiation": row.id, "case": row.case_id}))


def binding_plan(session: Session, case_id: str) -> CaseFindingRow | None:
    """What says that a plan binds the debt of a case; None where none does."""
    bound = (CaseFindingRow.case_id == case_id, CaseFindingRow.rule == PLAN_AGREED, _OPEN)
    return session.scalars(select(CaseFindingRow).where(*bound)).one_or_none()


def require_free(session: Session, case_id: str) -> None:
    """Let a conversation about a case begin.

    Raises:
        NotNow: an open finding binds the case; the sentence says which.
    """
    query = select(CaseFindingRow).where(CaseFindingRow.case_id == case_id, _OPEN, CaseFindingRow.binds)
    if found := list(session.scalars(query.order_by(CaseFindingRow.id))):
        raise NotNow(
            say(
                "nothing is begun on this case: {findings}; an operator can lift this with a reason",
                findings=told(found),
            )
        )


def told(found: Sequence[CaseFindingRow]) -> str:
    """Findings in a sentence's middle, each once."""
    each = {
        one.rule: say(
            "{rule} since {day} ({why})",
            rule=say(one.rule.replace("_", " ")),
            day=one.at.date().isoformat(),
            why=said_why(one),
        )
        for one in found
    }
    return "; ".join(each.values())


def said_why(found: CaseFindingRow) -> str:
    """Why a finding binds, in the language that is spoken."""
    if found.rule == PLAN_AGREED and (day := _DAY.search(found.why)):
        return say(BINDS, day=day.group())
    return say(found.why)


def lift(database: Database, finding_id: int, operator: str, reason: str) -> None:
    """An operator has dealt with a finding, or it was none.

    Raises:
        CannotBe: there is no such finding, or no reason.
        NotNow: it has been lifted.
    """
    checked_reason(reason)

    def work(session: Session) -> None:
        found = session.get(CaseFindingRow, finding_id, with_for_update=True)
        if found is None:
            raise CannotBe(say("there is no such finding"))
        if found.lifted is not None:
            raise NotNow(say("{operator} has lifted this finding already", operator=found.lifted_by))
        lift_rows(session, [found], operator, reason)

    database.transaction(work)


def lift_rows(session: Session, found: Sequence[CaseFindingRow], operator: str, reason: str) -> None:
    """Lift findings in the caller's transaction.

    A negotiation that a stop or an agreed plan ended is then with the operator, and that plan binds no more.
    """
    for one in found:
        one.lifted, one.lifted_by, one.reason = now(), operator, reason.strip()
    session.flush()
    unbound = []
    for negotiation_id in dict.fromkeys(one.negotiation_id for one in found if one.negotiation_id):
        row = row_of(session, negotiation_id)
        plan_ends = any(one.rule == PLAN_AGREED and one.negotiation_id == row.id for one in found)
        if plan_ends or (Status(row.status) is Status.STOPPED and not silencing(session, row)):
            row.status, row.operator = Status.WITH_A_PERSON.value, operator
        if plan_ends:
            row.agreed = None
            unbound.append(row.id)
    for negotiation_id in unbound:
        audit.record(session, operator, audit.UNBOUND, negotiation_id)
    proof = hashlib.sha256(reason.strip().encode()).hexdigest()
    for one in found:
        audit.record(session, operator, "lifted", one.negotiation_id, finding=one.id, rule=one.rule, reason=proof)


def checked_reason(reason: str) -> str:
    """A reason without spaces around it.

    Raises:
        CannotBe: it is none, or too long.
    """
    stripped = reason.strip()
    if not 3 <= len(stripped) <= LONGEST_REASON:
        raise CannotBe(say("write why, in 3 to {most} characters", most=LONGEST_REASON))
    return stripped


def forget_words(session: Session, negotiation_ids: Sequence[str], *, erased: bool) -> None:
    """Before negotiations are deleted: what binds the case stays, without words; what is dealt with goes."""
    for one in session.scalars(select(CaseFindingRow).where(CaseFindingRow.negotiation_id.in_(negotiation_ids))):
        if one.lifted is not None or (erased and not one.binds):
            session.delete(one)
        else:
            one.negotiation_id = None
    session.flush()
