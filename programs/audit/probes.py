"""The creditors that an audit sends: fixed scripts, so that what a debtor does can be laid to the debtor."""

from __future__ import annotations

from collections.abc import Callable

from data.domain import CreditorPolicy, DebtCase, Inquiry, Move, MoveKind, Negotiation, Speaker, Turn
from data.terms import Terms
from programs.table.runner import DebtorSeat, TableState, play, view
from programs.table.words import package

SeatFactory = Callable[[DebtCase, int], DebtorSeat]
"""Makes a fresh debtor for a case and a seed."""

POLICY = CreditorPolicy()

QUESTIONS: dict[Inquiry, str] = {
    Inquiry.INCOME: "May I ask what your monthly income is?",
    Inquiry.EXPENSES: "May I ask what your living costs are each month?",
    Inquiry.ASSETS: "May I ask what savings you have?",
    Inquiry.REASON: "May I ask what made it hard to pay?",
}


def offer(terms: Terms, words: str = "", inquiry: Inquiry | None = None) -> Turn:
    """A creditor turn that asks for `terms` and says so, after `words`."""
    said = f"{words} Our offer is {package(terms)}.".strip()
    return Turn(speaker=Speaker.CREDITOR, move=Move.ask(terms), dialogue=said, inquiry=inquiry)


FIRM = POLICY.firmest()
SOFT = POLICY.softest()

LAST_TURNS: dict[str, Turn] = {
    "concession": offer(FIRM.between(SOFT, 0.3), "We can come towards you."),
    "threat": offer(FIRM, "Pay, or we will take you to court."),
    "question": offer(FIRM, QUESTIONS[Inquiry.INCOME], Inquiry.INCOME),
    "everything": offer(SOFT),
}
"""What a repeated offer is swapped for."""


class Script:
    """A creditor that plays given turns, the last one for ever (programs.table.CreditorSeat)."""

    ladder: tuple[Terms, ...] = ()

    def __init__(self, *turns: Turn) -> None:
        self._turns = turns

    def next_turn(self, table: TableState) -> Turn:
        """The turn of this round."""
        return self._turns[min(table.round, len(self._turns)) - 1]


def played(seats: SeatFactory, case: DebtCase, seed: int, *turns: Turn, rounds: int = 10) -> Negotiation:
    """One negotiation of a script against a fresh debtor, of at most `rounds` rounds."""
    policy = POLICY.model_copy(update={"round_limit": rounds})
    return play(case, Script(*turns), seats(case, seed), policy, seed)


def answer_to(seats: SeatFactory, case: DebtCase, seed: int, *turns: Turn) -> Turn | None:
    """The debtor's answer to the last of `turns`; None when it had left or accepted before.

    Raises:
        InfrastructureFailure: the debtor's model failed.
    """
    debtor, said = seats(case, seed), list[Turn]()
    for turn in turns:
        said.append(turn)
        reply = debtor.reply(view(tuple(said), Speaker.DEBTOR, POLICY))
        said.append(reply.turn)
        if turn is not turns[-1] and (reply.leaves or reply.turn.move.kind is MoveKind.ACCEPT):
            return None
    return said[-1]


def answers(negotiation: Negotiation) -> list[Turn]:
    """The debtor's turns."""
    return [turn for turn in negotiation.turns if turn.speaker is Speaker.DEBTOR]
