"""Rubin's rules against a figure worked out by hand, and against a simulation."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.statistics.imputation import pooled
from metrics.statistics.intervals import Interval


def interval(mean: float, error: float) -> Interval:
    return Interval(mean=mean, low=mean - 1.959964 * error, high=mean + 1.959964 * error, n=50)


def test_by_hand():
    """Means 1, 2, 3 with error 0.5: W = 0.25, B = 1, T = 0.25 + 4/3; lambda = 0.842, df = 2.82, t = 3.30."""
    one = pooled([interval(mean, 0.5) for mean in (1.0, 2.0, 3.0)])
    assert (one.mean, one.draws) == (2.0, 3)
    assert (one.within, one.between) == (pytest.approx(0.5), pytest.approx(1.0))
    assert one.share_of_draw == pytest.approx(0.8421, abs=1e-3)
    assert one.high - one.mean == pytest.approx(3.30 * (0.25 + 4 / 3) ** 0.5, rel=0.01)


def test_draws_that_agree_leave_the_interval_as_it_was():
    one = pooled([interval(0.3, 0.1)] * 4)
    assert (one.low, one.high, one.share_of_draw) == (
        pytest.approx(0.104, abs=1e-4),
        pytest.approx(0.496, abs=1e-4),
        0.0,
    )


def test_the_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(400):
        shared, drawn = rng.normal(0, 0.2), rng.normal(0, 0.1, 5)
        one = pooled([interval(shared + draw, 0.2) for draw in drawn])
        covered += one.low <= 0 <= one.high
    assert covered / 400 > 0.93
