"""What an operator does in a negotiation: take it over, write, hand it back."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.conduct.outgoing import checked
from app.conduct.profile import Action, Profile
from app.database import audit_log as audit
from app.database.case_findings import checked_reason, lift_rows, silencing, told
from app.database.stored_rows import NotNow, close_queue, finding_row, row_of, stored
from app.database.tables import Sender, Status
from app.database.transactions import Database
from wording import say

KEPT_BACK = (Action.REPAIR, Action.BLOCK)
"""What is done with words of the program that an operator has to confirm."""
ENDED_FOR_GOOD = (Status.STOPPED, Status.DECLINED)


class Unconfirmed(NotNow):
    """Words that break a rule, and that their writer has not confirmed."""


def take_over(database: Database, negotiation_id: str, operator: str) -> None:
    """An operator leads it from here on.

    Raises:
        NotThere: no such negotiation.
        NotNow: it has been agreed.
    """

    def work(session: Session) -> None:
        row = row_of(session, negotiation_id)
        if Status(row.status) is Status.AGREED:
            raise NotNow(say("the plan has been agreed; there is nothing to take over"))
        if Status(row.status) not in ENDED_FOR_GOOD:  # it stays ended; the operator may write, the program never
            row.status, row.pending, row.asked = Status.WITH_A_PERSON.value, None, None
        close_queue(session, negotiation_id)
        row.operator = operator
        audit.record(session, operator, "took over", negotiation_id)

    database.transaction(work)


def hand_back(database: Database, negotiation_id: str, operator: str, reason: str = "") -> None:
    """The program goes on; what a debtor wrote meanwhile was for the operator and is not answered again.

    Args:
        database: where it is kept.
        negotiation_id: which one.
        operator: who hands it back.
        reason: why the findings that are open may be lifted, where there are any.

    Raises:
        NotThere: no such negotiation.
        NotNow: it is not with a person, or a finding is open and no reason is given.
        UserError: the reason is too short or too long.
    """

    def work(session: Session) -> None:
        row = row_of(session, negotiation_id)
        if Status(row.status) is not Status.WITH_A_PERSON:
            stands = say(row.status.replace("_", " "))
            raise NotNow(say("this negotiation is {status}, so it cannot be handed back", status=stands))
        if found := silencing(session, row):
            if not reason.strip():
                raise NotNow(
                    say("this is open: {findings}; lift it with a reason, then hand back", findings=told(found))
                )
            lift_rows(session, found, operator, checked_reason(reason))
        close_queue(session, negotiation_id)
        row.status, row.operator = Status.OPEN.value, None
        row.tries = row.asides = row.unreadable = 0
        audit.record(session, operator, "handed back", negotiation_id)

    database.transaction(work)


def write(
    database: Database,
    negotiation_id: str,
    operator: str,
    text: str,
    profile: Profile | None = None,
    *,
    sure: bool = True,
) -> None:
    """An operator's own words to the debtor; the rules for the program's words are looked up for them too.

    Args:
        database: of the service.
        negotiation_id: to whom.
        operator: who writes.
        text: the words.
        profile: the rules; what they find is kept with the message. None for no rules.
        sure: whether the words leave although the program's would not.

    Raises:
        NotThere: no such negotiation.
        NotNow: this operator has not taken it over.
        Unconfirmed: `sure` is False, and the rules would keep these words back if the program had written them.
    """
    findings = checked(text, profile, first=False).findings if profile else ()
    grave = [one for one in findings if one.action in KEPT_BACK]

    def work(session: Session) -> None:
        row = row_of(session, negotiation_id)
        if row.operator != operator or Status(row.status).automated:
            raise NotNow(say("take the negotiation over first"))
        if grave and not sure:
            raise Unconfirmed(
                say(
                    "{words}: {why}; change it, or send it once more to send it all the same",
                    words=repr(grave[0].excerpt),
                    why=say(grave[0].why),
                )
            )
        kept = [finding_row(one) for one in findings]
        position = stored(session, negotiation_id, Sender.OPERATOR, text.strip(), findings=kept)
        rules = {"against": sorted({one.rule for one in grave})} if grave else {}
        audit.record(session, operator, "wrote", negotiation_id, position=position, **rules)

    database.transaction(work)
