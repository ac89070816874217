"""What must hold after everything went wrong: nothing lost, nothing doubled, silence after a stop, the chain whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate

from sqlalchemy import select

from app.conversation.plans.repayment_plan import Plan
from app.database import audit_log as audit
from app.database.stored_rows import messages_of, row_of
from app.database.tables import AuditRow, MessageRow, NegotiationRow, Sender, Status
from app.database.transactions import Database
from benchmarks.service.chaos.talks import ChaosTalk
from data.domain import Speaker


def violations(database: Database, talks: Sequence[ChaosTalk]) -> list[str]:
    """Everything that is not as those who took part were told, a sentence each."""
    found: list[str] = []
    with database.reading() as session:
        chain = audit.verify(session)
        if chain.broken_at is not None:
            found.append(f"the audit log is broken at entry {chain.broken_at}")
        known = set(session.scalars(select(NegotiationRow.id)))
        if known != {talk.id for talk in talks}:
            found.append("there are other negotiations than were begun")
        for talk in talks:
            entries = session.scalars(select(AuditRow).where(AuditRow.negotiation_id == talk.id)).all()
            row, messages = row_of(session, talk.id), messages_of(session, talk.id)
            wrong = [*_lost(talk, row, messages), *_doubled(messages, entries), *_unasked(talk, row, messages)]
            found += [f"negotiation {talk.id}: {sentence}" for sentence in wrong]
    return found


def _lost(talk: ChaosTalk, row: NegotiationRow, messages: Sequence[MessageRow]) -> Iterator[str]:
    stored = [(one.key, one.text, one.position) for one in messages if one.key is not None]
    if stored != talk.sent:
        yield f"what is stored is not what was sent: {len(stored)} messages, {len(talk.sent)} sent"
    if [one.position for one in messages] != [*range(1, len(messages) + 1)]:
        yield "positions are not 1, 2, 3, ..."
    if not all(one.answered for one in messages):
        yield "a message still waits"
    if not messages and Status(row.status).automated:
        yield "it was never opened"
    if talk.confirmed is not None and (row.agreed is None or Plan.model_validate(row.agreed).id != talk.confirmed):
        yield "the plan that was confirmed does not bind"


def _doubled(messages: Sequence[MessageRow], entries: Sequence[AuditRow]) -> Iterator[str]:
    actions = Counter(one.action for one in entries)
    answered = Counter(one.detail["position"] for one in entries if one.action == "answered")
    if answered and max(answered.values()) > 1:
        yield "a message was answered twice"
    speakers = [one.turn["speaker"] for one in messages if one.turn is not None and one.sender != Sender.SERVICE]
    ahead = accumulate(1 if one == Speaker.CREDITOR else -1 for one in speakers)
    if any(one > 1 for one in ahead):
        yield "the program took two turns in a row"
    if actions["wrote"] != sum(one.key is not None or one.sender == Sender.OPERATOR for one in messages):
        yield "the log and the messages differ"
    if actions["started"] != 1 or actions["confirmed"] > 1:
        yield "it was started or agreed twice"


def _unasked(talk: ChaosTalk, row: NegotiationRow, messages: Sequence[MessageRow]) -> Iterator[str]:
    if row.agreed is not None and Status(row.status) is not Status.AGREED:
        yield "a plan binds, and the conversation goes on"
    if talk.stopped is None:
        return
    after = [one.sender for one in messages if one.position > talk.stopped]
    if Sender.CREDITOR in after or after.count(Sender.SERVICE) > 1:
        yield "the program wrote after a stop"
    if Status(row.status).automated:
        yield "it goes on after a stop"
