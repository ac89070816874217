"""Rule-based creditors: their curves, their limits, and words that say what the move says."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.dimensions import DIMENSIONS, SPECS
from data.domain import CreditorPolicy, Ending, MoveKind, Persona, Speaker
from metrics.evaluator import score_many
from metrics.talk.figures import stated_figures
from plumbing.errors import UserError
from programs.creditor.rules import BASELINES, RuleCreditor, conceded, rule_named, time_dependent, worth
from programs.debtor.simulated import SimulatedDebtor
from programs.table import words
from programs.table.runner import DebtorReply, TableState, play, view
from tests.programs.cases import HARD, POLICY, case, debtor_turn, random_cases, terms


class DemandingDebtor:
    """Asks for given packages one after another, the last one for ever; never accepts."""

    def __init__(self, *packages):
        self.packages = packages

    def reply(self, table):
        return DebtorReply(debtor_turn(self.packages[min(table.round, len(self.packages)) - 1]))


def against(name, *packages, policy=POLICY):
    creditor = RuleCreditor(name, case().creditor_view(), policy, 0)
    return play(case(), creditor, DemandingDebtor(*packages), policy)


def offers(negotiation):
    """The creditor's standing package after each of its turns but an acceptance."""
    moves = [turn.move for turn in negotiation.turns if turn.speaker is Speaker.CREDITOR]
    return [move.terms.over(None) for move in moves if move.kind is MoveKind.ASK]


OUTSIDE = terms(60, 0, 30, 36)


@pytest.mark.parametrize("name", BASELINES)
def test_every_rule_opens_with_the_firmest_terms(name):
    assert offers(against(name, OUTSIDE))[0] == POLICY.firmest()


@pytest.mark.parametrize("name", BASELINES)
def test_no_rule_needs_the_guard_or_takes_a_concession_back(name):
    for debt_case in random_cases(24):
        creditor = RuleCreditor(name, debt_case.creditor_view(), POLICY, 1)
        negotiation = play(debt_case, creditor, SimulatedDebtor(debt_case, 1), POLICY)
        assert not any(turn.notes for turn in negotiation.turns)
        for before, after in itertools.pairwise(offers(negotiation)):
            assert all(SPECS[d].sign * (getattr(after, d) - getattr(before, d)) >= 0 for d in DIMENSIONS)


@pytest.mark.parametrize("name", BASELINES)
def test_words_are_sound_on_every_turn(name):
    played = [
        play(c, RuleCreditor(name, c.creditor_view(), POLICY, n), SimulatedDebtor(c, n), POLICY)
        for n, c in enumerate(random_cases(24))
    ]
    assert {card.DS for card in score_many(played)} == {1.0}


def test_the_clause_reads_back_as_the_package():
    package = terms(12, 34, 1, 6)
    assert {f.dimension: f.value for f in stated_figures(words.package(package))} == package.model_dump()


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(list(BASELINES)),
    demands=st.lists(
        st.builds(
            terms,
            discount=st.integers(0, 100),
            first=st.integers(0, 100),
            days=st.integers(0, 365),
            periods=st.integers(1, 600),
        ),
        min_size=1,
        max_size=10,
    ),
    low=st.integers(0, 10),
    high=st.integers(10, 40),
)
def test_no_demand_moves_a_rule_outside_its_policy(name, demands, low, high):
    policy = CreditorPolicy(min_discount_pct=low, max_discount_pct=high, max_installment_periods=12, round_limit=8)
    negotiation = against(name, *demands, policy=policy)
    assert not any(policy.breaches(package) for package in offers(negotiation))
    assert negotiation.agreed is None or not policy.breaches(negotiation.agreed)


def test_accept_all_takes_the_first_legal_demand():
    negotiation = against("accept-all", terms(30, 5, 14, 24))
    assert negotiation.agreed == terms(30, 5, 14, 24)
    assert len(negotiation.turns) == 3


