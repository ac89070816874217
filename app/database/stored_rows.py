"""Rows as the service writes and reads them, inside a transaction of the caller's."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from app.conduct.outgoing import Checked, with_notices
from app.conduct.profile import Finding, SignalOutcome
from app.conduct.signals import Noticed
from app.database.tables import MessageRow, NegotiationRow, Sender, Status, now
from app.database.transactions import PROFILE, WRITES
from data.domain import CreditorView, Turn
from data.spoken_with import spoken_with
from plumbing.errors import UserError
from wording import say, speaking

UNANSWERED = func.count(MessageRow.id).filter(MessageRow.answered.is_(False))
"""Of a negotiation's messages, in a query that groups by negotiation."""


# Built once: building a query takes longer than running it.
_NEGOTIATION = select(NegotiationRow).where(NegotiationRow.id == bindparam("negotiation"))
_NEGOTIATION_LOCKED = _NEGOTIATION.with_for_update()
_SAME_CASE = select(NegotiationRow.case_id).where(NegotiationRow.id == bindparam("negotiation")).scalar_subquery()
_CASE_LOCKED = (
    select(NegotiationRow.id)
    .where(NegotiationRow.case_id == _SAME_CASE)
    .order_by(NegotiationRow.id)  # all who lock several do so in one order, or they would wait for each other
    .with_for_update()
)
_OF_ONE = MessageRow.negotiation_id == bindparam("negotiation")
_MESSAGES = select(MessageRow).where(_OF_ONE).order_by(MessageRow.position)
_UNANSWERED = _MESSAGES.where(MessageRow.answered.is_(False))
_BY_KEY = select(MessageRow).where(_OF_ONE, MessageRow.key == bindparam("key"))
_SENT = select(MessageRow.text).where(_OF_ONE, MessageRow.sender != Sender.DEBTOR.value)
_STORE = insert(MessageRow)
_HIGHEST = select(func.max(MessageRow.position)).where(_OF_ONE)
_TOLD = func.max(MessageRow.position).filter(
    MessageRow.sender.in_((Sender.CREDITOR.value, Sender.OPERATOR.value))  # a fixed text answers nothing
)
_HIGHEST_AND_TOLD = select(func.max(MessageRow.position), _TOLD).where(_OF_ONE)
_STANDING = _MESSAGES.where(
    or_(
        MessageRow.position > _HIGHEST.correlate(None).scalar_subquery() - bindparam("number"),
        MessageRow.turn.is_not(None),
        MessageRow.answered.is_(False),
    )
)
_PAGE = (
    select(MessageRow)
    .where(_OF_ONE, MessageRow.position < bindparam("before"))
    .order_by(MessageRow.position.desc())
    .limit(bindparam("number"))
)


class NotThere(Exception):
    """There is no such negotiation."""


class NotNow(Exception):
    """It cannot be done as things stand; the text says why, for the person who asked."""


class CannotBe(UserError):
    """What was asked for cannot be; the text says why, for the person who asked, and repeats nothing of the request."""


def row_of(session: Session, negotiation_id: str) -> NegotiationRow:
    """The negotiation's row; in a transaction that may write, nobody else changes the negotiation until it ends.

    Raises:
        NotThere: there is none.
    """
    if not negotiation_id.isalnum():  # ids are letters and digits; PostgreSQL would not even look for a NUL
        raise NotThere(negotiation_id)
    query = _NEGOTIATION_LOCKED if session.info.get(WRITES, False) else _NEGOTIATION
    row = session.scalars(query, {"negotiation": negotiation_id}).one_or_none()
    if row is None:
        raise NotThere(negotiation_id)
    return row


def row_alone_on_case(session: Session, negotiation_id: str) -> NegotiationRow:
    """The same in a transaction that writes, and nobody else changes another negotiation about the case either.

    Raises:
        NotThere: there is none.
    """
    if negotiation_id.isalnum():
        session.execute(_CASE_LOCKED, {"negotiation": negotiation_id})
    return row_of(session, negotiation_id)


