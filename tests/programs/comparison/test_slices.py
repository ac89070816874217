"""Slices: who is in which, and one correction over all of them."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.statistics.intervals import holm
from programs.comparison.difference import FEWEST_DEBTORS, DifferenceVerdict
from programs.comparison.slices import DIMENSIONS, DebtBand, debt_band, sliced
from tests.programs.cases import case, random_cases


@pytest.mark.parametrize(
    ("surplus", "band"),
    [
        (-1, DebtBand.NO_SURPLUS),
        (0, DebtBand.NO_SURPLUS),
        (100_000, DebtBand.YEAR),
        (83_334, DebtBand.YEAR),
        (83_333, DebtBand.TWO_YEARS),
        (41_667, DebtBand.TWO_YEARS),
        (41_666, DebtBand.LONGER),
        (1, DebtBand.LONGER),
    ],
)
def test_band_is_the_months_of_surplus_that_the_debt_takes(surplus, band):
    assert debt_band(case(outstanding=1_000_000, income=500_000 + surplus, expenses=500_000)) is band


def test_each_debtor_is_in_one_slice_of_each_dimension():
    cases = [*random_cases(60), case(persona=None, case_id="nobody")]
    values = np.random.default_rng(0).normal(0, 0.1, 61)
    slices = sliced(cases, values, 0.02)
    for dimension in DIMENSIONS:
        ours = [one for one in slices if one.dimension == dimension]
        assert sum(one.debtors for one in ours) == 61
        assert sum(one.debtors * one.objective.difference.mean for one in ours) == pytest.approx(values.sum())
    assert {one.value for one in slices} >= {"cooperative", "unknown", "job_loss"}


def test_slice_is_better_where_it_is_better_and_too_small_slices_are_not_tested():
    cases = [*random_cases(120), case(persona=None, case_id="nobody")]
    hostile = np.array([one.persona == "hostile" for one in cases])
    values = np.random.default_rng(1).normal(0, 0.05, 121) + 0.2 * hostile
    found = {(one.dimension, one.value): one.objective for one in sliced(cases, values, 0.02)}
    assert found["persona", "hostile"].verdict is DifferenceVerdict.BETTER
    assert found["persona", "evasive"].verdict in {DifferenceVerdict.UNDECIDED, DifferenceVerdict.SAME}
    lone = found["persona", "unknown"]
    assert (lone.verdict, lone.p_holm, lone.difference.n) == (DifferenceVerdict.TOO_FEW, None, 1)
    tested = [one for one in found.values() if one.difference.n >= FEWEST_DEBTORS]
    assert [one.p_holm for one in tested] == holm([one.p for one in tested])
