"""What a debtor is shown. Nothing else of a negotiation's record leaves on the debtor's side.

These types name every field; thoughts, moves, notes, limits, ladders and findings are not among them, so a new column
cannot leak by being added.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from pydantic import BaseModel

from app.conversation.negotiations import asks_to_leave
from app.conversation.plans.agreeing import pending_plan
from app.conversation.plans.repayment_plan import Plan, plan_of
from app.conversation.receiving import correctable_message
from app.database.stored_rows import knows_language, turns_of, view_of
from app.database.tables import MessageRow, NegotiationRow, Sender, Status
from data.domain import Debt, Speaker, standing_terms
from data.terms import Terms
from programs.table import words
from wording import language_spoken, mark, say
from wording.tags import SOURCE

PAGE = 50
"""So many messages are shown at once; what was said before is there to be asked for."""
AUTOMATED = mark("You are writing with an automated assistant of the creditor.")
NAMES = {
    Sender.DEBTOR: "you",
    Sender.CREDITOR: "assistant",
    Sender.OPERATOR: "person",
    Sender.SERVICE: "service",
}


class PaymentView(BaseModel):
    """One payment of a plan."""

    due: date
    amount: str


class PlanView(BaseModel):
    """A plan in words and figures that a person can check."""

    id: str
    """Named when it is confirmed."""
    debt: str
    forgiven: str
    total: str
    payments: list[PaymentView]
    ends: date
    summary: str


class MessageView(BaseModel):
    """One message."""

    position: int
    sender: str
    """you, assistant, person or service."""
    text: str
    at: datetime
    understood: str | None
    """What your message was taken to mean."""
    correctable: bool
    """Whether you can still say that it was not meant."""
    language: str | None
    """BCP 47 tag of what it is written in; None where nobody knows."""


class NegotiationView(BaseModel):
    """The conversation as its debtor sees it."""

    status: Status
    name: str | None
    about: str
    """Which debt."""
    assistant: str
    language: str
    """BCP 47 tag of what is spoken with you; `POST language` changes it."""
    language_known: bool
    """Whether the account says so, or you have chosen it."""
    messages: list[MessageView]
    """The latest, and in `events` after the first only those that are new or have changed; positions begin at 1."""
    answering: bool
    """Whether an answer is on its way."""
    asks_to_leave: bool
    """Whether you were asked if the conversation is to end."""
    offer: PlanView | None
    """The creditor's offer as it stands."""
    to_confirm: PlanView | None
    """The plan that binds once it is confirmed."""
    agreed: PlanView | None


def negotiation_view(row: NegotiationRow, messages: list[MessageRow], after: int, today: date) -> NegotiationView:
    """The debtor's view of a negotiation; `messages` and `after` are of `app.database.stored_rows.standing_of`."""
    case = view_of(row)
    terms = standing_terms(turns_of(messages), Speaker.CREDITOR)
    status = Status(row.status)
    pending = pending_plan(row, today)
    correctable = correctable_message(messages) if status.automated else None
    return NegotiationView(
        status=status,
        name=case.debtor.name,
        about=say(
            "{product}, {amount} outstanding",
            product=say(case.debt.product),
            amount=words.money_said(case.debt.outstanding, case.debt.currency),
        ),
        assistant=say(AUTOMATED),
        language=row.language or SOURCE,
        language_known=knows_language(row),
        messages=[message_view(one, correctable) for one in messages if one.position > after],
        answering=status.automated and (not messages or any(not one.answered for one in messages)),
        asks_to_leave=status.automated and asks_to_leave(row),
        offer=_offer(terms, case.debt, today, language_spoken()) if terms and status.automated else None,
        to_confirm=plan_view(pending) if pending else None,
        agreed=plan_view(Plan.model_validate(row.agreed)) if row.agreed else None,
    )


@lru_cache(maxsize=1024)
def _offer(terms: Terms, debt: Debt, today: date, _language: str) -> PlanView:
    """The creditor's offer to be read; it stands unchanged in most of what a page is shown."""
    return plan_view(plan_of(terms, debt, today, "debtor"))


def message_view(row: MessageRow, correctable: MessageRow | None = None) -> MessageView:
    """One message as the debtor sees it."""
    return MessageView(
        position=row.position,
        sender=NAMES[Sender(row.sender)],
        text=row.text,
        at=row.at,
        understood=row.understood,
        correctable=row is correctable,
        language=row.language,
    )


def plan_view(plan: Plan) -> PlanView:
    """A plan to be read."""

    def money(amount: int) -> str:
        return words.money_said(amount, plan.currency)

    return PlanView(
        id=plan.id,
        debt=money(plan.outstanding_minor),
        forgiven=money(plan.forgiven_minor),
        total=money(plan.total_minor),
        payments=[PaymentView(due=one.due, amount=money(one.amount_minor)) for one in plan.payments],
        ends=plan.ends,
        summary=words.package_said(plan.terms),
    )
