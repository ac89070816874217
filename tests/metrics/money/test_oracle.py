"""The oracle's grid, regret and over-concession."""

from __future__ import annotations

import numpy as np
import pytest

from data.domain import CreditorPolicy, DebtCase
from data.terms import Terms
from metrics.evaluator import score
from metrics.money import oracle
from metrics.money.indices import recovery_index
from metrics.money.oracle import (
    attainable_cci,
    best_terms,
    firmest_kept,
    nominal_cri,
    over_concession,
    plan_grid,
    regret,
)
from metrics.money.simulation import PlanBatch, simulate
from metrics.money.weights import default_weights
from plumbing.errors import UserError
from tests.metrics.examples import WORKED, agreement, case, creditor, no_agreement, terms

POLICY = CreditorPolicy()
SMALL = CreditorPolicy(
    min_discount_pct=1, max_discount_pct=6, min_immediate_payment_pct=48, min_installment_periods=3,
    max_installment_periods=5, min_immediate_payment_days=3, max_immediate_payment_days=9,
)  # fmt: skip


def test_default_grid_is_that_of_the_definition() -> None:
    grid = plan_grid(POLICY)
    assert len(grid) == 13 * 10 * 3 * 22
    assert sorted(set(grid.discount_pct.tolist())) == [2.5 * i for i in range(13)]
    assert sorted(set(grid.immediate_payment_pct.tolist())) == [5.0 * i for i in range(1, 11)]
    assert sorted(set(grid.immediate_payment_days.tolist())) == [1, 7, 14]
    assert sorted(set(grid.installment_periods.tolist())) == list(range(3, 25))
    assert grid.terms(0) == POLICY.firmest() and grid.terms(len(grid) - 1) == POLICY.softest()


def test_the_limits_of_any_policy_are_on_its_grid() -> None:
    grid = plan_grid(SMALL)
    assert sorted(set(grid.discount_pct.tolist())) == [1, 2.5, 5, 6]
    assert sorted(set(grid.immediate_payment_pct.tolist())) == [48, 50]
    assert sorted(set(grid.immediate_payment_days.tolist())) == [3, 7, 9]
    assert all(not SMALL.breaches(grid.terms(i)) for i in range(len(grid)))


@pytest.mark.parametrize("who", [example.who for example in WORKED[2:5]], ids=["sound", "tight", "poor"])
def test_oracle_is_the_best_of_all_scores_on_the_grid(who: DebtCase) -> None:
    grid = plan_grid(SMALL)
    scores = [score(agreement(grid.terms(i), who, SMALL)).CCI for i in range(len(grid))]
    best = best_terms([who], SMALL)[0]
    assert max(scores) == best.CCI
    assert best.terms == grid.terms(int(np.argmax(scores)))
    card = score(agreement(best.terms, who, SMALL)).values()
    assert {name: getattr(best, name) for name in ("SR", "RR", "QRD", "CRD", "L4D", "ATV", "CRI", "DHI", "CCI")} == {
        name: card[name] for name in ("SR", "RR", "QRD", "CRD", "L4D", "ATV", "CRI", "DHI", "CCI")
    }


def test_attainable_is_the_best_of_what_is_accepted() -> None:
    debtor = WORKED[2].who
    everything = np.ones(len(plan_grid(POLICY)), dtype=bool)
    assert attainable_cci(debtor, everything) == pytest.approx(best_terms([debtor])[0].CCI)
    assert attainable_cci(debtor, ~everything) == 0
    only = ~everything
    only[7] = True
    assert attainable_cci(debtor, only) == pytest.approx(score(agreement(plan_grid(POLICY).terms(7), debtor)).CCI)
    with pytest.raises(UserError, match="8580 plans"):
        attainable_cci(debtor, everything[:5])


def test_regret_is_the_distance_to_the_oracle() -> None:
    best = best_terms([case()])[0]
    assert regret(agreement(best.terms)) == 0
    soft = agreement(POLICY.softest())
    assert regret(soft) == pytest.approx(best.CCI - score(soft).CCI)
    assert regret(no_agreement(creditor(POLICY.firmest()))) == pytest.approx(best.CCI)


