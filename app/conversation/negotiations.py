"""A negotiation with a person: every message is stored before it is answered, and nothing binds before it is confirmed.

The record is the truth: a seat is taken anew for each answer, from the stored turns and what the seat remembered. So a
restart goes on where the service was, whichever process answers next. One thread at a time answers a negotiation: it
holds a lease (`app.conversation.leases`), and writes nothing that it thought of under a lease that it lost.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.conduct.outgoing import may_begin
from app.conduct.signals import noticed
from app.conversation.answering import Answers
from app.conversation.changes import Changes
from app.conversation.house import House
from app.conversation.leases import is_free
from app.conversation.plans.agreeing import ANEW, confirm_plan, take_offer
from app.conversation.plans.repayment_plan import Plan
from app.conversation.receiving import HANDED_OVER, receive_message, take_back
from app.conversation.work.answering_turns import Answered, Turns
from app.database import audit_log as audit
from app.database.asked import Asked
from app.database.case_findings import require_free
from app.database.stored_rows import (
    UNANSWERED,
    CannotBe,
    NotNow,
    close_queue,
    hand_over,
    knows_language,
    reopen_queue,
    row_of,
    speak_from_now,
    view_of,
)
from app.database.tables import MessageRow, NegotiationRow, Status, now
from app.database.transactions import Database
from app.telemetry import spans
from plumbing.clock import zone_named
from plumbing.plain_text import normalised
from wording import say

MAX_MESSAGE_CHARS = 2000


class Negotiations:
    """All negotiations of one service; safe for threads and for several processes.

    Args:
        database: where they are kept.
        house: what they are led with.
    """

    def __init__(self, database: Database, house: House) -> None:
        self.database, self.house = database, house
        self.answers = Answers(house)
        self.turns = Turns(database, self.answers)
        self.changes = Changes(database)
        database.speak_by(house.profile)

    # --- what a debtor, an operator or a clock may do

    def start(
        self,
        case_id: str,
        timezone: str = "",
        *,
        asked_for: bool = False,
        actor: str = "service",
        language: str | None = None,
    ) -> str:
        """Open a negotiation with a debtor of the book; returns its id. The creditor opens with the first answer.

        Args:
            case_id: of the book.
            timezone: IANA name of the debtor's local time, for the hours of contact; empty where nobody knows it, and
                then the hours are those that are allowed in every zone of the profile's.
            asked_for: whether the debtor is there and asked, so that the hours do not matter.
            actor: who started it, for the audit log.
            language: BCP 47 tag of what is to be spoken; None: what the account says, or the house's own.

        Raises:
            CannotBe: no such case or time zone, or a language without a catalogue.
            NotNow: it is no time to write to this debtor, or a finding binds the case until an operator lifts it.
        """
        try:
            case = self.house.case_view(case_id)
            timezone = timezone or self.house.timezone_of(case_id)
            zone_named(timezone or "UTC")
        except ValueError as error:
            raise CannotBe(say("there is no time zone of this name; write one such as Europe/London")) from error
        spoken = self.house.language_for(case, language)
        debtor = case.debtor.model_dump(mode="json") | ({"language": spoken} if language else {})
        row = NegotiationRow(
            case_id=case_id,
            view=case.model_dump(mode="json") | {"debtor": debtor},
            artifact=self.house.artifact,
            program_sha256=self.house.program_sha256,
            lm=self.house.lm_name,
            profile=self.house.profile.id,
            timezone=timezone,
            language=spoken,
            asked=Asked(for_contact=True).model_dump(mode="json") if asked_for else None,
        )

        def work(session: Session) -> str:
            require_free(session, case_id)
            if not asked_for and (against := may_begin(self.house.profile, now(), timezone)) is not None:
                raise NotNow(say("not now: {why} ({source})", why=against.excerpt, source=against.source))
            session.add(row)
            session.flush()
            audit.record(session, actor, "started", row.id, program=self.house.program_sha256)
            return row.id

        spans.awaited(found := self.database.transaction(work))
        return found

    def receive(
        self,
        negotiation_id: str,
        text: str,
        key: str | None = None,
        admit: Callable[[NegotiationRow], None] = lambda _: None,
    ) -> int:
        """Store a debtor's message, and obey at once what it gives notice of; returns its position.

        Args:
            negotiation_id: in which it is said.
            text: the message.
            key: the sender's own name of it; the same key again is the same message.
            admit: raises what speaks against the sender, in the transaction that stores the message.

        Raises:
            NotThere: no such negotiation.
            NotNow: the message is empty, too long, or the negotiation is over.
        """
        said = text.strip()
        if not said:
            raise NotNow(say("the message is empty"))
        # what rules and readers see is the message in plain letters, and one character can stand for eighteen of them
        if (number := max(len(said), len(normalised(said, keep_newlines=True)))) > MAX_MESSAGE_CHARS:
            raise NotNow(
                say("the message has {number} characters; write at most {most}", number=number, most=MAX_MESSAGE_CHARS)
            )

        spans.awaited(negotiation_id)
        found = noticed(said, self.house.profile)

        def work(session: Session) -> int:
            row = row_of(session, negotiation_id)
            admit(row)
            return receive_message(session, row, said, key, found)

        return self.database.transaction(work)

    def confirm(self, negotiation_id: str, plan_id: str) -> Plan:
        """The debtor agrees to the plan of that id; from here on it binds. Twice is once.

        Raises:
            NotThere: no such negotiation.
            NotNow: there is nothing to confirm, or another plan than this; a plan whose first day has passed has been
                made anew.
        """

        confirming = partial(confirm_plan, negotiation_id=negotiation_id, plan_id=plan_id)
        plan, binds = self.database.transaction(confirming)
        if not binds:
            raise NotNow(say(ANEW))
        return plan

    def accept_offer(self, negotiation_id: str) -> Plan:
        """The debtor would take the creditor's offer as it stands; returns the plan to be confirmed.

        Raises:
            NotThere: no such negotiation.
            NotNow: there is no offer to take.
        """

        taking = partial(take_offer, negotiation_id=negotiation_id)
        return self.database.transaction(taking)

    def reconsider(self, negotiation_id: str) -> None:
        """The debtor does not confirm a plan, or not that it ends; the conversation goes on.

        Raises:
            NotThere: no such negotiation.
        """

        def work(session: Session) -> None:
            row = row_of(session, negotiation_id)
            if Status(row.status) is Status.CONFIRMING:
                row.pending, row.status = None, Status.OPEN.value
                before = Asked.model_validate(row.asked) if row.asked else Asked()
                reopen_queue(session, negotiation_id, before.settled)
                row.asked = before.then(before.what, before.rule, before.position).model_dump(mode="json")
                audit.record(session, "debtor", "did not confirm", negotiation_id)
            elif Status(row.status) is Status.OPEN and asks_to_leave(row):
                row.asked = Asked.model_validate(row.asked).then(None).model_dump(mode="json")
                audit.record(session, "debtor", "stays", negotiation_id)

        self.database.transaction(work)

    def speak(self, negotiation_id: str, language: str) -> None:
        """The debtor wants to be spoken to in another language from here on; what was said stays as it was said.

        Raises:
            NotThere: no such negotiation.
            CannotBe: it is no language, or there is no catalogue for it.
        """

        def work(session: Session) -> None:
            row = row_of(session, negotiation_id)
            tag = self.house.language_for(view_of(row), language)
            if tag != row.language or not knows_language(row):
                speak_from_now(row, tag)
                audit.record(session, "debtor", "chose a language", negotiation_id, language=tag)

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
                raise NotNow(say("the plan has been agreed; if it cannot be kept, write to or call the creditor"))
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
        """Ids of the negotiations that owe somebody an answer and that nobody answers, who has waited longest first."""
        oldest = func.coalesce(func.min(MessageRow.id).filter(MessageRow.answered.is_(False)), 0)
        owed = (
            select(NegotiationRow.id)
            .outerjoin(MessageRow, MessageRow.negotiation_id == NegotiationRow.id)
            .where(NegotiationRow.status.in_([one.value for one in Status if one.automated]))
            .where(is_free())
            .group_by(NegotiationRow.id)
            .having(or_(func.count(MessageRow.id) == 0, UNANSWERED > 0))
            .order_by(oldest, NegotiationRow.created)
        )
        with self.database.reading() as session:
            return list(session.scalars(owed))

    @spans.turn
    def answer(self, negotiation_id: str) -> Answered:
        """Answer the oldest message that waits (`app.conversation.work.answering_turns`)."""
        return self.turns.answer(negotiation_id)


def asks_to_leave(row: NegotiationRow) -> bool:
    """Whether the debtor was asked if the conversation is to end."""
    return row.asked is not None and Asked.model_validate(row.asked).what == "leave"
