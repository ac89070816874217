"""Means with intervals, paired differences clustered by debtor, and Holm's correction.

Intervals are bootstrap percentiles (Efron 1979) with the level widened for small samples as in Hesterberg, What
Teachers Should Know About the Bootstrap (2015), since the plain percentile interval of a mean is too narrow by a
factor of about sqrt((n - 1) / n) and ignores the fat tails of Student's t. Everything is repeatable by its seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, nan, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests

from data.errors import UserError

RESAMPLES = 4999
_BLOCK = 2_000_000
"""Resampled values held in memory at a time."""


@dataclass(frozen=True)
class Estimate:
    """A mean with its interval."""

    mean: float
    low: float
    """NaN, like `high`, where one value alone gives no interval."""
    high: float
    n: int
    """Values, or debtors, that it rests on."""

    def __str__(self) -> str:
        if not isfinite(self.low):
            return f"{self.mean:.3f} (n = {self.n}, no interval)"
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def mean_interval(values: Sequence[float] | NDArray[np.float64], seed: int = 0, level: float = 0.95) -> Estimate:
    """The mean of independent values and its bootstrap interval.

    Args:
        values: one per independent unit (debtor); several trials of one debtor are averaged first.
        seed: of the resampling.
        level: coverage of the interval, between 0 and 1.

    Raises:
        UserError: no values, a value that is not finite, or a level outside (0, 1).
    """
    if not 0 < level < 1:
        raise UserError(f"the level of an interval is {level:g}; give one between 0 and 1, such as 0.95")
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        raise UserError("there is nothing to average: not one scored value; look at the unscored and failed counts")
    if not np.isfinite(array).all():
        raise UserError("a value to average is not finite; leave unscored negotiations out instead of filling them in")
    mean, n = float(array.mean()), len(array)
    if n == 1:
        return Estimate(mean, nan, nan, 1)
    tail = float(stats.norm.cdf(stats.t.ppf((1 - level) / 2, n - 1) * sqrt(n / (n - 1))))
    low, high = np.quantile(_resampled_means(array, seed), [tail, 1 - tail])
    return Estimate(mean, float(low), float(high), n)


def paired_difference(
    a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]], seed: int = 0, level: float = 0.95
) -> Estimate:
    """Mean of b − a over debtors that both met, with an interval from resampling debtors, trials and all.

    Args:
        a: by case id, the values of all trials with that debtor.
        b: the same for the other version, with the same debtors.
        seed: of the resampling.
        level: coverage of the interval.

    Raises:
        UserError: the debtors differ, a debtor has no trial, or there is no debtor.
    """
    return mean_interval(_differences(a, b), seed, level)


def paired_p_value(a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]], seed: int = 0) -> float:
    """Two-sided p-value that b − a has mean 0, by flipping the signs of the debtors' differences (Fisher 1935).

    Exact when there are few enough debtors to go through all flips, otherwise from 9,999 random ones. 1 where all
    differences are 0.
    """
    differences = _differences(a, b)
    if len(differences) < 2 or not np.any(differences):
        return 1.0
    result = stats.permutation_test(
        (differences,),
        lambda x, axis: np.mean(x, axis=axis),
        permutation_type="samples",
        n_resamples=9999,
        vectorized=True,
        rng=np.random.default_rng(seed),
    )
    return float(result.pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values (Holm 1979), in the order given.

    Raises:
        UserError: a p-value outside 0..1.
    """
    if any(not 0 <= p <= 1 for p in p_values):
        raise UserError(f"a p-value lies between 0 and 1; got {[p for p in p_values if not 0 <= p <= 1]}")
    if not p_values:
        return []
    return [float(p) for p in multipletests(list(p_values), method="holm")[1]]


def _differences(a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]]) -> NDArray[np.float64]:
    """b − a per debtor, trials averaged; sorted by id, so that the order of files does not matter."""
    if only := sorted(set(a) ^ set(b)):
        raise UserError(
            f"the two sides were not scored on the same debtors: {only[0]} and {len(only) - 1} more are on one side "
            "only; compare the debtors that both have"
        )
    if empty := sorted(case for case in a if not len(a[case]) or not len(b[case])):
        raise UserError(f"debtor {empty[0]} has no scored trial on one side; leave it out of the comparison")
    return np.array([np.mean(b[case]) - np.mean(a[case]) for case in sorted(a)], dtype=np.float64)


def _resampled_means(values: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    rng, n = np.random.default_rng(seed), len(values)
    block = max(1, _BLOCK // n)
    sizes = [min(block, RESAMPLES - start) for start in range(0, RESAMPLES, block)]
    return np.concatenate([values[rng.integers(0, n, (size, n))].mean(axis=1) for size in sizes])
