"""What a debtor can live with: the exact check of a plan, the reservation, honest agreements."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.domain import (
    Ending,
    Persona,
)
from metrics.money.simulation import PlanBatch, payment_schedule, simulate
from programs.creditor.rules import BASELINES, RuleCreditor
from programs.debtor.affordability import HouseholdBudget, budget, carries, relief, reservation, whole
from programs.debtor.personas import persona_of, traits_of
from programs.debtor.simulated import SimulatedDebtor, acceptable_mask, would_accept
from programs.table.runner import play
from tests.programs.cases import (
    HARD,
    PERSONAS,
    POLICY,
    case,
    random_cases,
    terms,
)

packages = st.builds(
    terms,
    discount=st.integers(0, 80),
    first=st.integers(0, 60),
    days=st.integers(0, 40),
    periods=st.integers(1, 36),
)


@settings(max_examples=300, deadline=None)
@given(
    package=packages,
    assets=st.integers(0, 2_000_000),
    surplus=st.integers(-60_000, 200_000),
    outstanding=st.integers(1, 3_000_000),
)
def test_carries_walks_the_payments_of_the_published_schedule(package, assets, surplus, outstanding):
    left, month = assets, 0
    kept = True
    for day, amount in payment_schedule(package, outstanding).payments:
        while month < day // 30:
            month += 1
            left = max(0, left + surplus)
        kept &= left >= amount
        left -= amount
    assert carries(HouseholdBudget(assets, surplus), outstanding, package) == kept


@pytest.mark.parametrize("persona", PERSONAS, ids=str)
def test_a_plan_carried_on_the_budget_is_kept_in_the_metrics_simulation(persona):
    cases = [c.model_copy(update={"persona": persona}) for c in random_cases(60)]
    pairs = [(c, t) for c in cases for t in (terms(), terms(30, 5, 14, 24), HARD) if would_accept(c, t)]
    assert len(pairs) > 20
    batch = PlanBatch.of([c for c, _ in pairs], [t for _, t in pairs])
    assert bool(np.all(simulate(batch).completed))


def test_mask_agrees_with_the_single_question_on_a_grid():
    grid = [(d, i, t, n) for d in (0, 12.5, 30) for i in (5, 25, 50) for t in (1, 14, 31) for n in (3, 11, 24)]
    for debt_case in random_cases(36):
        mask = acceptable_mask(debt_case, *(np.array(column) for column in zip(*grid, strict=True)))
        assert mask.tolist() == [would_accept(debt_case, terms(*package)) for package in grid]


def test_no_one_takes_what_gives_less_relief_than_the_persona_insists_on():
    rich = case(Persona.STRATEGIC, income=5_000_000, assets=9_000_000)
    assert carries(budget(rich.finances, traits_of(rich)), rich.debt.outstanding, HARD)
    assert not would_accept(rich, HARD)
    assert would_accept(rich, terms(10, 10, 7, 18))


def test_reservation_is_itself_acceptable_and_firmer_than_the_ideal():
    for debt_case in random_cases(120):
        end = reservation(debt_case)
        if end is not None:
            assert carries(budget(debt_case.finances, traits_of(debt_case)), debt_case.debt.outstanding, end)
            assert relief(end, traits_of(debt_case)) <= 1


def test_who_can_keep_nothing_has_no_reservation_and_never_agrees():
    broke = case(Persona.COOPERATIVE, income=300_000, expenses=400_000, assets=10_000)
    assert reservation(broke) is None
    for name in BASELINES:
        creditor = RuleCreditor(name, broke.creditor_view(), POLICY, 0)
        assert play(broke, creditor, SimulatedDebtor(broke, 0), POLICY).ending is not Ending.AGREEMENT


def test_savings_can_settle_a_debt_although_living_costs_exceed_income():
    shrinking = case(income=300_000, expenses=320_000, assets=900_000, outstanding=500_000)
    end = reservation(shrinking)
    assert end is not None
    assert carries(budget(shrinking.finances, traits_of(shrinking)), shrinking.debt.outstanding, end)


@pytest.mark.parametrize("name", BASELINES)
def test_honest_debtors_agree_only_to_plans_that_are_kept(name):
    for debt_case in random_cases(90):
        debtor = SimulatedDebtor(debt_case, 3)
        negotiation = play(debt_case, RuleCreditor(name, debt_case.creditor_view(), POLICY, 3), debtor, POLICY)
        if negotiation.agreed and persona_of(debt_case) is not Persona.VULNERABLE:
            assert carries(whole(debt_case.finances), debt_case.debt.outstanding, negotiation.agreed)
