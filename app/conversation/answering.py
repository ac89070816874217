"""What the program answers: signals first, then what the words mean, then its own turn, then the rules of conduct.

Between the record and the model stands `app.privacy.redaction`: the model reads and writes placeholders where the
record has personal data, and what is checked before it leaves is what the model wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from app.conduct.outgoing import Checked, checked
from app.conduct.own_words import Private
from app.conduct.signals import Noticed, but_for_its_language, joined, noticed, read_signals
from app.conversation.house import House
from app.conversation.plans.plan_text import offers_stated, said_back, with_amounts
from app.conversation.plans.repayment_plan import Plan, plan_of
from app.conversation.receiving import HANDED_OVER, reply_to, silenced_status
from app.database.asked import Asked
from app.database.stored_rows import message, signal_finding, speaking_to, spoken, today_of, view_of
from app.database.tables import MessageRow, NegotiationRow, Sender, Status
from app.privacy.personal_data import plain
from app.privacy.redaction import Redaction
from app.telemetry.spans import span
from data.domain import Debt, Move, MoveKind, Speaker, Turn
from data.terms import Terms
from programs.creditor.seat import SeatMemory
from programs.reader.readers import hear
from programs.reader.understood import NotClear, ReadSignal, Understood
from programs.reader.yes_no import said_yes
from programs.table import words
from programs.table.failures import ProgramFault
from programs.table.guard import guarded
from programs.table.runner import TableState, completed, view
from wording import mark, say, sentences

LEFT = mark(
    "Understood. This conversation ends without an agreement; to take it up again, write to or call the creditor."
)
LEAVE = mark(
    "Do you want to end this conversation without an agreement? You would still owe the debt. Answer yes to end it; "
    "answer no, or just write on, and we go on."
)
GOES_ON = mark("I understood: the conversation goes on.")
NOT_SURE = mark("I am not sure what you mean, and want to get this right.")
UNREADABLE = mark("I could not make that out. Could you say it in other words?")
MISREAD = mark("If that is not what you mean, say it in other words.")
MOST_UNREADABLE = 3
"""So many messages in a row that cannot be read go to a person."""
ROUNDS_USED_UP = mark(
    "We have not found a plan in this conversation. A person will look at your case and get in touch."
)
CONFIRM = mark("That would be the plan below. Nothing is agreed until you have read it and confirmed it.")


@dataclass(frozen=True)
class Reply:
    """What an answer changes."""

    messages: tuple[MessageRow, ...]
    status: Status
    memory: SeatMemory | None = None
    pending: Plan | None = None
    asked: Asked | None = None
    found: tuple[Noticed, ...] = ()
    """Signals that were noticed only now: by the reader, or because the debtor said so when asked."""
    read: MessageRow | None = None
    """The message that was read, with what it meant: the one that waited, or that a no was an answer about."""
    unreadable: bool = False
    """The model could not read the message."""

    @property
    def is_aside(self) -> bool:
        """Whether the talk goes on without a turn of the program: a question, a note, a plan to be confirmed."""
        return self.status.automated and all(one.turn is None for one in self.messages)


@dataclass(frozen=True)
class HeardMessage:
    """A message as it is answered."""

    row: MessageRow
    asked: Asked
    """What was asked before it; `what` is None where it is no answer to that."""
    found: tuple[Noticed, ...]
    stays: bool = False
    """It says no to the question whether the conversation ends."""


class Unreadable(NotClear):
    """The model's reading of a message could not be used."""


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
            InfrastructureFailure: the model could not be reached, or rejected the call.
        """
        with speaking_to(row):
            reply = self._reply(row, messages, waiting)
        if waiting is None or not reply.is_aside:
            return reply
        if reply.unreadable and row.unreadable + 1 >= MOST_UNREADABLE:
            return _ended(reply, HANDED_OVER, Status.WITH_A_PERSON)
        if row.asides >= self._most_asides * (2 if reply.pending else 1):  # who accepts late may still confirm
            return _ended(reply, ROUNDS_USED_UP, Status.EXHAUSTED)
        return reply

    @property
    def _most_asides(self) -> int:
        """So many messages without a turn as there are rounds: no reader, and no patience, is without end."""
        return self.house.program.settings.policy.round_limit

    def _reply(self, row: NegotiationRow, messages: Sequence[MessageRow], waiting: MessageRow | None) -> Reply:
        redaction = Redaction.of(view_of(row), messages) if self.house.redact else Redaction()
        if waiting is None:
            return self._creditor_turn(row, redaction.turns(messages), redaction)
        found = but_for_its_language(noticed(waiting.text, self.house.profile), waiting.text, row.language)
        if any(one.silences for one in found):
            return _silent(found, waiting)
        asked = Asked.model_validate(row.asked) if row.asked else Asked()
        heard = self._answered(HeardMessage(waiting, asked, found), messages)
        return heard if isinstance(heard, Reply) else self._negotiated(row, messages, heard, redaction)

    def _answered(self, heard: HeardMessage, messages: Sequence[MessageRow]) -> HeardMessage | Reply:
        """The message as an answer to what was asked, where something was."""
        asked, yes = heard.asked, said_yes(heard.row.text)
        if asked.what == "leave" and yes is not None:
            return _left(heard.row) if yes else replace(heard, asked=asked.then(None), stays=True)
        rule = next((one for one in self.house.profile.signals if one.id == asked.rule), None)
        if asked.what != "signal" or rule is None or yes is None:
            return heard
        about = next((one for one in messages if one.position == asked.position), heard.row)
        if yes:
            return _silent((Noticed(rule, about.text, ("asked",)),), heard.row)
        denied = Asked(denied=(*asked.denied, rule.id))
        found = tuple(one for one in noticed(about.text, self.house.profile) if one.signal.id != rule.id)
        return HeardMessage(about, denied, found)

    def _negotiated(
        self, row: NegotiationRow, messages: Sequence[MessageRow], heard: HeardMessage, redaction: Redaction
    ) -> Reply:
        """What the message means as a move, and the program's answer to that."""
        said = tuple(message(Sender.SERVICE, one.signal.reply) for one in heard.found if one.acts and one.signal.reply)
        kept = heard.asked.then(None)
        turns = redaction.turns(messages)
        table = view(turns, Speaker.DEBTOR, self.house.program.settings.policy)
        written = plain(heard.row.text)
        hidden = redaction.hidden(written)
        try:
            meant = self._meant(heard, hidden, table, row)
        except NotClear as question:
            asked = self._asking_back(redaction.shown(str(question)), said, heard, question.signals)
            return replace(asked, unreadable=isinstance(question, Unreadable))
        if reply := self._noticed_together(heard, meant.signals):
            return reply
        meant = replace(
            meant, sentence=redaction.shown(said_back(meant, table, partial(self.plan, row, accepted_by="creditor")))
        )
        heard.row.understood = meant.sentence
        if meant.leaves:
            if heard.asked.what == "leave":
                return _left(heard.row)
            asks = (*said, message(Sender.SERVICE, LEAVE))
            return Reply(asks, Status.OPEN, asked=heard.asked.then("leave"), read=heard.row)
        if meant.move.kind is MoveKind.ACCEPT and table.theirs is not None:
            plan = self.plan(row, table.theirs, "debtor")
            confirm = (*said, message(Sender.SERVICE, CONFIRM))
            return Reply(confirm, Status.CONFIRMING, pending=plan, asked=kept, read=heard.row)
        turn = completed(
            Turn(speaker=Speaker.DEBTOR, move=meant.move, dialogue=words.heard(hidden), disclosed=meant.disclosed),
            table,
        )
        as_written = turn.model_copy(update={"dialogue": words.heard(written)})
        heard.row.turn = as_written.model_dump(mode="json")
        reply = self._creditor_turn(row, (*turns, turn), redaction)
        answer = _said_back(reply.messages, meant) if reply.status.automated else reply.messages
        return replace(reply, messages=(*said, *answer), asked=kept, read=heard.row)

    def _meant(self, heard: HeardMessage, hidden: str, table: TableState, row: NegotiationRow) -> Understood:
        if heard.stays:
            return Understood(Move.reject(), say(GOES_ON))
        return self._understood(hidden, table, view_of(row).debt, today_of(row))

    def _asking_back(
        self, question: str, said: tuple[MessageRow, ...], heard: HeardMessage, kinds: Sequence[ReadSignal]
    ) -> Reply:
        """The reader's question; but what was noticed in the message comes first."""
        if reply := self._noticed_together(heard, kinds):
            return reply
        return Reply((*said, message(Sender.SERVICE, question)), Status.OPEN, asked=heard.asked.then(None))

    def _noticed_together(self, heard: HeardMessage, kinds: Sequence[ReadSignal]) -> Reply | None:
        """The reply to what the model noticed, joined with what was noticed before it; None where the talk goes on.

        What the model does not see stays noticed; what it sees too is sure. What the debtor has denied is noted only.
        """
        found = joined(heard.found, read_signals(kinds, self.house.profile))
        heard.row.findings = [signal_finding(one) for one in found]
        open_ = tuple(one for one in found if not one.deniable or one.signal.id not in heard.asked.denied)
        if any(one.silences for one in open_):
            return _silent(open_, heard.row)
        question = _question(replace(heard, found=open_))
        return replace(question, read=heard.row) if question else None

    def _understood(self, text: str, table: TableState, debt: Debt, today: date) -> Understood:
        try:
            with span("read"), self.house.playing():
                return hear(text, self.house.reader, table, debt, today)
        except ProgramFault:
            raise Unreadable(UNREADABLE) from None

    def _creditor_turn(self, row: NegotiationRow, turns: tuple[Turn, ...], redaction: Redaction) -> Reply:
        """The program's turn; `turns` are as the model may read them."""
        policy = self.house.program.settings.policy
        table = view(turns, Speaker.CREDITOR, policy)
        if table.round > policy.round_limit:
            return Reply((message(Sender.SERVICE, ROUNDS_USED_UP),), Status.EXHAUSTED)
        seat = self.house.program.seat(redaction.view(view_of(row)), 0)
        seat.recall(SeatMemory.model_validate(row.memory))
        try:
            with self.house.playing() as told:
                drafted = seat.next_turn(table)
            with span("guard"):
                turn = guarded(drafted, table.own, table.theirs, policy)
        except ProgramFault:
            return Reply((message(Sender.SERVICE, HANDED_OVER),), Status.WITH_A_PERSON)
        if turn.move.kind is MoveKind.ACCEPT and table.theirs is not None:
            plan = self.plan(row, table.theirs, "creditor")
            return Reply((message(Sender.SERVICE, CONFIRM),), Status.CONFIRMING, seat.memory, plan)
        first = not any(one.speaker is Speaker.CREDITOR for one in turns)  # its notices come with its first words
        with span("guard"):
            found = self._checked(turn, table, told, redaction, first=first)
        if found.blocked:
            return Reply((message(Sender.SERVICE, HANDED_OVER, found.findings),), Status.WITH_A_PERSON)
        as_known = turn.model_copy(update={"thoughts": redaction.shown(turn.thoughts) if turn.thoughts else None})
        text = with_amounts(found.text, turn, table, partial(self.plan, row, accepted_by="debtor"))
        leaving = replace(found, said=redaction.shown(found.said), text=redaction.shown(text))
        return Reply((spoken(as_known, leaving),), Status.OPEN, seat.memory)

    def _checked(
        self, turn: Turn, table: TableState, told: Sequence[str], redaction: Redaction, *, first: bool
    ) -> Checked:
        """The turn's words after the rules, held against what the model was told."""
        offers = offers_stated(turn, table)
        stated = (*offers, *map(words.question, words.QUESTIONS))
        seen = (*(one.dialogue for one in table.turns), *stated)
        private = Private.of(told, turn.thoughts or "", seen, redaction.placeholders)
        return checked(turn.dialogue, self.house.profile, first=first, stated=stated, private=private)

    def plan(self, row: NegotiationRow, terms: Terms, accepted_by: str) -> Plan:
        """The plan that `terms` mean if they are agreed on the debtor's today."""
        return plan_of(terms, view_of(row).debt, today_of(row), accepted_by)


