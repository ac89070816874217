from __future__ import annotations

import itertools

import pytest

from data.domain import Move, MoveKind, Speaker, Turn
from data.terms import Terms
from optimizers.preferences.moves import Decision, sensible_moves
from optimizers.preferences.rollouts import NeverFirmer, Rollouts, confirming_seeds, debtor_seeds
from programs.debtor.simulated import SimulatedDebtor
from programs.table.runner import play, view
from tests.programs.cases import POLICY, case

GIVEN = Terms(discount_pct=10, immediate_payment_pct=20, immediate_payment_days=7, installment_periods=15)


def offer(terms: Terms) -> Turn:
    return Turn(speaker=Speaker.CREDITOR, move=Move.ask(terms), dialogue="Our offer.")


class Then:
    """Says one turn, then goes on as another seat would."""

    ladder = ()

    def __init__(self, turn, seat):
        self.turn, self.seat = turn, seat

    def next_turn(self, table):
        return self.turn if table.own is None else self.seat.next_turn(table)


@pytest.mark.parametrize("rule", ["hardball", "linear", "boulware", "rational", "accept-all", "tit-for-tat"])
def test_whoever_plays_on_takes_no_concession_back(rule):
    the_case = case("hesitant")
    seat = Then(offer(GIVEN), NeverFirmer(rule, the_case.creditor_view(), POLICY, 0))
    record = play(the_case, seat, SimulatedDebtor(the_case, 0), POLICY, 0)
    offers = [
        turn.move.terms.over(None) for turn in record.turns if turn.speaker is Speaker.CREDITOR and turn.move.terms
    ]
    assert len(record.turns) > 1
    for before, after in itertools.pairwise(offers):
        assert not before.softer_in(after), (rule, before, after)


def test_a_concession_is_never_free():
    """What an opening gives away is worth less than the firmest opening, to a debtor who would have paid."""
    rollouts = Rollouts("hardball", POLICY)
    firm, soft = rollouts.worths(case(), (), [offer(POLICY.firmest()), offer(GIVEN)], debtor_seeds(0, 4))
    softest = rollouts.worths(case(), (), [offer(POLICY.softest())], debtor_seeds(0, 4))[0]
    assert softest.agreed == POLICY.softest()
    assert softest.mean < soft.mean
    assert len(firm.by_seed) == 4


def test_values_are_the_same_each_time_and_seeds_that_check_are_none_that_label():
    rollouts = Rollouts("linear", POLICY)
    first, again = (rollouts.worths(case(), (), [offer(GIVEN)], debtor_seeds(3, 4)) for _ in range(2))
    assert first == again
    for seed in range(5):
        assert not set(debtor_seeds(seed, 100)) & set(confirming_seeds(seed, 100))
    assert debtor_seeds(7, 1) == (7,)


def test_sensible_moves_are_legal_and_never_firmer_than_what_stands():
    the_case = case("hesitant")
    record = play(
        the_case, NeverFirmer("linear", the_case.creditor_view(), POLICY, 0), SimulatedDebtor(the_case, 0), POLICY, 0
    )
    for index, turn in enumerate(record.turns):
        if turn.speaker is not Speaker.CREDITOR:
            continue
        table = view(record.turns[:index], Speaker.CREDITOR, POLICY)
        too_firm = Decision(MoveKind.ASK, POLICY.firmest())
        moves = sensible_moves(table, POLICY, [too_firm])
        assert len(set(moves)) == len(moves) >= 8
        assert {one.kind for one in moves} >= ({MoveKind.ASK} if table.own is None else {MoveKind.ASK, MoveKind.REJECT})
        legal = table.theirs is not None and not POLICY.breaches(table.theirs)
        assert (Decision(MoveKind.ACCEPT, None) in moves) == legal
        for move in moves:
            assert move.terms is None or not POLICY.breaches(move.terms)
            assert move.terms is None or table.own is None or not table.own.softer_in(move.terms)
