"""The schedule and the simulation, against their definition and a plain day-by-day reading of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.domain import DebtCase
from data.terms import Terms
from metrics.money import simulation as plan
from metrics.money.simulation import (
    HORIZON_DAYS,
    LARGEST_AMOUNT,
    PlanBatch,
    immediate_payment,
    money_due,
    monthly_installment,
    payment_schedule,
    simulate,
)
from plumbing.errors import UserError
from tests.metrics.examples import case, terms
from tests.metrics.money.day_by_day import follow, payments

percentages = st.one_of(
    st.sampled_from([0.0, 100.0, 12.5, 33.333333, 0.000001, 99.999999]),
    st.integers(0, 100_000_000).map(lambda millionths: millionths / 1_000_000),
)
any_terms = st.builds(
    terms,
    percentages,
    percentages,
    st.one_of(st.integers(0, 31), st.integers(0, 365)),
    st.one_of(st.integers(1, 30), st.integers(1, 600)),
)
money = st.one_of(st.integers(0, 200), st.integers(0, 2_000_000))
any_case = st.builds(case, st.one_of(st.integers(1, 99), st.integers(1, 5_000_000)), money, money, money)


@settings(deadline=None, max_examples=150)
@given(any_terms, st.one_of(st.integers(1, 10**7), st.integers(1, LARGEST_AMOUNT)))
def test_schedule_sums_to_due_and_matches_exact_fractions(package: Terms, outstanding: int) -> None:
    schedule = payment_schedule(package, outstanding)
    due, rows = payments(package, outstanding)
    assert schedule.due_minor == due == money_due(package, outstanding)
    assert list(schedule.payments) == rows
    assert sum(amount for _, amount in schedule.payments) == due
    assert all(amount >= 0 for _, amount in schedule.payments)


def test_halves_are_rounded_up_because_they_are_halves() -> None:
    assert money_due(terms(50, 0, 0, 1), 5) == 3
    assert immediate_payment(terms(0, 0.5, 0, 1), 100) == 1
    # in floats 1.15 / 100 * 1000 is 11.499999999999998
    assert immediate_payment(terms(0, 1.15, 0, 1), 1000) == 12
    assert money_due(terms(33.333333, 0, 0, 1), 3 * 10**8) == 200_000_001


def test_last_instalment_takes_the_remainder() -> None:
    package = terms(0, 10, 7, 7)
    assert monthly_installment(package, 1000) == 128
    assert payment_schedule(package, 1000).payments[-2:] == ((7 + 30 * 6, 128), (7 + 30 * 7, 132))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(any_case, st.one_of(st.none(), any_terms)), min_size=1, max_size=12))
def test_vectorised_equals_day_by_day(rows: list[tuple[DebtCase, Terms | None]]) -> None:
    flow = simulate(PlanBatch.of([who for who, _ in rows], [package for _, package in rows]))
    for i, (who, package) in enumerate(rows):
        plain = follow(who, package)
        assert flow.due[i] == plain.due
        assert flow.paid[i] == plain.paid
        assert (flow.completed[i], flow.defaulted[i]) == (plain.completed, plain.defaulted)
        assert (flow.quarter_day[i], flow.half_day[i]) == (plain.quarter_day, plain.half_day)
        assert flow.completion_day[i] == plain.completion_day
        assert tuple(flow.tier_days[:, i]) == plain.tier_days
        assert flow.tier_days[:, i].sum() == HORIZON_DAYS


def test_chunks_and_threads_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    people = [case(*(int(v) for v in rng.integers(1, 10**6, 4))) for _ in range(50)]
    plans = [None if i % 7 == 0 else terms(i % 31, 20, i * 3, 1 + i) for i in range(50)]
    whole = simulate(PlanBatch.of(people, plans))
    monkeypatch.setattr(plan, "_CHUNK", 7)
    for threads in (1, 2):
        parts = simulate(PlanBatch.of(people, plans), threads=threads)
        for name in ("due", "paid", "completed", "defaulted", "quarter_day", "half_day", "completion_day", "tier_days"):
            np.testing.assert_array_equal(getattr(parts, name), getattr(whole, name))


def test_payment_after_the_horizon_is_not_made() -> None:
    rich = case(assets=10_000_000)
    within, beyond = terms(0, 10, 0, 25), terms(0, 10, 1, 25)
    flow = simulate(PlanBatch.of([rich, rich], [within, beyond]))
    assert flow.completed.tolist() == [True, False]
    assert flow.completion_day.tolist() == [750, 750]
    assert flow.paid.tolist() == [1_000_000, 1_000_000 - 36_000]


def test_income_comes_before_a_payment_of_the_same_day() -> None:
    # nothing on day 0, 1000 of surplus on day 30, and 1000 to pay on that day
    poor = case(outstanding=1000, income=1000, expenses=0, assets=0)
    assert simulate(PlanBatch.of([poor], [terms(0, 100, 30, 1)])).completed[0]
    assert not simulate(PlanBatch.of([poor], [terms(0, 100, 29, 1)])).completed[0]


def test_nothing_is_paid_after_a_default() -> None:
    # 600 of 1000 is there on day 0, all the income later does not matter
    poor = case(outstanding=1000, income=10_000, expenses=0, assets=600)
    flow = simulate(PlanBatch.of([poor], [terms(0, 70, 0, 3)]))
    assert (flow.paid[0], flow.completed[0], flow.completion_day[0]) == (600, False, HORIZON_DAYS)


def test_a_debt_forgiven_whole_is_complete_on_day_0() -> None:
    flow = simulate(PlanBatch.of([case()], [terms(100, 5, 14, 24)]))
    assert (flow.completed[0], flow.completion_day[0], flow.quarter_day[0]) == (True, 0, HORIZON_DAYS)


def test_empty_batch() -> None:
    assert len(simulate(PlanBatch.of([], [])).paid) == 0


def test_an_amount_too_large_for_exact_sums_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"^monthly_income 1\d{17} is above 10000000000000000 minor units, .*check the unit"
    ):
        simulate(PlanBatch.of([case(income=10**17)], [None]))
    flow = simulate(PlanBatch.of([case(LARGEST_AMOUNT, LARGEST_AMOUNT, 0, LARGEST_AMOUNT)], [terms(0, 5, 1, 24)]))
    assert flow.paid[0] == LARGEST_AMOUNT
