"""How a plan comes to bind: shown, confirmed by its id, written into the audit chain; one for each debt.

What binds is a finding of the case (`app.database.case_findings`), so that it outlives its conversation, and an
operator can end it with a reason. That there is one at most is the database's to hold.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from app.conversation.plans.repayment_plan import Plan, plan_of, plan_on
from app.database import audit_log as audit
from app.database.asked import Asked
from app.database.case_findings import BINDS, PLAN_AGREED, binding_plan
from app.database.stored_rows import (
    NotNow,
    asks_first,
    messages_of,
    row_alone_on_case,
    row_of,
    silence_others,
    speaking_to,
    stored,
    today_of,
    turns_of,
    unanswered_of,
    view_of,
)
from app.database.tables import CaseFindingRow, NegotiationRow, Sender, Status
from data.domain import Move, MoveKind, Speaker, Turn, standing_terms
from programs.table import words
from wording import mark, say

ANEW = mark("the day of the first payment has passed, so the plan has new dates; read it again and confirm that one")
ALREADY_BOUND = mark("a plan for this debt has been agreed in another conversation; write to or call the creditor")
AGREED_ELSEWHERE = mark("A plan for this debt has been agreed in another conversation, so this one has ended.")


def pending_plan(row: NegotiationRow, today: date | None = None) -> Plan | None:
    """The plan that waits for a confirmation, as it could be agreed today; None if none does.

    Args:
        row: of the negotiation.
        today: where the debtor is; None: looked up.
    """
    if row.pending is None:
        return None
    return plan_on(Plan.model_validate(row.pending), view_of(row).debt, today or today_of(row))


def take_offer(session: Session, negotiation_id: str) -> Plan:
    """Make the creditor's standing offer the plan to be confirmed, in a transaction.

    What the debtor wrote before needs no answer any more, so that none can undo this; but what has to be asked about
    first still is.

    Raises:
        NotThere: no such negotiation.
        NotNow: there is no offer to take.
    """
    row = row_of(session, negotiation_id)
    if (pending := pending_plan(row)) is not None:
        _settle_queue(session, row)
        return pending
    terms = standing_terms(turns_of(messages_of(session, negotiation_id)), Speaker.CREDITOR)
    if terms is None or Status(row.status) is not Status.OPEN:
        raise NotNow(say("there is no offer that you could accept now"))
    _require_unbound(session, row)
    taken = plan_of(terms, view_of(row).debt, today_of(row), "debtor")
    row.pending, row.status, row.asked = taken.model_dump(mode="json"), Status.CONFIRMING.value, None
    _settle_queue(session, row)
    audit.record(session, "debtor", "would accept", negotiation_id, plan=taken.id)
    return taken


def confirm_plan(session: Session, negotiation_id: str, plan_id: str) -> tuple[Plan, bool]:
    """Let the plan of that id bind, in a transaction; the plan, and whether it binds.

    It does not where its first day has passed: then the plan returned has been made anew, and waits.

    Raises:
        NotThere: no such negotiation.
        NotNow: there is nothing to confirm, or another plan than this.
    """
    row = row_alone_on_case(session, negotiation_id)
    if row.agreed is not None and (agreed := Plan.model_validate(row.agreed)).id == plan_id:
        return agreed, True
    current = pending_plan(row)
    if Status(row.status) is not Status.CONFIRMING or current is None:
        raise NotNow(say("there is no plan that waits for your confirmation"))
    _require_unbound(session, row)
    if any(asks_first(one) for one in unanswered_of(session, negotiation_id)):
        raise NotNow(say("what you have just written is read first; try again in a moment"))
    if plan_id == current.id:
        _bind(session, row, current)
        return current, True
    if plan_id != Plan.model_validate(row.pending).id:
        raise NotNow(say("the plan has changed; read the one that is shown now"))
    row.pending = current.model_dump(mode="json")
    audit.record(session, "service", "made a plan anew", negotiation_id, plan=current.id)
    return current, False


def _settle_queue(session: Session, row: NegotiationRow) -> None:
    """A button settles what was written before it, but for what the debtor has to be asked about first."""
    waiting = [one for one in unanswered_of(session, row.id) if not asks_first(one)]
    for one in waiting:
        one.answered = True
    before = Asked.model_validate(row.asked) if row.asked else Asked()
    after = before.model_copy(update={"settled": (*before.settled, *(one.position for one in waiting))})
    row.asked = after.model_dump(mode="json") if after != Asked() else None


def _bind(session: Session, row: NegotiationRow, plan: Plan) -> None:
    speaker = Speaker.DEBTOR if plan.accepted_by == "debtor" else Speaker.CREDITOR
    with speaking_to(row):
        said = words.statement(MoveKind.ACCEPT, plan.terms, repeated=False)
    turn = Turn(speaker=speaker, move=Move.accept(), dialogue=said)
    sender = Sender.DEBTOR if speaker is Speaker.DEBTOR else Sender.CREDITOR
    position = stored(session, row.id, sender, said, turn=turn)
    row.agreed, row.pending, row.status = plan.model_dump(mode="json"), None, Status.AGREED.value
    session.add(_finding(row, position, plan))
    session.flush()
    ended = silence_others(session, row, Status.DECLINED, AGREED_ELSEWHERE)
    audit.record(session, "debtor", audit.CONFIRMED, row.id, plan=plan.id, agreed=row.agreed)
    for other_id in ended:
        audit.record(session, "service", "ended", other_id, because_of=row.id)


def _finding(row: NegotiationRow, position: int, plan: Plan) -> CaseFindingRow:
    why = BINDS.format(day=plan.ends)
    about = {"case_id": row.case_id, "negotiation_id": row.id, "position": position}
    return CaseFindingRow(**about, rule=PLAN_AGREED, why=why, silences=False, binds=True)


def _require_unbound(session: Session, row: NegotiationRow) -> None:
    if binding_plan(session, row.case_id) is not None:
        raise NotNow(say(ALREADY_BOUND))
