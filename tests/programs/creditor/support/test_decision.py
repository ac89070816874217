"""The support at a table: what it proposes, what it may know, and how sure it says it is."""

from __future__ import annotations

import itertools

import pytest

from data.domain import CreditorPolicy, Disclosure, Inquiry, Move, MoveKind, Persona, Speaker
from programs.creditor.rational import RationalCreditor
from programs.creditor.support.decision import DecisionSupport
from programs.creditor.support.facts import facts_of
from programs.creditor.support.support_options import Support
from programs.debtor.simulated import SimulatedDebtor
from programs.table.runner import play, view
from tests.programs.cases import HARD, POLICY, case, debtor_turn, offer, random_cases, terms


def table(*turns, policy=POLICY):
    return view(tuple(turns), Speaker.CREDITOR, policy)


def consider(*turns, debt_case=None, policy=POLICY, also=()):
    account = (debt_case or case()).creditor_view()
    return DecisionSupport(account, policy).consider(table(*turns, policy=policy), also)


def told(package, **claims):
    return debtor_turn(package).model_copy(update={"disclosed": Disclosure(**claims)})


MIDDLE = (
    offer(HARD, inquiry=Inquiry.ASSETS),
    told(terms(40, 0, 30, 30), assets=400_000),
    offer(terms(2, 46, 2, 4), inquiry=Inquiry.INCOME),
    told(terms(38, 1, 29, 29), monthly_income=600_000),
    offer(terms(4, 42, 3, 5), inquiry=Inquiry.EXPENSES),
    told(terms(30, 8, 14, 20), monthly_expenses=500_000),
)


def negotiated(debt_case, seed):
    seat = RationalCreditor(debt_case.creditor_view(), POLICY)
    return play(debt_case, seat, SimulatedDebtor(debt_case, seed), POLICY)


def played_tables(number=12):
    """Every table that a creditor saw in negotiations of the support itself."""
    for n, debt_case in enumerate(random_cases(number, seed=5)):
        record = play(
            debt_case, RationalCreditor(debt_case.creditor_view(), POLICY), SimulatedDebtor(debt_case, n), POLICY
        )
        for index, turn in enumerate(record.turns):
            if turn.speaker is Speaker.CREDITOR:
                yield debt_case, table(*record.turns[:index])


@pytest.fixture(scope="module")
def considered():
    return [(t, DecisionSupport(c.creditor_view(), POLICY).consider(t)) for c, t in played_tables()]


def test_options_are_legal_ranked_apart_and_never_a_step_back(considered):
    for t, support in considered:
        values = [option.value for option in support.options]
        assert values == sorted(values, reverse=True) or not support.trusted
        assert 1 <= len(support.options) <= 7
        for option in support.options:
            assert not POLICY.breaches(option.terms)
            if option.kind is MoveKind.ASK and t.own is not None:
                assert not t.own.softer_in(option.terms)


def test_no_offer_is_repeated_unchanged(considered):
    offers = [(t.own, s.best.terms) for t, s in considered if t.own and s.best.kind is MoveKind.ASK]
    assert len(offers) > 20
    assert all(own != best for own, best in offers if own != POLICY.softest())


def test_the_demand_is_an_option_where_it_may_be_accepted(considered):
    for t, support in considered:
        legal = t.theirs is not None and not POLICY.breaches(t.theirs)
        acceptances = [option.terms for option in support.options if option.kind is MoveKind.ACCEPT]
        assert acceptances == ([t.theirs] if legal else [])


def test_figures_of_an_option_are_those_of_its_plan():
    option = consider(*MIDDLE, also=(terms(10, 20, 7, 12),)).option_for(Move.ask(terms(10, 20, 7, 12)))
    assert (option.due_minor, option.first_payment_minor, option.monthly_minor) == (900_000, 180_000, 60_000)
    assert option.leaves_monthly_minor <= 100_000 + 200_000
    assert option.fits_told is True


def test_a_named_package_costs_what_it_is_worth_less_than_the_best():
    support = consider(*MIDDLE, also=(POLICY.softest(),))
    soft = support.option_for(Move.ask(POLICY.softest()))
    assert support.cost_of(support.best) == 0
    assert support.cost_of(soft) == pytest.approx(support.best.value - soft.value) and support.cost_of(soft) > 0.05


def test_what_may_not_be_offered_is_no_option():
    for outside_or_firmer in (terms(60, 0, 30, 36), HARD):
        support = consider(*MIDDLE, also=(outside_or_firmer,))
        assert support.option_for(Move.ask(outside_or_firmer)) is None


