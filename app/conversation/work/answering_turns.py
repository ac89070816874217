"""One turn at answering: a lease, the oldest message that waits, its answer, stored under that lease or not at all."""

from __future__ import annotations

from enum import IntEnum
from functools import partial

from sqlalchemy.orm import Session

from app.conduct.outgoing import may_begin
from app.conversation.answering import Answers, Reply
from app.conversation.counters import TRIES_USED_UP
from app.conversation.leases import Leases, end, held_by
from app.conversation.receiving import HANDED_OVER, quiet_others, record_noticed
from app.conversation.work.blame import Blame, pause_s
from app.database import audit_log as audit
from app.database.asked import Asked
from app.database.case_findings import add_findings, silencing
from app.database.stored_rows import asks_first, close_queue, hand_over, messages_of, row_of, stored, unanswered_of
from app.database.tables import MessageRow, NegotiationRow, Sender, Status, now
from app.database.transactions import Database

MOST_TRIES = 3
"""A message that so many tries did not answer goes to a person."""
Owed = tuple[NegotiationRow, list[MessageRow], MessageRow | None]
"""A negotiation, its messages, and the one to answer; None at the opening."""


class Answered(IntEnum):
    """What came of a turn at answering."""

    NOTHING = 0
    """Another thread is at it, or nothing waits."""
    DONE = 1
    MORE = 2
    """And another message waits."""


