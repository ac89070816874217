"""Statistics, pinned to numbers and re-derived from their definitions."""

from __future__ import annotations

from itertools import product
from math import sqrt

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from metrics.statistics.intervals import (
    Interval,
    holm,
    mean_interval,
    mean_intervals,
    paired_difference,
    paired_p_value,
    sign_flip_p_values,
)
from plumbing.errors import UserError

VALUES = [0.2, 0.4, 0.4, 0.5, 0.7, 0.9, 0.1, 0.3]


def test_pinned() -> None:
    estimate = mean_interval(VALUES, seed=0)
    assert (round(estimate.mean, 6), estimate.n) == (0.4375, 8)
    assert (round(estimate.low, 4), round(estimate.high, 4)) == (0.2375, 0.6625)


def test_seed_is_honoured_and_zero_is_a_seed() -> None:
    assert mean_interval(VALUES, 0) == mean_interval(VALUES, 0) == mean_interval(VALUES)
    uneven = [value**0.5 for value in VALUES]
    assert mean_interval(uneven, 0) != mean_interval(uneven, 1)


def test_interval_is_close_to_students_for_a_mean() -> None:
    values = np.random.default_rng(3).normal(1, 2, 40)
    estimate = mean_interval(values.tolist())
    half = stats.t.ppf(0.975, 39) * values.std(ddof=1) / sqrt(40)
    assert estimate.low == pytest.approx(values.mean() - half, abs=0.08)
    assert estimate.high == pytest.approx(values.mean() + half, abs=0.08)


def test_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    samples = rng.exponential(1, (150, 12))
    hits = sum(e.low <= 1 <= e.high for e in (mean_interval(sample.tolist()) for sample in samples))
    assert 0.86 <= hits / 150 <= 0.99


def test_higher_level_is_wider() -> None:
    narrow, wide = mean_interval(VALUES, level=0.8), mean_interval(VALUES, level=0.99)
    assert wide.low < narrow.low < narrow.mean < narrow.high < wide.high


def test_constant_and_single_values() -> None:
    assert mean_interval([0.5] * 9) == Interval(mean=0.5, low=0.5, high=0.5, n=9)
    single = mean_interval([0.5])
    assert (single.mean, single.n) == (0.5, 1) and single.low is None and single.high is None
    assert str(single) == "0.500 (n = 1, no interval)"
    assert str(Interval(mean=0.5, low=0.25, high=0.75, n=3)) == "0.500 [0.250, 0.750]"