def test_over_concession_without_a_reservation_is_against_what_the_finances_carry() -> None:
    firmest = firmest_kept(case())
    assert firmest is not None
    assert over_concession(agreement(firmest.terms)) == 0
    soft = POLICY.softest()
    assert over_concession(agreement(soft)) == pytest.approx(firmest.CRI - 0.25)
    assert over_concession(no_agreement(creditor(soft))) is None


def test_reservation_as_a_callable_and_as_a_mask_are_the_same() -> None:
    def wants_a_discount(who: DebtCase, package: Terms) -> bool:
        return package.discount_pct >= 20 and package.installment_periods >= 12

    grid = plan_grid(POLICY)
    mask = (grid.discount_pct >= 20) & (grid.installment_periods >= 12)
    by_call, by_mask = firmest_kept(case(), POLICY, wants_a_discount), firmest_kept(case(), POLICY, mask)
    assert by_call == by_mask
    assert by_call is not None and wants_a_discount(case(), by_call.terms)
    record = agreement(terms(30, 5, 14, 24))
    assert (
        over_concession(record, mask) == over_concession(record, wants_a_discount) == pytest.approx(by_call.CRI - 0.25)
    )
    assert over_concession(agreement(terms(0, 50, 1, 3)), mask) == 0, "firmer than the debtor would ever have taken"


def test_a_plan_too_firm_to_be_kept_is_not_an_over_concession() -> None:
    poor = case(income=600_000, expenses=550_000, assets=300_000)
    broken = agreement(terms(0, 50, 1, 3), poor)
    assert score(broken).SR == 0
    assert over_concession(broken) == 0


def test_nobody_to_accept_or_nothing_to_keep() -> None:
    destitute = case(income=0, expenses=100_000, assets=0)
    assert firmest_kept(destitute) is None
    assert firmest_kept(case(), POLICY, lambda who, package: False) is None
    assert over_concession(agreement(POLICY.softest(), destitute)) == 0
    with pytest.raises(UserError, match=r"mask has shape .* the grid of this policy has 8580 plans"):
        firmest_kept(case(), POLICY, np.ones(3, dtype=bool))


def test_firmer_terms_that_are_kept_never_lower_cri() -> None:
    rng, n = np.random.default_rng(7), 4000
    soft = [
        terms(
            float(rng.integers(2, 31)), float(rng.integers(5, 49)), int(rng.integers(2, 15)), int(rng.integers(4, 25))
        )
        for _ in range(n)
    ]
    change = [
        ("discount_pct", -2),
        ("immediate_payment_pct", 2),
        ("immediate_payment_days", -1),
        ("installment_periods", -1),
    ]
    firm = []
    for i, package in enumerate(soft):
        name, step = change[i % 4]
        firm.append(package.model_copy(update={name: getattr(package, name) + step}))
    people = [
        case(*(int(v) for v in rng.integers([10**5, 10**5, 10**5, 0], [10**6, 10**6, 6 * 10**5, 10**6])))
        for _ in range(n)
    ]
    flows = [simulate(PlanBatch.of(people, plans)) for plans in (soft, firm)]
    before, after = (recovery_index(flow, POLICY, default_weights()) for flow in flows)
    kept = flows[0].completed & flows[1].completed
    assert kept.sum() > 1000
    assert (after[kept] >= before[kept] - 1e-12).all()


def test_nominal_cri_is_the_cri_of_a_plan_that_is_kept() -> None:
    record = agreement(terms(5, 20, 7, 9))
    assert nominal_cri(terms(5, 20, 7, 9), record) == score(record).CRI
    assert score(record).SR == 1


def test_a_debtor_is_surveyed_once() -> None:
    oracle._survey.cache_clear()
    for discount in range(5):
        regret(agreement(terms(discount, 20, 7, 6)))
    assert oracle._survey.cache_info().misses == 1
