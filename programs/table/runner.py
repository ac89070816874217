"""The alternating-offers table: whose turn it is, what each side sees, and when it ends. Knows no model.

The creditor opens; a round is one creditor turn and the debtor's answer. Each side sees its own turns whole
and the other side's words, move and typed claims only. The guard (guard.py) stands between the creditor and
the table, so no offer or acceptance outside the policy leaves it, whatever a model or a debtor's text says.

Protocol: alternating offers (Rubinstein 1982) over a package of four terms, with a deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from data.domain import CreditorPolicy, DebtCase, Ending, Move, MoveKind, Negotiation, Speaker, Turn, standing_terms
from data.terms import PartialTerms, Terms
from programs.table.failures import InfrastructureFailure, ProgramFault
from programs.table.guard import guarded
from wording import speaking

_LISTENER: ContextVar[Callable[[Turn], None] | None] = ContextVar("maden_turns", default=None)


@contextmanager
def listening(listener: Callable[[Turn], None]) -> Iterator[None]:
    """A block in which `listener` is told each turn as it is made, in this thread; it must not raise."""
    token = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(token)


@dataclass(frozen=True)
class TableState:
    """What one side sees when it is its turn."""

    turns: tuple[Turn, ...]
    """All turns so far, oldest first; the other side's without thoughts, proposals and notes."""
    round: int
    """Number of the current round, from 1."""
    round_limit: int
    own: Terms | None
    """This side's standing package, None before its first complete one."""
    theirs: Terms | None
    """The other side's standing package."""

    @property
    def last(self) -> Turn | None:
        """The turn to answer, None at the opening."""
        return self.turns[-1] if self.turns else None

    @property
    def rounds_left(self) -> int:
        """Rounds after the current one."""
        return self.round_limit - self.round


@dataclass(frozen=True)
class DebtorReply:
    """A debtor's answer: a turn, and whether it is the last one because the debtor leaves."""

    turn: Turn
    leaves: bool = False


class CreditorSeat(Protocol):
    """Anything that can sit on the creditor's side for one negotiation."""

    ladder: tuple[Terms, ...]
    """The concession ladder, firmest first; empty without one."""

    def next_turn(self, table: TableState) -> Turn:
        """The creditor's next turn, before the guard.

        Raises:
            ProgramFault: no legal turn could be produced.
            InfrastructureFailure: the model could not be reached.
        """
        ...


class DebtorSeat(Protocol):
    """Anything that can sit on the debtor's side for one negotiation."""

    def reply(self, table: TableState) -> DebtorReply:
        """The answer to `table.last`.

        Raises:
            InfrastructureFailure: the debtor's model could not be reached, or gave nothing usable.
        """
        ...


@dataclass(frozen=True)
class Outcome:
    """What came of a table: a record without the case that it was about."""

    turns: tuple[Turn, ...]
    ending: Ending
    agreed: Terms | None
    ladder: tuple[Terms, ...]
    """The creditor's at the end."""
    failure: str | None
    """Why the ending is a program fault or infrastructure."""


def view(turns: tuple[Turn, ...], speaker: Speaker, policy: CreditorPolicy) -> TableState:
    """The table after `turns` as `speaker`, whose turn it is, sees it."""
    other = Speaker.DEBTOR if speaker is Speaker.CREDITOR else Speaker.CREDITOR
    creditor_turns = sum(turn.speaker is Speaker.CREDITOR for turn in turns)
    return TableState(
        turns=tuple(turn if turn.speaker is speaker else turn.public() for turn in turns),
        round=creditor_turns + (speaker is Speaker.CREDITOR),
        round_limit=policy.round_limit,
        own=standing_terms(turns, speaker),
        theirs=standing_terms(turns, other),
    )


def play(
    case: DebtCase,
    creditor: CreditorSeat,
    debtor: DebtorSeat,
    policy: CreditorPolicy,
    seed: int | None = None,
    said: tuple[Turn, ...] = (),
) -> Negotiation:
    """Play one negotiation to its ending and return the record; failures become typed endings, never exceptions.

    Args:
        case: written into the record; neither side is given it here. Its debtor's language is the table's.
        creditor: its turns pass the guard.
        debtor: answers each creditor turn.
        policy: the creditor's limits and the round limit.
        seed: recorded, so that the negotiation can be played again.
        said: turns that stand already, as a table left them; play goes on with whoever is to move.
    """
    outcome = meet(creditor, debtor, policy, said, case.debtor.language)
    return Negotiation(
        case=case,
        turns=outcome.turns,
        ending=outcome.ending,
        agreed=outcome.agreed,
        policy=policy,
        seed=seed,
        ladder=outcome.ladder,
        failure=outcome.failure,
    )


def meet(
    creditor: CreditorSeat,
    debtor: DebtorSeat,
    policy: CreditorPolicy,
    said: tuple[Turn, ...] = (),
    language: str | None = None,
) -> Outcome:
    """`play` where nobody holds the whole case: with an account, whose finances only the debtor knows.

    Args:
        creditor, debtor, policy, said: as `play` takes them.
        language: the table's, as a BCP 47 tag; None for English.
    """
    turns = list(said)
    agreed: Terms | None = None
    failure: str | None = None
    try:
        with speaking(language):
            ending, agreed = _alternate(turns, creditor, debtor, policy)
    except ProgramFault as fault:
        ending, failure = Ending.PROGRAM_FAULT, f"{fault.kind}: {fault}"
    except InfrastructureFailure as fault:
        ending, failure = Ending.INFRASTRUCTURE, f"{fault.kind}: {fault}"
    return Outcome(tuple(turns), ending, agreed, tuple(creditor.ladder), failure)


def _alternate(
    turns: list[Turn], creditor: CreditorSeat, debtor: DebtorSeat, policy: CreditorPolicy
) -> tuple[Ending, Terms | None]:
    """Turns until an ending; `turns` grows in place so that a failure keeps what was said."""
    while True:
        if not turns or turns[-1].speaker is Speaker.DEBTOR:
            table = view(tuple(turns), Speaker.CREDITOR, policy)
            if table.round > policy.round_limit:
                return Ending.ROUND_LIMIT, None
            _add(turns, guarded(creditor.next_turn(table), table.own, table.theirs, policy))
        table = view(tuple(turns), Speaker.DEBTOR, policy)
        if turns[-1].move.kind is MoveKind.ACCEPT:
            return Ending.AGREEMENT, table.own
        answer = debtor.reply(table)
        _add(turns, completed(answer.turn, table))
        if answer.leaves:
            return Ending.WALKED_AWAY, None
        if turns[-1].move.kind is MoveKind.ACCEPT:
            return Ending.AGREEMENT, table.theirs


def _add(turns: list[Turn], turn: Turn) -> None:
    turns.append(turn)
    if (listener := _LISTENER.get()) is not None:
        listener(turn)


def completed(turn: Turn, table: TableState) -> Turn:
    """A debtor's turn whose `ask` names all four dimensions: own last offer first, then the creditor's."""
    if turn.move.kind is not MoveKind.ASK:
        return turn
    terms = (turn.move.terms or PartialTerms()).over(table.own or table.theirs)
    if terms is None:
        raise ProgramFault("a debtor asked before there was any offer to ask against")
    return turn.model_copy(update={"move": Move.ask(terms)})
