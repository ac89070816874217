"""What a move is worth: the rest of the negotiation played against simulated debtors, by a rule and without a model.

A simulated debtor's answer is a function of the table and its seed, so a rollout is exact, and it costs
milliseconds. Whoever plays on starts from what stands and is never firmer than it: a concession that was made is not
taken back, and so is not free (a teacher that falls back to its own ladder makes it look so).
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from data.domain import CreditorPolicy, CreditorView, DebtCase, Ending, Move, MoveKind, Negotiation, Turn
from data.terms import Terms
from metrics.evaluator import score_many
from programs.creditor.rule_seats import rule_seat
from programs.debtor.simulated import SimulatedDebtor
from programs.table.runner import CreditorSeat, TableState, play

SEEDS_APART = 1000
"""Debtor seeds of one negotiation: its own times this, and from there on."""
CONFIRMING_FROM = 500
"""Among them, the first of those that labels are checked with and none is made with."""


class NeverFirmer:
    """A rule's seat that takes nothing back: what it offers is softened to what stands."""

    ladder: tuple[Terms, ...] = ()

    def __init__(self, name: str, view: CreditorView, policy: CreditorPolicy, seed: int) -> None:
        self._seat: CreditorSeat = rule_seat(name, view, policy, seed)

    def next_turn(self, table: TableState) -> Turn:
        """The rule's turn, or one no firmer than the standing offer."""
        turn = self._seat.next_turn(table)
        offer = turn.move.terms.over(table.own) if turn.move.terms is not None else None
        if turn.move.kind is not MoveKind.ASK or offer is None or table.own is None or not table.own.softer_in(offer):
            return turn
        return turn.model_copy(update={"move": Move.ask(table.own.softest_with(offer))})


@dataclass(frozen=True)
class TurnWorth:
    """What came of a turn."""

    by_seed: tuple[float, ...]
    """The objective of the whole negotiation, 0..1, one value a debtor seed."""
    ending: Ending
    """With the first of them."""
    agreed: Terms | None

    @property
    def mean(self) -> float:
        """Over the debtor seeds."""
        return statistics.fmean(self.by_seed)


@dataclass(frozen=True)
class Rollouts:
    """How turns are valued."""

    plays_on: str
    """The rule that plays the rest (`programs.creditor.rule_seats`)."""
    policy: CreditorPolicy

    def worths(
        self, case: DebtCase, said: tuple[Turn, ...], turns: Sequence[Turn], debtor_seeds: Sequence[int]
    ) -> list[TurnWorth]:
        """What each of `turns` comes to after `said`, in their order.

        Args:
            case: the debtor.
            said: the turns before, the last of them the debtor's.
            turns: the creditor's, past the guard.
            debtor_seeds: of the simulated debtors; all turns meet the same ones.
        """
        records = [self._played(case, (*said, turn), seed) for turn in turns for seed in debtor_seeds]
        scores = iter(card.objective for card in score_many(records))
        firsts = records[:: len(debtor_seeds)]
        return [TurnWorth(tuple(next(scores) for _ in debtor_seeds), one.ending, one.agreed) for one in firsts]

    def _played(self, case: DebtCase, said: tuple[Turn, ...], seed: int) -> Negotiation:
        seat = NeverFirmer(self.plays_on, case.creditor_view(), self.policy, seed)
        return play(case, seat, SimulatedDebtor(case, seed), self.policy, seed, said)


def debtor_seeds(seed: int, number: int) -> tuple[int, ...]:
    """Of the debtors whom labels are made with; the first is the one who sat at the table."""
    return (seed, *(seed * SEEDS_APART + more for more in range(1, number)))


def confirming_seeds(seed: int, number: int) -> tuple[int, ...]:
    """Others, whom labels are checked with."""
    return tuple(seed * SEEDS_APART + CONFIRMING_FROM + more for more in range(number))