def test_accept_all_offers_the_nearest_legal_terms_for_an_illegal_demand():
    assert offers(against("accept-all", OUTSIDE))[1] == terms(30, 5, 14, 24)


def test_hardball_never_moves_and_takes_only_its_own_terms():
    assert set(offers(against("hardball", OUTSIDE))) == {HARD}
    assert against("hardball", terms(1, 50, 1, 3)).ending is Ending.ROUND_LIMIT
    assert against("hardball", HARD).agreed == HARD


def test_split_the_difference_goes_halfway_each_round():
    second, third = offers(against("split-the-difference", terms(20, 10, 9, 23)))[1:3]
    assert second == terms(10, 30, 5, 13)
    assert third.discount_pct == 15


def test_tit_for_tat_gives_what_was_given():
    path = offers(against("tit-for-tat", terms(30, 5, 14, 24), terms(30, 5, 14, 24), terms(25, 9, 14, 20)))
    assert path[2] == HARD
    assert path[3] == terms(5, 46, 1, 7)


@pytest.mark.parametrize(("name", "halfway"), [("boulware", 0.1), ("linear", 0.5), ("conceder", 0.8)])
def test_time_dependent_rules_are_where_their_curve_says(name, halfway):
    path = offers(against(name, OUTSIDE, policy=POLICY.model_copy(update={"round_limit": 11})))
    assert 1 - worth(path[5], POLICY) == pytest.approx(halfway, abs=0.06)
    assert path[-1] == POLICY.softest()


def test_one_round_is_enough_for_a_time_dependent_rule():
    policy = POLICY.model_copy(update={"round_limit": 1})
    empty = TableState(turns=(), round=1, round_limit=1, own=None, theirs=None)
    assert time_dependent(1.0)(empty, policy) == policy.firmest()


@pytest.mark.parametrize("name", ["boulware", "linear", "conceder", "split-the-difference", "tit-for-tat"])
def test_it_accepts_what_is_as_good_as_its_own_next_offer(name):
    assert against(name, HARD).agreed == HARD


def test_worth_runs_from_the_firmest_to_the_softest():
    assert worth(POLICY.firmest(), POLICY) == 1
    assert worth(POLICY.softest(), POLICY) == 0
    assert conceded(0.5, POLICY) == terms(15, 28, 8, 14)


def test_a_policy_with_nothing_to_give_is_played():
    fixed = CreditorPolicy(
        max_discount_pct=0, min_immediate_payment_pct=10, max_immediate_payment_pct=10, max_installment_periods=3
    )
    assert against("linear", terms(0, 10, 1, 3), policy=fixed).agreed == terms(0, 10, 1, 3)


def test_an_unknown_rule_is_named_with_its_neighbour():
    with pytest.raises(UserError, match="did you mean 'boulware'"):
        rule_named("boulwar")
    with pytest.raises(UserError, match="there are accept-all"):
        rule_named("xyz")


def test_same_seed_same_words_and_seeds_vary():
    def words(seed):
        creditor = RuleCreditor("linear", case().creditor_view(), POLICY, seed)
        return creditor.next_turn(view((), Speaker.CREDITOR, POLICY)).dialogue

    assert words(0) == words(0)
    assert len({words(seed) for seed in range(30)}) > 2


@pytest.mark.slow
def test_accept_all_and_hardball_are_the_worst_on_workable_debtors():
    debtors = [c for c in random_cases(180, seed=5) if c.persona is not Persona.HOSTILE]
    mean = {
        name: sum(
            card.CCI
            for card in score_many(
                [
                    play(c, RuleCreditor(name, c.creditor_view(), POLICY, 0), SimulatedDebtor(c, 0), POLICY)
                    for c in debtors
                ]
            )
        )
        for name in BASELINES
    }
    assert set(sorted(mean, key=mean.__getitem__)[:2]) == {"accept-all", "hardball"}
