"""A call turn by turn: what each turn does on the table, and whether the call ends in an agreement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from data.domain import Debt, Move, MoveKind, Speaker, Turn
from data.messages.labels import Intent
from data.terms import PartialTerms, Terms
from metrics.talk.figures import stated_figures, stray_figures
from programs.calls import phrases
from programs.calls.heard import NOTHING, HeardWords, PriorQuestion, heard, matches
from programs.reader.arithmetic import Owed
from programs.reader.readers import Reader
from programs.reader.stated import intents
from programs.reader.stated.plain import plain
from programs.table import words
from programs.table.failures import ProgramFault
from signatures.reading import Reading


class Words(NamedTuple):
    """Everything that one side says before the other does."""

    speaker: Speaker
    text: str


@dataclass
class _Table:
    """What stands after the turns so far."""

    debt: Debt
    standing: dict[Speaker, Terms | None] = field(default_factory=lambda: dict.fromkeys(Speaker))
    turns: list[Turn] = field(default_factory=list)
    agreed: Terms | None = None

    def last_of(self, speaker: Speaker) -> Turn | None:
        """The latest turn of a side."""
        return next((turn for turn in reversed(self.turns) if turn.speaker is speaker), None)

    def echoed(self, text: str) -> bool:
        """Whether words name figures, and all of them follow from the creditor's offer."""
        theirs = self.standing[Speaker.CREDITOR]
        return bool(stated_figures(text, self.debt.currency)) and not stray_figures(text, theirs, self.debt)

    def just_asked(self, speaker: Speaker) -> bool:
        """Whether the side's latest turn put something on the table."""
        last = self.last_of(speaker)
        return last is not None and last.move.kind is MoveKind.ASK


@dataclass(frozen=True)
class Walked:
    """A call as turns."""

    turns: tuple[Turn, ...]
    agreed: Terms | None


@dataclass(frozen=True)
class Walker:
    """Reads calls.

    Args:
        today: the day of the call, which dates in it are counted from.
        reader: reads the debtor's words besides; None: the words alone decide.
    """

    today: date
    reader: Reader | None = None

    def walk(self, said: Sequence[Words], debt: Debt) -> Walked:
        """The turns of a call.

        Args:
            said: sides in turn.
            debt: what is talked about.

        Raises:
            InfrastructureFailure: the reader's model could not be reached.
        """
        table = _Table(debt)
        for at, one in enumerate(said):
            following = said[at + 1].text if at + 1 < len(said) else ""
            _add(table, self._turn(one, following, table, debt))
        return Walked(tuple(table.turns), table.agreed)

    def _turn(self, one: Words, following: str, table: _Table, debt: Debt) -> Turn:
        own, theirs = table.standing[one.speaker], table.standing[one.speaker.other]
        last = table.last_of(one.speaker.other)
        owed = Owed(debt.outstanding, debt.currency, own or theirs)
        reading, failed = self._reading(one, theirs, debt)
        answers = None
        if last is not None and one.speaker is Speaker.DEBTOR:
            answers = PriorQuestion(last.inquiry, phrases.asked_to_pay(last.dialogue) or phrases.offered_monthly(last))
        found = heard(one.text, owed, self.today, reading, answers)
        move, notes = _move(one, following, found, table)
        return Turn(
            speaker=one.speaker,
            move=move,
            dialogue=one.text,
            inquiry=phrases.inquiry(one.text) if one.speaker is Speaker.CREDITOR else None,
            disclosed=found.disclosed if one.speaker is Speaker.DEBTOR else None,
            notes=tuple([*failed, *notes, *(f"reader: left out of the offer: {said}" for said in found.unclear)]),
        )

    def _reading(self, one: Words, theirs: Terms | None, debt: Debt) -> tuple[Reading | None, list[str]]:
        if self.reader is None or one.speaker is Speaker.CREDITOR:
            return None, []
        try:
            return self.reader(words.package(theirs) if theirs else "none yet", one.text, debt.currency), []
        except ProgramFault as fault:
            return None, [f"reader: the model could not read it ({fault.kind}); read by rules"]


