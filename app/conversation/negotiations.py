"""A negotiation with a person: every message is stored before it is answered, and nothing binds before it is confirmed.

The record is the truth: a seat is taken anew for each answer, from the stored turns and what the seat remembered. So a
restart goes on where the service was, whichever process answers next. One process at a time answers a negotiation: it
holds a lease, a time after which another one may.
"""

from __future__ import annotations

from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.conduct.outgoing import may_begin
from app.conduct.profile import Outcome
from app.conduct.signals import noticed
from app.conversation.answering import Answers, Reply
from app.conversation.changes import Changes
from app.conversation.house import House
from app.conversation.leases import Leases
from app.conversation.plans import Plan
from app.conversation.receiving import HANDED_OVER, quiet_others, receive_message, record_noticed, take_back
from app.database import audit_log as audit
from app.database.asked import Asked
from app.database.case_findings import add_findings, require_free, silencing
from app.database.stored_rows import (
    UNANSWERED,
    NotNow,
    close_queue,
    hand_over,
    messages_of,
    row_of,
    stored,
    turns_of,
    unanswered_of,
)
from app.database.tables import MessageRow, NegotiationRow, Sender, Status, now
from app.database.transactions import Database
from app.telemetry import spans
from data.domain import Move, MoveKind, Speaker, Turn, standing_terms
from plumbing.errors import UserError
from programs.table import words

MAX_MESSAGE_CHARS = 2000
Owed = tuple[NegotiationRow, list[MessageRow], MessageRow | None]
"""A negotiation, its messages, and the one to answer; None at the opening."""


