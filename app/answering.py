"""What the program answers: signals first, then what the words mean, then its own turn, then the rules of conduct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.conduct.outgoing import checked
from app.conduct.profile import Outcome
from app.conduct.signals import noticed
from app.house import House
from app.plans import Plan, plan_of
from app.records import MessageRow, NegotiationRow, Sender, Status
from app.store import message, signal_finding, spoken, today_of, turns_of, view_of
from data.domain import MoveKind, Speaker, Terms, Turn
from programs import words
from programs.failures import ProgramFault
from programs.guard import guarded
from programs.seat import SeatMemory
from programs.table import TableState, completed, view
from programs.understanding import NotClear, Understood, understand

HANDED_OVER = "A person will take over from here; you will hear from them."
ROUNDS_USED_UP = "We have not found a plan in this conversation. A person will look at your case and get in touch."
CONFIRM = "That would be the plan below. Nothing is agreed until you have read it and confirmed it."
SILENCING = {
    Outcome.STOP: Status.STOPPED,
    Outcome.HAND_OVER: Status.WITH_A_PERSON,
    Outcome.PAUSE: Status.WITH_A_PERSON,
}
"""Signals after which the program says no more, and where they leave the negotiation."""


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
        """What the program answers; sets the turn and the findings of the message that it answers."""
        turns = turns_of(messages)
        if waiting is None:
            return self._creditor_turn(row, turns, first=True)
        found = noticed(waiting.text, self.house.profile)
        waiting.findings = [signal_finding(one) for one in found]
        if found and (status := SILENCING.get(found[0].signal.outcome)) is not None:
            return Reply((message(Sender.SERVICE, found[0].signal.reply or HANDED_OVER),), status)
        said = tuple(message(Sender.SERVICE, one.signal.reply) for one in found if one.signal.reply)
        table = view(turns, Speaker.DEBTOR, self.house.program.settings.policy)
        try:
            meant = self._understood(waiting.text, table, row)
        except NotClear as question:
            return Reply((*said, message(Sender.SERVICE, str(question))), Status.OPEN)
        if meant.leaves:
            return Reply((*said, message(Sender.SERVICE, HANDED_OVER)), Status.DECLINED)
        if meant.move.kind is MoveKind.ACCEPT and table.theirs is not None:
            plan = self.plan(row, table.theirs, "debtor")
            return Reply((*said, message(Sender.SERVICE, CONFIRM)), Status.CONFIRMING, pending=plan)
        turn = completed(
            Turn(
                speaker=Speaker.DEBTOR, move=meant.move, dialogue=words.heard(waiting.text), disclosed=meant.disclosed
            ),
            table,
        )
        waiting.turn = turn.model_dump(mode="json")
        reply = self._creditor_turn(row, (*turns, turn), first=False)
        return replace(reply, messages=(*said, *reply.messages))

    def _understood(self, text: str, table: TableState, row: NegotiationRow) -> Understood:
        offer = words.package(table.theirs) if table.theirs else "none yet"
        try:
            reading = self.house.reader(offer, text)
        except ProgramFault:
            raise NotClear("I could not make that out. Could you say it in other words?") from None
        return understand(reading, text, table, view_of(row).debt.currency)

    def _creditor_turn(self, row: NegotiationRow, turns: tuple[Turn, ...], *, first: bool) -> Reply:
        policy = self.house.program.settings.policy
        table = view(turns, Speaker.CREDITOR, policy)
        if table.round > policy.round_limit:
            return Reply((message(Sender.SERVICE, ROUNDS_USED_UP),), Status.EXHAUSTED)
        seat = self.house.program.seat(view_of(row), 0)
        seat.recall(SeatMemory.model_validate(row.memory))
        try:
            with self.house.playing():
                turn = guarded(seat.next_turn(table), table.own, table.theirs, policy)
        except ProgramFault:
            return Reply((message(Sender.SERVICE, HANDED_OVER),), Status.WITH_A_PERSON)
        found = checked(turn.dialogue, self.house.profile, first=first)
        if found.blocked:
            return Reply((message(Sender.SERVICE, HANDED_OVER, found.findings),), Status.WITH_A_PERSON)
        if turn.move.kind is MoveKind.ACCEPT and table.theirs is not None:
            plan = self.plan(row, table.theirs, "creditor")
            return Reply((message(Sender.SERVICE, CONFIRM),), Status.CONFIRMING, seat.memory, plan)
        return Reply((spoken(turn, found),), Status.OPEN, seat.memory)

    def plan(self, row: NegotiationRow, terms: Terms, accepted_by: str) -> Plan:
        """The plan that `terms` mean if they are agreed on the debtor's today."""
        return plan_of(terms, view_of(row).debt, today_of(row), accepted_by)