def view_of(row: NegotiationRow) -> CreditorView:
    """The case as the creditor's side sees it, with the language that is spoken in this negotiation."""
    return spoken_with(CreditorView.model_validate(row.view), row.language or None)


def knows_language(row: NegotiationRow) -> bool:
    """Whether what is spoken in a negotiation is what the account says, or somebody chose."""
    return not row.language or CreditorView.model_validate(row.view).debtor.language is not None


def speak_from_now(row: NegotiationRow, tag: str) -> None:
    """Let a negotiation be led in the language that somebody chose."""
    row.language = tag
    row.view = {**row.view, "debtor": {**row.view["debtor"], "language": tag}}


def speaking_to(row: NegotiationRow) -> AbstractContextManager[None]:
    """A block that speaks the negotiation's language."""
    return speaking(row.language or None)


def messages_of(session: Session, negotiation_id: str) -> list[MessageRow]:
    """All messages, oldest first."""
    return list(session.scalars(_MESSAGES, {"negotiation": negotiation_id}))


def standing_of(session: Session, negotiation_id: str, number: int) -> tuple[list[MessageRow], int]:
    """What a view of a negotiation hangs on, oldest first, and the position after which the latest `number` stand.

    That is every turn, what waits, and the latest messages: however much a debtor writes to a person, it stays small.
    """
    found = list(session.scalars(_STANDING, {"negotiation": negotiation_id, "number": number}))
    return found, max(found[-1].position - number, 0) if found else 0


def page_of(session: Session, negotiation_id: str, before: int, number: int) -> list[MessageRow]:
    """The latest `number` messages of those before a position, oldest first."""
    found = session.scalars(_PAGE, {"negotiation": negotiation_id, "before": before, "number": number})
    return list(found)[::-1]


def unanswered_of(session: Session, negotiation_id: str) -> list[MessageRow]:
    """The debtor's messages that have no answer yet, oldest first."""
    return list(session.scalars(_UNANSWERED, {"negotiation": negotiation_id}))


def turns_of(messages: Sequence[MessageRow]) -> tuple[Turn, ...]:
    """What of the messages was said at the table, oldest first."""
    return tuple(Turn.model_validate(one.turn) for one in messages if one.turn is not None)


def today_of(row: NegotiationRow) -> date:
    """The date where the debtor is; that of UTC where nobody knows."""
    return now().astimezone(ZoneInfo(row.timezone or "UTC")).date()


def by_key(session: Session, negotiation_id: str, key: str) -> MessageRow | None:
    """The message that its sender named `key`."""
    return session.scalars(_BY_KEY, {"negotiation": negotiation_id, "key": key}).first()


def stored(
    session: Session,
    negotiation_id: str,
    sender: Sender,
    text: str,
    *,
    key: str | None = None,
    answered: bool = True,
    turn: Turn | dict[str, Any] | None = None,
    findings: Sequence[dict[str, Any]] = (),
) -> int:
    """Append a message, in a transaction that has taken the negotiation with `row_of`; returns its position.

    A fixed text is said in the negotiation's language, and one to the debtor is given the notices that are due
    (`app.database.transactions.Database.speak_by`).
    """
    profile = session.info.get(PROFILE)
    row = session.get_one(NegotiationRow, negotiation_id)  # the caller has it, so nothing is read
    with speaking_to(row):
        text = say(text) if sender is Sender.SERVICE else text
        if profile is not None and sender is not Sender.DEBTOR:
            by_program = sender is not Sender.OPERATOR
            text = with_notices(text, profile, lambda: _sent(session, negotiation_id), by_program=by_program)
    connection = session.connection()  # what a session adds to a statement takes longer than the statement
    position: int = (connection.scalar(_HIGHEST, {"negotiation": negotiation_id}) or 0) + 1
    message = {
        "negotiation_id": negotiation_id,
        "position": position,
        "sender": sender.value,
        "text": text,
        "key": key,
        "answered": answered,
        "turn": turn.model_dump(mode="json") if isinstance(turn, Turn) else turn,
        "findings": list(findings),
        "language": row.language or "en" if sender in (Sender.CREDITOR, Sender.SERVICE) else None,
    }
    connection.execute(_STORE, message)
    return position