def _ended(reply: Reply, text: str, status: Status) -> Reply:
    """The reply that ends the program's part instead of another one."""
    return replace(reply, messages=(message(Sender.SERVICE, text),), status=status, pending=None, asked=None)


def _silent(found: tuple[Noticed, ...], row: MessageRow) -> Reply:
    """The program's last words to signals that silence it."""
    silencing = tuple(one for one in found if one.silences)
    row.findings = [signal_finding(one) for one in found]
    return Reply((message(Sender.SERVICE, reply_to(silencing)),), silenced_status(silencing), found=found, read=row)


def _question(heard: HeardMessage) -> Reply | None:
    """The question about what may be a signal; who is asked twice about the same thing gets a person."""
    doubt = next((one for one in heard.found if one.asks), None)
    if doubt is None:
        return None
    if heard.asked.what == "signal" and heard.asked.rule == doubt.signal.id:
        sure = (replace(doubt, sure=True),)
        return Reply((message(Sender.SERVICE, HANDED_OVER),), Status.WITH_A_PERSON, found=sure, read=heard.row)
    text = question_about((doubt,)) or NOT_SURE
    asked = heard.asked.then("signal", doubt.signal.id, heard.row.position)
    return Reply((message(Sender.SERVICE, text),), Status.OPEN, asked=asked)


def question_about(found: Sequence[Noticed]) -> str | None:
    """The question whether the first of the signals that are not sure was meant; None where all are."""
    doubt = next((one for one in found if one.asks), None)
    return sentences(say(NOT_SURE), say(doubt.signal.question)) if doubt else None


def _left(row: MessageRow) -> Reply:
    return Reply((message(Sender.SERVICE, LEFT),), Status.DECLINED, read=row)


def _said_back(messages: tuple[MessageRow, ...], meant: Understood) -> tuple[MessageRow, ...]:
    """The answer, with what was understood before it where that counts: terms, or what is told of the household."""
    if not messages or (meant.move.terms is None and meant.disclosed is None):
        return messages
    asks = meant.sentence.rstrip().endswith(("?", "\uff1f"))
    sentence = meant.sentence if asks else sentences(meant.sentence, say(MISREAD))
    first, *rest = messages
    first.text = f"{sentence}\n\n{first.text}"
    return (first, *rest)