def _move(one: Words, following: str, found: HeardWords, table: _Table) -> tuple[Move, list[str]]:
    own, theirs = table.standing[one.speaker], table.standing[one.speaker.other]
    if theirs is not None and _takes(one, following, found, table):
        return Move.accept(), []
    if found.named:
        return _offer(found, own, theirs)
    refuses = found.intent in (Intent.REJECT, Intent.LEAVE) or phrases.ends_it(one.text)
    refuses = refuses or (one.speaker is Speaker.CREDITOR and phrases.refuses(one.text))
    if refuses and theirs is not None and own is not None and table.just_asked(one.speaker.other):
        return Move.reject(), []
    return Move.talk(), []


def _offer(found: HeardWords, own: Terms | None, theirs: Terms | None) -> tuple[Move, list[str]]:
    """An offer; a side's first one is made whole, as the table does it."""
    named = PartialTerms.model_validate(dict(found.named))
    if own is not None:
        return Move.ask(named), []
    package = named.over(theirs or NOTHING) or NOTHING
    whence = "as the other side's offer has it" if theirs else "of it nothing is given"
    left = [name.replace("_", " ") for name in type(named).model_fields if name not in found.named]
    return Move.ask(package), [f"reader: not named, {whence}: {', '.join(left)}"] if left else []


_DETAIL = {"immediate_payment_days"}
"""What may be named with an acceptance: on which day the first payment is taken."""


def _takes(one: Words, following: str, found: HeardWords, table: _Table) -> bool:
    """Whether words take what the other side has put on the table."""
    if one.speaker is Speaker.CREDITOR:
        return table.just_asked(Speaker.DEBTOR) and _creditor_takes(one.text, found, table)
    return _debtor_takes(one.text, following, found, table)


def _creditor_takes(text: str, found: HeardWords, table: _Table) -> bool:
    if phrases.settles(text) and set(found.named) <= _DETAIL and not found.unclear:
        return True
    if found.named and not matches(found.named, table.standing[Speaker.DEBTOR]):
        return False
    return phrases.settles(text) or (bool(found.named) and phrases.begins_with_yes(text))


def _debtor_takes(text: str, following: str, found: HeardWords, table: _Table) -> bool:
    """Whether a debtor takes what the creditor has just offered, or stays with."""
    theirs, refuses = table.standing[Speaker.CREDITOR], found.intent is Intent.REJECT
    last = table.last_of(Speaker.CREDITOR)
    put = last is not None and last.move.kind in (MoveKind.ASK, MoveKind.REJECT)
    if found.named:  # who names nothing else than the other side does takes it, unless it is a question
        return put and matches(found.named, theirs) and not refuses and "?" not in text
    if found.intent is Intent.ACCEPT or intents.accepts(plain(text)) or phrases.takes_it(text):
        return put or table.agreed is None
    if refuses or not put:
        return False
    if phrases.says_yes(text) and (phrases.settles(following) or table.echoed(text)):
        return True
    kept = last is not None and last.move.kind is MoveKind.REJECT
    return (kept or _waits(table)) and phrases.assents(text)


def _waits(table: _Table) -> bool:
    """Whether the creditor's last words wait for a yes, or put the thing through already."""
    last = table.last_of(Speaker.CREDITOR)
    return last is not None and (phrases.asks_back(last.dialogue) or phrases.settles(last.dialogue))


def _add(table: _Table, turn: Turn) -> None:
    table.turns.append(turn)
    own, theirs = table.standing[turn.speaker], table.standing[turn.speaker.other]
    if turn.move.kind is MoveKind.ASK and turn.move.terms is not None:
        table.standing[turn.speaker] = turn.move.terms.over(own)
    elif turn.move.kind is MoveKind.ACCEPT:
        table.agreed = theirs
    elif turn.move.kind is MoveKind.REJECT and turn.speaker is Speaker.DEBTOR:
        table.agreed = None
