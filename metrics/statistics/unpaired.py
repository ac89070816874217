"""The difference of two means over different debtors: Welch's interval and test (1947), and how unlike they are."""

from __future__ import annotations

from math import comb, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from metrics.statistics.intervals import Interval

Floats = NDArray[np.float64]


def unpaired_difference(a: Floats, b: Floats, level: float = 0.95) -> tuple[Interval, float]:
    """Mean of b − a with its interval, and the two-sided p-value that it is 0.

    Where all values of a side are one and the same on both sides, Welch's test knows no spread; then the p-value is
    the chance that debtors dealt out at random part so, and the interval has no width.

    Args:
        a, b: one value a debtor, trials averaged; none is empty.
        level: coverage of the interval.

    Returns:
        The interval's `n` counts the debtors of both sides; with one debtor on a side there are no bounds and p is 1.
    """
    difference, n = float(b.mean() - a.mean()), len(a) + len(b)
    if min(len(a), len(b)) == 1:
        return Interval(mean=difference, n=n), 1.0
    variances = (float(a.var(ddof=1)) / len(a), float(b.var(ddof=1)) / len(b))
    error = sqrt(sum(variances))
    if not error:
        chance = min(1.0, 2 / comb(n, len(a))) if difference else 1.0
        return Interval(mean=difference, low=difference, high=difference, n=n), chance
    freedom = error**4 / (variances[0] ** 2 / (len(a) - 1) + variances[1] ** 2 / (len(b) - 1))
    wide = float(stats.t.ppf((1 + level) / 2, freedom)) * error
    p_value = 2 * float(stats.t.sf(abs(difference) / error, freedom))
    return Interval(mean=difference, low=difference - wide, high=difference + wide, n=n), p_value


def standardised_difference(a: Floats, b: Floats) -> float | None:
    """How far apart two groups lie, in pooled standard deviations (Austin 2009); None where neither varies.

    Args:
        a, b: one value a debtor.
    """
    spread = sqrt((float(a.var()) + float(b.var())) / 2)
    return float(b.mean() - a.mean()) / spread if spread else None