def test_a_named_package_does_not_change_what_is_best():
    for upto in range(0, len(MIDDLE) + 1, 2):
        plain, named = consider(*MIDDLE[:upto]), consider(*MIDDLE[:upto], also=(terms(12, 15, 7, 14), POLICY.softest()))
        assert (named.best, named.question) == (plain.best, plain.question)


def test_the_answer_depends_on_the_table_alone():
    account = case().creditor_view()
    used = DecisionSupport(account, POLICY)
    for upto in range(0, len(MIDDLE) + 1, 2):
        assert used.consider(table(*MIDDLE[:upto])) == DecisionSupport(account, POLICY).consider(table(*MIDDLE[:upto]))


def test_nothing_of_the_private_side_changes_it():
    poor, rich = case(Persona.STRATEGIC, income=1, assets=0), case(Persona.VULNERABLE, income=9_000_000)
    assert consider(*MIDDLE, debt_case=poor) == consider(*MIDDLE, debt_case=rich)


def test_questions_are_asked_until_they_are_answered_and_no_more_than_three_times():
    assert set(consider().questions) == set(Inquiry)
    assert consider(*MIDDLE).question is Inquiry.REASON
    evaded = [
        turn for n in range(3) for turn in (offer(terms(n, 50 - n, 1, 3), "x", Inquiry.INCOME), debtor_turn(terms()))
    ]
    assert Inquiry.INCOME not in consider(*evaded).questions


def test_where_nothing_can_be_kept_it_says_so():
    broke = (offer(HARD), told(terms(60, 0, 30, 36), monthly_income=100_000, monthly_expenses=300_000, assets=10_000))
    assert consider(*broke).nothing_can_be_kept
    assert not consider(*MIDDLE).nothing_can_be_kept
    assert not consider().nothing_can_be_kept


def test_claims_move_the_belief():
    before, after = consider(*MIDDLE[:2]), consider(*MIDDLE)
    assert 400_000 <= before.household.savings.mean < 700_000  # some who say so have more
    assert consider().household.savings.mean != before.household.savings.mean
    assert after.household.income.low == pytest.approx(600_000, rel=0.01)
    assert before.household.income.high > before.household.income.low


def test_refusals_of_what_was_sure_to_be_taken_are_noticed():
    soft = POLICY.softest()
    turns = [*MIDDLE]
    for n in range(5):
        turns += [offer(soft.with_value("installment_periods", 20 + n)), debtor_turn(terms(30, 5, 14, 24))]
    support = consider(*turns[:-10])
    distrusted = consider(*turns)
    assert support.trusted and support.evidence_against < 20
    assert not distrusted.trusted and distrusted.evidence_against >= 20


def test_another_policy_binds_the_options():
    policy = CreditorPolicy(max_discount_pct=5, min_immediate_payment_pct=20, max_installment_periods=6, round_limit=5)
    for option in consider(*MIDDLE[:2], policy=policy).options:
        assert not policy.breaches(option.terms)


def test_a_policy_with_one_package_is_no_trouble():
    one = CreditorPolicy(
        max_discount_pct=0,
        min_immediate_payment_pct=50,
        max_immediate_payment_days=1,
        max_installment_periods=3,
    )
    first = consider(policy=one)
    again = consider(offer(HARD), debtor_turn(terms(30, 5, 14, 24)), policy=one)
    assert first.best.terms == again.best.terms == HARD


def test_it_survives_json():
    support = consider(*MIDDLE)
    assert Support.model_validate_json(support.model_dump_json()) == support


def test_facts_are_the_tables():
    facts = facts_of(table(*MIDDLE))
    assert (facts.round, facts.rounds_left, len(facts.own), len(facts.theirs), facts.refused) == (4, 6, 3, 3, 0)
    assert (facts.income, facts.expenses, facts.assets, facts.untold) == (600_000, 500_000, 400_000, ())
    assert facts_of(table(offer(HARD, "x", Inquiry.INCOME), debtor_turn(terms()))).refused == 1


def test_the_seat_opens_firm_steps_moderately_and_needs_no_guard():
    for n, debt_case in enumerate(random_cases(8, seed=9)):
        record = play(
            debt_case, RationalCreditor(debt_case.creditor_view(), POLICY), SimulatedDebtor(debt_case, n), POLICY
        )
        ours = [t for t in record.turns if t.speaker is Speaker.CREDITOR]
        assert ours[0].move == Move.ask(POLICY.firmest())
        assert not any(turn.notes for turn in ours)
        asked = [t.move.terms for t in ours if t.move.kind is MoveKind.ASK]
        assert all(a != b for a, b in itertools.pairwise(asked) if a.over(None) != POLICY.softest())
