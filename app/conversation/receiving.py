"""A debtor's message before any model sees it: stored, looked at for signals, obeyed at once.

Signals are looked for in every status: with a person in charge somebody may ask for silence too. What is in the queue
has been looked at when it came, so an answer in the making is held back (`app.conversation.negotiations`).

What was understood can be taken back: the words stay in the record, the terms that were read from them do not.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.conduct.profile import SignalOutcome
from app.conduct.signals import Noticed, but_for_its_language, outcome_of
from app.database import audit_log as audit
from app.database.case_findings import add_findings, silencing
from app.database.stored_rows import (
    CannotBe,
    NotNow,
    by_key,
    close_queue,
    messages_of,
    row_of,
    signal_finding,
    silence_others,
    speaking_to,
    stored,
    unread_of,
)
from app.database.tables import MessageRow, NegotiationRow, Sender, Status
from data.domain import Move, Turn
from data.messages.labels import SignalKind
from wording import mark, say

HANDED_OVER = mark("A person will take over from here; you will hear from them.")
TAKEN_BACK = mark("Not meant so; it does not count.")
ASKED_ANEW = mark(
    "Thank you for saying so: that does not count. What do you mean? Say it in other words, with the figures."
)
MOST_UNREAD = 1000
"""So many messages in a row a debtor may leave to a person; what gives notice of something is taken all the same."""


def receive_message(session: Session, row: NegotiationRow, said: str, key: str | None, found: Sequence[Noticed]) -> int:
    """Store a debtor's message with what was noticed in it, and do what that asks for; returns its position.

    Raises:
        NotNow: it is over, or a person has too much of it to read, and the message gives notice of nothing new
            and of no danger.
        CannotBe: the key is another message's.
    """
    found = but_for_its_language(found, said, row.language)
    if key is not None and (known := by_key(session, row.id, key)) is not None:
        if known.text != said:
            raise CannotBe(say("this Idempotency-Key is another text's; send this text with a key of its own"))
        return known.position
    silences = tuple(one for one in found if one.silences)
    known_rules = {one.rule for one in silencing(session, row)} if silences else set()
    news = tuple(one for one in silences if one.signal.id not in known_rules)
    if Status(row.status).ended and not news:
        raise NotNow(say("this conversation has ended; use the contact details of the creditor"))
    waits = Status(row.status).automated and not silences
    urgent = news or any(SignalKind.DISTRESS in one.signal.kinds for one in silences)
    if not waits and not urgent and unread_of(session, row.id) >= MOST_UNREAD:
        raise NotNow(
            say(
                "{number} messages of yours wait for a person already; please wait until they have written",
                number=MOST_UNREAD,
            )
        )
    findings = [signal_finding(one) for one in found]
    position = stored(session, row.id, Sender.DEBTOR, said, key=key, answered=not waits, findings=findings)
    add_findings(session, row, position, [one for one in found if one.signal.id not in known_rules])
    if silences:
        _obey(session, row, silences, news)
    audit.record(session, "debtor", "wrote", row.id, position=position)
    if found:
        record_noticed(session, row, position, found)
    if silences:
        quiet_others(session, row, silences)
    return position


def record_noticed(session: Session, row: NegotiationRow, position: int, found: Sequence[Noticed]) -> None:
    """Audit what was noticed in a message."""
    rules = {one.signal.id: [*one.found_by, *([] if one.sure else ["not sure"])] for one in found}
    audit.record(session, "service", "noticed", row.id, position=position, rules=rules, status=row.status)


def silenced_status(found: Sequence[Noticed]) -> Status:
    """Where signals that silence leave a negotiation: a stop ends it, unless somebody may be in danger."""
    in_danger = any(SignalKind.DISTRESS in one.signal.kinds for one in found)
    stops = outcome_of(found) is SignalOutcome.STOP and not in_danger
    return Status.STOPPED if stops else Status.WITH_A_PERSON


def reply_to(found: Sequence[Noticed]) -> str:
    """What is said to the gravest need."""
    return found[0].signal.reply or HANDED_OVER


def _obey(session: Session, row: NegotiationRow, found: Sequence[Noticed], news: Sequence[Noticed]) -> None:
    """Silence the program; a person who leads already goes on leading, and an agreed plan stays agreed."""
    before = Status(row.status)
    if not before.ended and (row.operator is None or before.automated):
        row.status = silenced_status(found).value
    if before is not Status.AGREED:
        row.pending = None
    row.asked = None
    close_queue(session, row.id)
    in_danger = SignalKind.DISTRESS in found[0].signal.kinds
    if in_danger or (news and (row.operator is None or before.automated)):
        stored(session, row.id, Sender.SERVICE, reply_to(news or found))


def quiet_others(session: Session, row: NegotiationRow, found: Sequence[Noticed]) -> None:
    """End the program's part in the case's other conversations, where a signal binds the case."""
    binding = [one for one in found if one.signal.binds_case]
    if not binding:
        return
    status = silenced_status(binding)
    said = None if status is Status.STOPPED else HANDED_OVER  # who asked for silence is not even told so
    for other_id in silence_others(session, row, status, said):
        audit.record(session, "service", "handed over", other_id, because_of=row.id, status=status.value)


def correctable_message(messages: Sequence[MessageRow]) -> MessageRow | None:
    """The debtor's latest message, where something was read from it that can be taken back."""
    latest = next((one for one in reversed(messages) if one.sender == Sender.DEBTOR), None)
    if latest is None or latest.turn is None or not latest.answered:
        return None
    turn = Turn.model_validate(latest.turn)
    return latest if turn.move.terms is not None or turn.disclosed is not None else None


def take_back(session: Session, negotiation_id: str, position: int) -> None:
    """Make the message at `position` mere words, in a transaction.

    Raises:
        NotThere: no such negotiation.
        NotNow: it is not the latest one, or nothing was read from it, or the program does not answer any more.
    """
    row = row_of(session, negotiation_id)
    found = correctable_message(messages_of(session, negotiation_id))
    if not Status(row.status).automated or found is None or found.position != position:
        raise NotNow(say("there is nothing in this message that could be taken back now; write what you mean"))
    turn = Turn.model_validate(found.turn)
    mere_words = turn.model_copy(update={"move": Move.reject(), "disclosed": None})
    found.turn = mere_words.model_dump(mode="json")
    with speaking_to(row):
        found.understood = say(TAKEN_BACK)
    row.status, row.pending = Status.OPEN.value, None
    stored(session, negotiation_id, Sender.SERVICE, ASKED_ANEW)
    audit.record(session, "debtor", "took back", negotiation_id, position=position)
