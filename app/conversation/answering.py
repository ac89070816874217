"""What the program answers: signals first, then what the words mean, then its own turn, then the rules of conduct.

Between the record and the model stands `app.privacy.redaction`: the model reads and writes placeholders where the
record has personal data, and what is checked before it leaves is what the model wrote.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.conduct.outgoing import Checked, checked
from app.conduct.own_words import Private
from app.conduct.profile import Outcome
from app.conduct.signals import noticed
from app.conversation.house import House
from app.conversation.plans import Plan, plan_of
from app.database.stored_rows import message, signal_finding, spoken, today_of, view_of
from app.database.tables import MessageRow, NegotiationRow, Sender, Status
from app.privacy.personal_data import plain
from app.privacy.redaction import Redaction
from data.domain import Debt, MoveKind, Speaker, Turn
from data.terms import Terms
from programs.creditor.seat import SeatMemory
from programs.reader.understanding import understand
from programs.reader.understood import NotClear, Understood
from programs.table import words
from programs.table.failures import InfrastructureFailure, ProgramFault
from programs.table.guard import guarded
from programs.table.runner import TableState, completed, view

HANDED_OVER = "A person will take over from here; you will hear from them."
LEFT = "Understood. This conversation ends without an agreement; to take it up again, write to or call the creditor."
ROUNDS_USED_UP = "We have not found a plan in this conversation. A person will look at your case and get in touch."
CONFIRM = "That would be the plan below. Nothing is agreed until you have read it and confirmed it."
SILENCING = {
    Outcome.STOP: Status.STOPPED,
    Outcome.HAND_OVER: Status.WITH_A_PERSON,
    Outcome.PAUSE: Status.WITH_A_PERSON,
}
"""Signals after which the program says no more, and where they leave the negotiation."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """What an answer changes."""

    messages: tuple[MessageRow, ...]
    status: Status
    memory: SeatMemory | None = None
    pending: Plan | None = None


class Answers:
    """Answers from a negotiation's record; writes nothing.

    Args:
        house: what negotiations are led with.
    """

    def __init__(self, house: House) -> None:
        self.house = house

    def reply(self, row: NegotiationRow, messages: Sequence[MessageRow], waiting: MessageRow | None) -> Reply:
        """What the program answers; sets the turn and the findings of the message that it answers.

        Raises:
            InfrastructureFailure: the model could not be reached. Any other failure hands over to a person: the same
                message would fail again, and its debtor would wait for ever.
        """
        try:
            return self._reply(row, messages, waiting)
        except InfrastructureFailure:
            raise
        except Exception:
            logger.exception("negotiation %s is handed over: its message could not be answered", row.id)
            return Reply((message(Sender.SERVICE, HANDED_OVER),), Status.WITH_A_PERSON)

    def _reply(self, row: NegotiationRow, messages: Sequence[MessageRow], waiting: MessageRow | None) -> Reply:
        case = view_of(row)
        redaction = Redaction.of(case, messages) if self.house.redact else Redaction()
        turns = redaction.turns(messages)
        if waiting is None:
            return self._creditor_turn(row, turns, redaction, first=True)
        found = noticed(waiting.text, self.house.profile)
        waiting.findings = [signal_finding(one) for one in found]
        if found and (status := SILENCING.get(found[0].signal.outcome)) is not None:
            return Reply((message(Sender.SERVICE, found[0].signal.reply or HANDED_OVER),), status)
        said = tuple(message(Sender.SERVICE, one.signal.reply) for one in found if one.signal.reply)
        table = view(turns, Speaker.DEBTOR, self.house.program.settings.policy)
        written = plain(waiting.text)
        heard = redaction.hidden(written)
        try:
            meant = self._understood(heard, table, case.debt, today_of(row))
        except NotClear as question:
            return Reply((*said, message(Sender.SERVICE, str(question))), Status.OPEN)
        if meant.leaves:
            return Reply((*said, message(Sender.SERVICE, LEFT)), Status.DECLINED)
        if meant.move.kind is MoveKind.ACCEPT and table.theirs is not None:
            plan = self.plan(row, table.theirs, "debtor")
            return Reply((*said, message(Sender.SERVICE, CONFIRM)), Status.CONFIRMING, pending=plan)
        turn = completed(
            Turn(speaker=Speaker.DEBTOR, move=meant.move, dialogue=words.heard(heard), disclosed=meant.disclosed),
            table,
        )
        as_written = turn.model_copy(update={"dialogue": words.heard(written)})
        waiting.turn = as_written.model_dump(mode="json")
        reply = self._creditor_turn(row, (*turns, turn), redaction, first=False)
        return replace(reply, messages=(*said, *reply.messages))

    def _understood(self, text: str, table: TableState, debt: Debt, today: date) -> Understood:
        offer = words.package(table.theirs) if table.theirs else "none yet"
        try:
            with self.house.playing():
                reading = self.house.reader(offer, text, debt.currency)
        except ProgramFault:
            raise NotClear("I could not make that out. Could you say it in other words?") from None
        return understand(text, reading, table, debt.currency, debt.outstanding, today)

    def _creditor_turn(
        self, row: NegotiationRow, turns: tuple[Turn, ...], redaction: Redaction, *, first: bool
    ) -> Reply:
        """The program's turn; `turns` are as the model may read them."""
        policy = self.house.program.settings.policy
        table = view(turns, Speaker.CREDITOR, policy)
        if table.round > policy.round_limit:
            return Reply((message(Sender.SERVICE, ROUNDS_USED_UP),), Status.EXHAUSTED)
        seat = self.house.program.seat(redaction.view(view_of(row)), 0)
        seat.recall(SeatMemory.model_validate(row.memory))
        try:
            with self.house.playing() as told:
                turn = guarded(seat.next_turn(table), table.own, table.theirs, policy)
        except ProgramFault:
            return Reply((message(Sender.SERVICE, HANDED_OVER),), Status.WITH_A_PERSON)
        if turn.move.kind is MoveKind.ACCEPT and table.theirs is not None:
            plan = self.plan(row, table.theirs, "creditor")
            return Reply((message(Sender.SERVICE, CONFIRM),), Status.CONFIRMING, seat.memory, plan)
        found = self._checked(turn, table, told, redaction, first=first)
        if found.blocked:
            return Reply((message(Sender.SERVICE, HANDED_OVER, found.findings),), Status.WITH_A_PERSON)
        as_known = turn.model_copy(update={"thoughts": redaction.shown(turn.thoughts) if turn.thoughts else None})
        leaving = replace(found, said=redaction.shown(found.said), text=redaction.shown(found.text))
        return Reply((spoken(as_known, leaving),), Status.OPEN, seat.memory)

    def _checked(
        self, turn: Turn, table: TableState, told: Sequence[str], redaction: Redaction, *, first: bool
    ) -> Checked:
        """The turn's words after the rules, held against what the model was told."""
        stands = turn.move.terms.over(table.own) if turn.move.terms else table.own
        offers = [words.statement(turn.move.kind, stands, repeated) for repeated in (True, False)] if stands else []
        stated = (*offers, *words.QUESTIONS.values())
        seen = (*(one.dialogue for one in table.turns), *stated)
        private = Private.of(told, turn.thoughts or "", seen, redaction.placeholders)
        return checked(turn.dialogue, self.house.profile, first=first, stated=stated, private=private)

    def plan(self, row: NegotiationRow, terms: Terms, accepted_by: str) -> Plan:
        """The plan that `terms` mean if they are agreed on the debtor's today."""
        return plan_of(terms, view_of(row).debt, today_of(row), accepted_by)