class Negotiations:
    """All negotiations of one service; safe for threads and for several processes.

    Args:
        database: where they are kept.
        house: what they are led with.
    """

    def __init__(self, database: Database, house: House) -> None:
        self.database, self.house = database, house
        self.answers = Answers(house)
        self.leases = Leases(database)
        self.changes = Changes(database)

    # --- what a debtor, an operator or a clock may do

    def start(self, case_id: str, timezone: str = "UTC", *, asked_for: bool = False, actor: str = "service") -> str:
        """Open a negotiation with a debtor of the book; returns its id. The creditor opens with the first answer.

        Args:
            case_id: of the book.
            timezone: IANA name of the debtor's local time, for the hours of contact.
            asked_for: whether the debtor is there and asked, so that the hours do not matter.
            actor: who started it, for the audit log.

        Raises:
            UserError: no such case or time zone.
            NotNow: it is no time to write to this debtor, or a finding binds the case until an operator lifts it.
        """
        try:
            case = self.house.book.case(case_id).creditor_view()
            local = now().astimezone(ZoneInfo(timezone))
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: Europe is a folder
            raise UserError(f"there is no time zone {timezone!r}; write one such as Europe/London") from error
        if not asked_for and (against := may_begin(self.house.profile, local)) is not None:
            raise NotNow(f"not now: {against.excerpt} ({against.source})")
        row = NegotiationRow(
            case_id=case_id,
            view=case.model_dump(mode="json"),
            artifact=self.house.artifact,
            program_sha256=self.house.program_sha256,
            lm=self.house.lm.model,
            profile=self.house.profile.id,
            timezone=timezone,
        )

        def work(session: Session) -> str:
            require_free(session, case_id)
            session.add(row)
            session.flush()
            audit.record(session, actor, "started", row.id, program=self.house.program_sha256)
            return row.id

        spans.awaited(found := self.database.transaction(work))
        return found

    def receive(self, negotiation_id: str, text: str, key: str | None = None) -> int:
        """Store a debtor's message, and obey at once what it gives notice of; returns its position.

        The same key again is the same message.

        Raises:
            NotThere: no such negotiation.
            NotNow: the message is empty, too long, or the negotiation is over.
        """
        said = text.strip()
        if not said:
            raise NotNow("the message is empty")
        if len(said) > MAX_MESSAGE_CHARS:
            raise NotNow(f"the message has {len(said)} characters; write at most {MAX_MESSAGE_CHARS}")

        spans.awaited(negotiation_id)
        found = noticed(said, self.house.profile)
        receiving = partial(receive_message, negotiation_id=negotiation_id, said=said, key=key, found=found)
        return self.database.transaction(receiving)

    def confirm(self, negotiation_id: str, plan_id: str) -> Plan:
        """The debtor agrees to the plan of that id; from here on it binds. Twice is once.

        Raises:
            NotThere: no such negotiation.
            NotNow: there is nothing to confirm, or another plan than this.
        """

        def work(session: Session) -> Plan:
            row = row_of(session, negotiation_id)
            if row.agreed is not None and (agreed := Plan.model_validate(row.agreed)).id == plan_id:
                return agreed
            if Status(row.status) is not Status.CONFIRMING or row.pending is None:
                raise NotNow("there is no plan that waits for your confirmation")
            plan = Plan.model_validate(row.pending)
            if plan.id != plan_id:
                raise NotNow("the plan has changed; read the one that is shown now")
            speaker = Speaker.DEBTOR if plan.accepted_by == "debtor" else Speaker.CREDITOR
            turn = Turn(
                speaker=speaker,
                move=Move.accept(),
                dialogue=words.statement(MoveKind.ACCEPT, plan.terms, repeated=False),
            )
            sender = Sender.DEBTOR if speaker is Speaker.DEBTOR else Sender.CREDITOR
            stored(session, negotiation_id, sender, turn.dialogue, turn=turn)
            row.agreed, row.pending, row.status = row.pending, None, Status.AGREED.value
            audit.record(session, "debtor", "confirmed", negotiation_id, plan=plan_id)
            return plan

        return self.database.transaction(work)

    def accept_offer(self, negotiation_id: str) -> Plan:
        """The debtor would take the creditor's offer as it stands; returns the plan to be confirmed.

        Raises:
            NotThere: no such negotiation.
            NotNow: there is no offer to take.
        """

        def work(session: Session) -> Plan:
            row = row_of(session, negotiation_id)
            if row.pending is not None:
                return Plan.model_validate(row.pending)
            terms = standing_terms(turns_of(messages_of(session, negotiation_id)), Speaker.CREDITOR)
            if terms is None or Status(row.status) is not Status.OPEN:
                raise NotNow("there is no offer that you could accept now")
            plan = self.answers.plan(row, terms, "debtor")
            row.pending, row.status, row.asked = plan.model_dump(mode="json"), Status.CONFIRMING.value, None
            audit.record(session, "debtor", "would accept", negotiation_id, plan=plan.id)
            return plan

        return self.database.transaction(work)

    def reconsider(self, negotiation_id: str) -> None:
        """The debtor does not confirm a plan, or not that it ends; the conversation goes on.

        Raises:
            NotThere: no such negotiation.
        """

        def work(session: Session) -> None:
            row = row_of(session, negotiation_id)
            if Status(row.status) is Status.CONFIRMING:
                row.pending, row.status = None, Status.OPEN.value
                audit.record(session, "debtor", "did not confirm", negotiation_id)
            elif Status(row.status) is Status.OPEN and asks_to_leave(row):
                row.asked = Asked.model_validate(row.asked).then(None).model_dump(mode="json")
                audit.record(session, "debtor", "stays", negotiation_id)

        self.database.transaction(work)

    def correct(self, negotiation_id: str, position: int) -> None:
        """What the debtor's latest message was taken to mean was not meant, and does not count.

        Raises:
            NotThere: no such negotiation.
            NotNow: there is nothing at this position that could still be taken back.
        """
        self.database.transaction(partial(take_back, negotiation_id=negotiation_id, position=position))

    def decline(self, negotiation_id: str, actor: str = "debtor") -> None:
        """The debtor, or an operator, ends it; whatever waited for a confirmation is void.

        Raises:
            NotThere: no such negotiation.
            NotNow: it has been agreed.
        """

        def work(session: Session) -> None:
            row = row_of(session, negotiation_id)
            if Status(row.status) is Status.AGREED:
                raise NotNow("the plan has been agreed; if it cannot be kept, write to or call the creditor")
            if Status(row.status) not in (Status.DECLINED, Status.STOPPED):
                row.status, row.pending, row.asked = Status.DECLINED.value, None, None
                close_queue(session, negotiation_id)
                audit.record(session, actor, "declined", negotiation_id)

        self.database.transaction(work)

    def ask_for_a_person(self, negotiation_id: str, actor: str = "debtor") -> None:
        """The program falls silent and a person is asked for.

        Raises:
            NotThere: no such negotiation.
        """

        def work(session: Session) -> None:
            row = row_of(session, negotiation_id)
            if Status(row.status).automated:
                hand_over(session, row, HANDED_OVER, ())
                audit.record(session, actor, "asked for a person", negotiation_id)

        self.database.transaction(work)

    def waiting(self) -> list[str]:
        """Ids of the negotiations that owe somebody an answer and that nobody is answering."""
        owed = (
            select(NegotiationRow.id)
            .outerjoin(MessageRow, MessageRow.negotiation_id == NegotiationRow.id)
            .where(NegotiationRow.status.in_([one.value for one in Status if one.automated]))
            .where(or_(NegotiationRow.lease_until.is_(None), NegotiationRow.lease_until < now()))
            .group_by(NegotiationRow.id)
            .having(or_(func.count(MessageRow.id) == 0, UNANSWERED > 0))
        )
        with self.database.reading() as session:
            return list(session.scalars(owed))

    # --- answering

    @spans.turn
    def answer(self, negotiation_id: str) -> bool:
        """Answer what waits, oldest first; False where another process is at it or nothing waits.

        Raises:
            NotThere: no such negotiation.
            InfrastructureFailure: the model could not be reached; what waits goes on waiting.
        """
        taken = partial(self._taken, negotiation_id)
        owed = self.database.transaction(taken, durable=False)  # after a power cut nobody holds a lease
        if owed is None:
            return False
        held = True
        try:
            while owed is not None:
                reply = self.answers.reply(*owed)
                held = self.database.transaction(partial(self._write, owed=owed, reply=reply))
                owed = self._owed_still(negotiation_id) if held else None
            return True
        finally:
            if held:
                self.leases.release(negotiation_id)

    def _taken(self, negotiation_id: str, session: Session) -> Owed | None:
        """What is to be answered, with the lease taken; None if nothing is, or another process is at it."""
        row = row_of(session, negotiation_id)
        owed = _owed(row, messages_of(session, negotiation_id))
        return owed if owed is not None and self.leases.take(row) else None

    def _owed_still(self, negotiation_id: str) -> Owed | None:
        with self.database.reading() as session:
            return _owed(row_of(session, negotiation_id), messages_of(session, negotiation_id))

    def _write(self, session: Session, owed: Owed, reply: Reply) -> bool:
        """Store an answer; whether there is more to answer, so that the lease is still held."""
        before, _, waiting = owed
        row = row_of(session, before.id)
        unanswered = unanswered_of(session, row.id)
        asked = None
        if waiting is not None:
            asked = next((one for one in unanswered if one.id == waiting.id), None)
            if asked is None:  # another process has answered it
                return True
            unanswered.remove(asked)
        # It may have been ended meanwhile, or what came while the program thought asks for something else first.
        speaks = Status(row.status).automated and not silencing(session, row)
        if speaks and any(_asks_first(one) for one in unanswered):
            if asked is not None:
                asked.answered = True
            audit.record(session, "program", "held back", row.id, position=asked.position if asked else 0)
            return True
        for message in reply.messages if speaks else ():  # first: each asks for the highest position
            stored(session, row.id, Sender(message.sender), message.text, turn=message.turn, findings=message.findings)
        if asked is not None:
            asked.answered = True
        if not speaks:
            close_queue(session, row.id)
            return True
        self._keep_what_was_read(session, row, reply)
        row.status = reply.status.value
        row.asked = reply.asked.model_dump(mode="json") if reply.asked and reply.asked != Asked() else None
        row.pending = reply.pending.model_dump(mode="json") if reply.pending else None
        if reply.memory is not None:
            row.memory = reply.memory.model_dump(mode="json")
        if not unanswered:
            self.leases.end(row)
        if not Status(row.status).automated:
            close_queue(session, row.id)
        rules = [one["rule"] for message in reply.messages for one in message.findings]
        audit.record(session, "program", "answered", row.id, status=row.status, rules=rules)
        if reply.found and reply.read is not None:
            record_noticed(session, row, reply.read.position, reply.found)
            quiet_others(session, row, [one for one in reply.found if one.silences])
        return bool(unanswered)

    def _keep_what_was_read(self, session: Session, row: NegotiationRow, reply: Reply) -> None:
        if reply.read is None:
            return
        read = session.get_one(MessageRow, reply.read.id)
        read.turn, read.understood, read.findings = reply.read.turn, reply.read.understood, reply.read.findings
        add_findings(session, row, read.position, reply.found)


def _owed(row: NegotiationRow, messages: list[MessageRow]) -> Owed | None:
    """What is to be answered next, None if nothing is."""
    waiting = next((one for one in messages if not one.answered), None)
    if not Status(row.status).automated or (waiting is None and messages):
        return None
    return row, messages, waiting


def asks_to_leave(row: NegotiationRow) -> bool:
    """Whether the debtor was asked if the conversation is to end."""
    return row.asked is not None and Asked.model_validate(row.asked).what == "leave"


def _asks_first(message: MessageRow) -> bool:
    """Whether a waiting message has something in it that the debtor is to be asked about before an offer leaves."""
    return any(not one.get("sure", True) and Outcome(one["action"]).silences for one in message.findings)