class Turns:
    """Answers, one message at a time; safe for threads and for several processes.

    Args:
        database: where negotiations are kept.
        answers: what is answered.
    """

    def __init__(self, database: Database, answers: Answers) -> None:
        self.database, self.answers = database, answers
        self.leases = Leases(database)
        self.blame = Blame()

    def answer(self, negotiation_id: str) -> Answered:
        """Answer the oldest message that waits; what `MOST_TRIES` did not answer is handed over.

        Raises:
            NotThere: no such negotiation.
            InfrastructureFailure: the model could not be reached, or rejected the call; what waits goes on waiting.
            Exception: what else failed; it goes on waiting too.
        """
        taken = partial(self._taken, negotiation_id)
        found = self.database.transaction(taken, durable=False)  # after a power cut nobody holds a lease
        if isinstance(found, Answered):
            return found
        owed, lease = found
        with self.leases.kept(lease):
            try:
                reply = self.answers.reply(*owed)
                answered = self.database.transaction(partial(self._write, owed=owed, reply=reply, lease=lease))
            except BaseException as error:
                its_own = self.blame.is_its_own(negotiation_id, error)
                self.database.transaction(partial(self._failed, negotiation_id, lease, error, its_own))
                raise
        self.blame.answered(negotiation_id)
        return answered

    def _taken(self, negotiation_id: str, session: Session) -> tuple[Owed, str] | Answered:
        """What is to be answered, with a lease on it, and what came of it where there is nothing to do."""
        row = row_of(session, negotiation_id)
        owed = self._owed(row, messages_of(session, negotiation_id))
        lease = self.leases.take(row) if owed is not None else None
        if owed is None or lease is None:
            return Answered.NOTHING
        if row.tries >= MOST_TRIES:  # each time its process died
            _give_up(session, row)
            return Answered.DONE
        row.tries += 1
        return owed, lease

    def _owed(self, row: NegotiationRow, messages: list[MessageRow]) -> Owed | None:
        """What is to be answered next, None if nothing is; who writes before the opening gets the opening first."""
        waiting = [one for one in messages if not one.answered]
        if not Status(row.status).automated or (not waiting and (messages or not self._may_open(row))):
            return None
        opened = any(one.sender != Sender.DEBTOR for one in messages)
        if not waiting or not (opened or any(asks_first(one) for one in waiting)):
            return row, messages, None
        return row, messages, waiting[0]

    def _may_open(self, row: NegotiationRow) -> bool:
        """Whether it is time to write to a debtor who has not written: an outage may have delayed it into the night."""
        for_contact = row.asked is not None and Asked.model_validate(row.asked).for_contact
        return for_contact or may_begin(self.answers.house.profile, now(), row.timezone) is None

    def _failed(self, negotiation_id: str, lease: str, error: BaseException, its_own: bool, session: Session) -> None:
        """Let the next try come, or a person where there was the last one."""
        row = row_of(session, negotiation_id)
        if not held_by(row, lease):
            return
        if not its_own:
            row.tries -= 1
        end(row, pause_s(error, its_own=its_own))
        if row.tries >= MOST_TRIES and self._owed(row, messages_of(session, negotiation_id)) is not None:
            _give_up(session, row)

    def _write(self, session: Session, owed: Owed, reply: Reply, lease: str) -> Answered:
        """Store an answer; nothing where the lease was lost, since another thread may have answered."""
        before, _, waiting = owed
        row = row_of(session, before.id)
        if not held_by(row, lease):
            return Answered.NOTHING
        unanswered, silent = unanswered_of(session, row.id), silencing(session, row)
        end(row)
        row.tries = 0
        asked = next((one for one in unanswered if waiting is not None and one.id == waiting.id), None)
        if waiting is not None and asked is None and not _silences_a_plan(row, reply):  # a button has settled it
            return Answered.MORE if unanswered else Answered.DONE
        if waiting is None and not unanswered and not self._may_open(row):  # the model took long, and it is late now
            return Answered.NOTHING
        unanswered = [one for one in unanswered if one is not asked]
        # It may have been ended meanwhile, or what came while the program thought asks for something else first.
        speaks = Status(row.status).automated and not silent
        if speaks and any(asks_first(one) for one in unanswered):
            if asked is not None:
                asked.answered = True
            audit.record(session, "program", "held back", row.id, position=waiting.position if waiting else 0)
            return Answered.MORE
        for message in reply.messages if speaks else ():  # first: each asks for the highest position
            stored(session, row.id, Sender(message.sender), message.text, turn=message.turn, findings=message.findings)
        if asked is not None:
            asked.answered = True
        if not speaks:
            close_queue(session, row.id)
            return Answered.DONE
        self._keep_what_was_read(session, row, reply)
        self._keep_where_it_stands(row, reply)
        if not Status(row.status).automated:
            close_queue(session, row.id)
        rules = [one["rule"] for message in reply.messages for one in message.findings]
        position = waiting.position if waiting else 0
        audit.record(session, "program", "answered", row.id, position=position, status=row.status, rules=rules)
        if reply.found and reply.read is not None:
            record_noticed(session, row, reply.read.position, reply.found)
            quiet_others(session, row, [one for one in reply.found if one.silences])
        return Answered.MORE if unanswered and Status(row.status).automated else Answered.DONE

    def _keep_where_it_stands(self, row: NegotiationRow, reply: Reply) -> None:
        row.status = reply.status.value
        row.asked = reply.asked.model_dump(mode="json") if reply.asked and reply.asked != Asked() else None
        row.pending = reply.pending.model_dump(mode="json") if reply.pending else None
        row.unreadable = row.unreadable + 1 if reply.unreadable else 0
        if reply.is_aside:
            row.asides += 1
        if reply.memory is not None:
            row.memory = reply.memory.model_dump(mode="json")

    def _keep_what_was_read(self, session: Session, row: NegotiationRow, reply: Reply) -> None:
        if reply.read is None:
            return
        read = session.get_one(MessageRow, reply.read.id)
        read.turn, read.understood, read.findings = reply.read.turn, reply.read.understood, reply.read.findings
        add_findings(session, row, read.position, reply.found)


def _silences_a_plan(row: NegotiationRow, reply: Reply) -> bool:
    """Whether what was read in a message must be obeyed although its debtor has meanwhile accepted the offer."""
    return row.pending is not None and any(one.silences for one in reply.found)


def _give_up(session: Session, row: NegotiationRow) -> None:
    """Leave what no try could answer to a person."""
    end(row)
    row.tries = 0
    hand_over(session, row, HANDED_OVER, ())
    audit.record(session, "service", "handed over", row.id, tries=MOST_TRIES)
    TRIES_USED_UP.inc()