def _sent(session: Session, negotiation_id: str) -> list[str]:
    """What the debtor was sent."""
    return list(session.connection().scalars(_SENT, {"negotiation": negotiation_id}))


def asks_first(message: MessageRow) -> bool:
    """Whether a waiting message has something in it that the debtor is to be asked about before anything is offered."""
    return any(not one.get("sure", True) and SignalOutcome(one["action"]).silences for one in message.findings)


def close_queue(session: Session, negotiation_id: str) -> None:
    """What waits for the program is for a person from here on: handed back, it is not answered as if just written."""
    session.execute(
        update(MessageRow)
        .where(MessageRow.negotiation_id == negotiation_id, MessageRow.answered.is_(False))
        .values(answered=True)
    )


def unread_of(session: Session, negotiation_id: str) -> int:
    """How many messages have come since the program or a person last answered, the service's own among them."""
    highest, told = session.execute(_HIGHEST_AND_TOLD, {"negotiation": negotiation_id}).one()
    return (highest or 0) - (told or 0)


def reopen_queue(session: Session, negotiation_id: str, positions: Sequence[int]) -> None:
    """Let the messages at these positions wait for the program again."""
    session.execute(
        update(MessageRow)
        .where(MessageRow.negotiation_id == negotiation_id, MessageRow.position.in_(positions))
        .values(answered=False)
    )


def hand_over(session: Session, row: NegotiationRow, text: str, findings: Sequence[Finding]) -> None:
    """Say `text`, and leave the negotiation to a person."""
    stored(session, row.id, Sender.SERVICE, text, findings=[finding_row(one) for one in findings])
    row.status, row.pending, row.asked = Status.WITH_A_PERSON.value, None, None
    close_queue(session, row.id)


def silence_others(session: Session, row: NegotiationRow, status: Status, said: str | None) -> list[str]:
    """End the program's part in the other negotiations about the same case; returns their ids.

    Args:
        session: a transaction that writes.
        row: of the negotiation because of which they end.
        status: in which they are left.
        said: to each of their debtors; None: nothing.
    """
    automated = [one.value for one in Status if one.automated]
    others = select(NegotiationRow.id).where(NegotiationRow.case_id == row.case_id, NegotiationRow.id != row.id)
    found = list(session.scalars(others.where(NegotiationRow.status.in_(automated)).order_by(NegotiationRow.id)))
    for other_id in found:
        other = row_of(session, other_id)
        other.status, other.pending, other.asked = status.value, None, None
        close_queue(session, other_id)
        if said is not None:
            stored(session, other_id, Sender.SERVICE, said)
    return found


def message(sender: Sender, text: str, findings: Sequence[Finding] = ()) -> MessageRow:
    """A message that is no turn, not yet stored."""
    return MessageRow(sender=sender.value, text=text, findings=[finding_row(one) for one in findings])


def spoken(turn: Turn, found: Checked) -> MessageRow:
    """The program's message as it leaves; its turn has the words without the notices, which no model needs."""
    said = turn.model_copy(update={"dialogue": found.said})
    findings = [finding_row(one) for one in found.findings]
    return MessageRow(
        sender=Sender.CREDITOR.value, text=found.text, turn=said.model_dump(mode="json"), findings=findings
    )


def finding_row(one: Finding) -> dict[str, Any]:
    """A rule that words break as it is kept with the message."""
    return {**asdict(one), "action": one.action.value}


def signal_finding(one: Noticed) -> dict[str, Any]:
    """A signal in a debtor's words as it is kept with the message."""
    signal = one.signal
    return {
        "rule": signal.id,
        "action": signal.outcome.value,
        "excerpt": one.excerpt,
        "why": signal.why,
        "source": signal.source,
        "found_by": list(one.found_by),
        "sure": one.sure,
    }
