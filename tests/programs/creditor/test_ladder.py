from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from data.dimensions import DIMENSIONS, SPECS
from data.domain import CreditorPolicy
from data.terms import Terms
from metrics.money.valuation import creditor_value, rung_matched
from programs.creditor.ladder import build_ladder

POLICY = CreditorPolicy()
packages = st.builds(
    Terms,
    discount_pct=st.integers(0, 100),
    immediate_payment_pct=st.integers(0, 100),
    immediate_payment_days=st.integers(0, 60),
    installment_periods=st.integers(1, 60),
)


def terms(discount: float, first: float, days: int, periods: int) -> Terms:
    return Terms(
        discount_pct=discount, immediate_payment_pct=first, immediate_payment_days=days, installment_periods=periods
    )


@given(packages, packages, packages, st.sampled_from(DIMENSIONS), st.integers(2, 12), st.none() | packages)
@settings(deadline=None, max_examples=150)
def test_a_ladder_is_legal_monotone_and_has_no_two_equal_rungs(opening, target, floor, first, rungs, standing):
    standing = POLICY.clamp(standing) if standing else None
    ladder = build_ladder(opening, target, floor, first, POLICY, rungs=rungs, standing=standing)
    assert 1 <= len(ladder) <= rungs
    assert ladder[0] == (standing or POLICY.clamp(opening))
    for above, below in pairwise(ladder):
        assert above != below
        assert above.softest_with(below) == below
    for rung in ladder:
        assert POLICY.breaches(rung) == ()
    values = [creditor_value(rung, POLICY) for rung in ladder]
    assert values == sorted(values, reverse=True)


def test_the_dimension_named_first_gives_way_first_and_the_floor_comes_last():
    ladder = build_ladder(terms(0, 50, 1, 6), terms(0, 50, 1, 6), terms(10, 20, 7, 12), "discount_pct", POLICY, rungs=9)
    assert ladder[1].discount_pct > 0
    assert ladder[1].installment_periods == 6
    assert ladder[-1] == terms(10, 20, 7, 12)


def test_a_new_plan_never_goes_back_behind_what_was_offered():
    standing = terms(5, 20, 7, 12)
    ladder = build_ladder(
        terms(0, 50, 1, 3), terms(0, 40, 3, 6), terms(10, 10, 7, 18), "discount_pct", POLICY, standing=standing
    )
    assert ladder[0] == standing
    for dimension in DIMENSIONS:
        sign = SPECS[dimension].sign
        assert all(sign * getattr(rung, dimension) >= sign * getattr(standing, dimension) for rung in ladder)


def test_an_offer_is_matched_to_the_firmest_rung_that_it_is_worth():
    ladder = build_ladder(terms(0, 50, 1, 3), terms(0, 20, 7, 12), terms(10, 5, 14, 24), "installment_periods", POLICY)
    assert rung_matched(POLICY.firmest(), ladder, POLICY) == 0
    assert rung_matched(POLICY.softest(), ladder, POLICY) is None
    assert rung_matched(ladder[-1], ladder, POLICY) == len(ladder) - 1
    assert rung_matched(ladder[2], ladder, POLICY) == 2


def test_creditor_value_is_the_worked_examples_cri_of_a_kept_plan():
    assert round(creditor_value(terms(0, 10, 7, 6), POLICY), 6) == 0.926806
    assert round(creditor_value(terms(30, 5, 14, 24), POLICY), 6) == 0.25