@pytest.mark.parametrize(
    ("values", "level", "sentence"),
    [
        ([], 0.95, "nothing to average"),
        ([1.0, float("nan")], 0.95, "not finite"),
        (VALUES, 1.0, "level of an interval is 1; give one between 0 and 1"),
    ],
)
def test_no_interval_from_nothing(values: list[float], level: float, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        mean_interval(values, level=level)


def test_difference_is_by_debtor_whatever_the_number_of_trials() -> None:
    a = {"x": [0.0, 0.5], "y": [0.5], "z": [0.25, 0.25, 0.25]}
    b = {"z": [0.5, 0.0], "y": [1.0, 1.0], "x": [0.25]}
    estimate = paired_difference(a, b)
    assert estimate == mean_interval([0.0, 0.5, 0.0])
    assert estimate.n == 3


def test_difference_clusters_trials() -> None:
    """Ten trials with each of four debtors are four facts, not forty."""
    rng = np.random.default_rng(5)
    shift = {"a": 0.3, "b": -0.2, "c": 0.1, "d": 0.0}
    a = {who: rng.normal(0, 0.01, 10).tolist() for who in shift}
    b = {who: (np.array(a[who]) + shift[who]).tolist() for who in shift}
    clustered = paired_difference(a, b)
    naive = mean_interval([b[who][i] - a[who][i] for who in shift for i in range(10)])
    assert clustered.mean == pytest.approx(naive.mean)
    assert clustered.high - clustered.low > 2 * (naive.high - naive.low)


def test_difference_needs_the_same_debtors() -> None:
    with pytest.raises(UserError, match="not scored on the same debtors: b and 1 more are on one side only"):
        paired_difference({"a": [1], "b": [1]}, {"a": [1], "c": [1]})
    with pytest.raises(UserError, match="debtor a has no scored trial"):
        paired_difference({"a": []}, {"a": [1]})


def test_p_value_is_the_share_of_sign_flips_at_least_as_large() -> None:
    differences = [0.3, 0.1, 0.2, -0.05, 0.4, 0.15]
    a, b = {str(i): [0.0] for i in range(6)}, {str(i): [d] for i, d in enumerate(differences)}
    flips = [
        abs(np.mean([s * d for s, d in zip(signs, differences, strict=True)])) for signs in product((1, -1), repeat=6)
    ]
    exact = sum(flip >= abs(np.mean(differences)) - 1e-12 for flip in flips) / len(flips)
    assert paired_p_value(a, b) == pytest.approx(exact)


def test_p_value_of_nothing_and_of_much() -> None:
    same = {str(i): [0.5] for i in range(30)}
    better = {str(i): [0.6 + i / 1000] for i in range(30)}
    assert paired_p_value(same, same) == 1
    assert paired_p_value(same, better, seed=0) < 0.001
    assert paired_p_value(same, better, seed=0) == paired_p_value(same, better, seed=0)


@pytest.mark.parametrize("debtors", [1, 5, 13, 14, 60])
def test_many_metrics_at_once_are_each_metric_alone(debtors: int) -> None:
    columns = np.random.default_rng(debtors).normal(0.2, 1, (debtors, 4))
    together = sign_flip_p_values(columns, seed=3)
    alone = [sign_flip_p_values(column[:, np.newaxis], seed=3)[0] for column in columns.T]
    assert together.tolist() == alone
    for estimate, column in zip(mean_intervals(columns, seed=3), columns.T, strict=True):
        single = mean_interval(column, seed=3)
        assert (estimate.mean, estimate.low, estimate.high) == pytest.approx(
            (single.mean, single.low, single.high), nan_ok=True
        )


@pytest.mark.parametrize("debtors", [2, 7, 13, 40, 195])
def test_sign_flips_agree_with_scipy(debtors: int) -> None:
    values = np.random.default_rng(debtors).exponential(1, debtors) - 0.8
    found = stats.permutation_test(
        (values,),
        lambda x, axis: np.mean(x, axis=axis),
        permutation_type="samples",
        n_resamples=9999,
        vectorized=True,
        rng=np.random.default_rng(1),
    )
    ours = sign_flip_p_values(values[:, np.newaxis])[0]
    assert ours == pytest.approx(found.pvalue, abs=1e-9 if debtors <= 13 else 0.02)


def test_flips_that_differ_by_rounding_alone_are_ties() -> None:
    """0.1 + 0.2 − 0.3 is 0 on paper and 5e-17 in binary; no flip is nearer to 0 than nothing."""
    assert sign_flip_p_values(np.array([[0.1], [0.2], [-0.3]]))[0] == 1
    assert sign_flip_p_values(np.zeros((40, 1)))[0] == 1


def test_no_debtor_refutes_nothing() -> None:
    assert sign_flip_p_values(np.zeros((0, 2))).tolist() == [1, 1]


def test_holm_by_its_definition() -> None:
    p = [0.01, 0.04, 0.03, 0.005]
    assert holm(p) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    order = np.argsort(p)
    stepped = np.minimum(np.maximum.accumulate([(len(p) - i) * p[j] for i, j in enumerate(order)]), 1)
    assert [holm(p)[j] for j in order] == pytest.approx(stepped.tolist())
    many = np.random.default_rng(4).uniform(0, 1, 13) ** 3
    assert holm(many.tolist()) == pytest.approx(multipletests(many, method="holm")[1].tolist())
    assert holm([]) == [] and holm([0.5]) == [0.5] and holm([0.9, 0.8]) == pytest.approx([1, 1])
    with pytest.raises(UserError, match="between 0 and 1"):
        holm([1.5])
