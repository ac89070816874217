"""What the book promises of negotiations, on the whole shipped book with the default policy."""

from __future__ import annotations

from functools import cache

import numpy as np

from data.book import read_book
from data.dimensions import DIMENSIONS
from data.domain import CreditorPolicy
from metrics.money.indices import collection_index, health_index, recovery_index
from metrics.money.oracle import OracleResult, best_terms
from metrics.money.simulation import PlanBatch, simulate
from metrics.money.weights import default_weights
from reports.debtor_book.book_page import Workability, workability
from tests.data.builders import make_case

POLICY = CreditorPolicy()


@cache
def shipped() -> Workability:
    return workability(read_book().cases, POLICY)


@cache
def oracle() -> list[OracleResult]:
    return best_terms(read_book().cases, POLICY)


def test_most_debtors_have_a_plan_that_they_can_keep_and_some_need_a_discount() -> None:
    assert shipped().keepable.mean() >= 0.85
    assert 0.10 <= shipped().needs_discount.mean() <= 0.30
    assert shipped().hopeless.mean() <= 0.05


def test_every_debtor_is_counted_once() -> None:
    ways = shipped().keepable.astype(int) - shipped().needs_discount + shipped().needs_discount + shipped().hopeless
    assert ways.tolist() == [1] * 975


def test_the_best_terms_vary_over_all_four_dimensions() -> None:
    for dimension in DIMENSIONS:
        values = [getattr(result.terms, dimension) for result in oracle()]
        commonest = max(values.count(value) for value in set(values))
        assert commonest < 0.8 * len(values), dimension


def test_the_best_terms_are_worth_much_more_than_the_softest() -> None:
    cases = read_book().cases
    flow = simulate(PlanBatch.of(cases, [POLICY.softest()] * len(cases)))
    softest = collection_index(recovery_index(flow, POLICY, default_weights()), health_index(flow, default_weights()))
    assert np.mean([result.CCI for result in oracle()]) - softest.mean() >= 0.25


def test_workability_of_three_plain_cases() -> None:
    """Over two years a surplus of 400 a month carries 9,600 and a third more only with a discount."""
    money = {"monthly_income": 440_000, "monthly_expenses": 400_000, "assets": 100_000}
    cases = [make_case("d-1", outstanding=900_000, **money), make_case("d-2", outstanding=1_250_000, **money)]
    result = workability([*cases, make_case("d-3", outstanding=5_000_000, **money)], POLICY)
    assert result.keepable.tolist() == [True, True, False]
    assert result.needs_discount.tolist() == [False, True, False]
    assert result.hopeless.tolist() == [False, False, True]
