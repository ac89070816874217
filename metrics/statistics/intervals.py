"""Means with intervals, paired differences clustered by debtor, and Holm's correction; one metric or many at once.

Intervals are bootstrap percentiles (Efron 1979) with the level widened for small samples as in Hesterberg, What
Teachers Should Know About the Bootstrap (2015), since the plain percentile interval of a mean is too narrow by a
factor of about sqrt((n - 1) / n) and ignores the fat tails of Student's t. Tests flip the signs of the debtors'
differences (Fisher 1935). Many metrics share the resampled debtors and the flips, so that a column's figures are those
it has alone. Everything is repeatable by its seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from data.frozen import Frozen
from plumbing.errors import UserError

RESAMPLES = 4999
FLIPS = 9999
"""Random sign flips; where all of a sample's 2^n flips are no more than that, each is taken once."""
_BLOCK = 2_000_000
"""Resampled values held in memory at a time."""
_ROUNDING = 1e-9
"""A flip this close to the observed sum is as extreme; relative to the sum of the absolute differences."""


class Interval(Frozen):
    """A mean with its interval, of 95 % unless said otherwise; in artifacts and results its JSON is what stands there.

    The level is no field: those formats have none, and name the few intervals of another level.
    """

    mean: float
    low: float | None = None
    """None, like `high`, where one value alone gives no interval."""
    high: float | None = None
    n: int
    """Values, or debtors, that it rests on."""

    @property
    def bounds(self) -> tuple[float, float] | None:
        """`low` and `high`; None where there is no interval."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    @property
    def leaves_out_0(self) -> bool:
        """Whether there is an interval, and 0 is not between its bounds."""
        return self.bounds is not None and not self.bounds[0] <= 0 <= self.bounds[1]

    def __str__(self) -> str:
        if self.bounds is None:
            return f"{self.mean:.3f} (n = {self.n}, no interval)"
        return "{:.3f} [{:.3f}, {:.3f}]".format(self.mean, *self.bounds)


def mean_interval(values: Sequence[float] | NDArray[np.float64], seed: int = 0, level: float = 0.95) -> Interval:
    """The mean of independent values and its bootstrap interval.

    Args:
        values: one per independent unit (debtor); several trials of one debtor are averaged first.
        seed: of the resampling.
        level: coverage of the interval, between 0 and 1.

    Raises:
        UserError: no values, a value that is not finite, or a level outside (0, 1).
    """
    return mean_intervals(np.asarray(values, dtype=np.float64)[:, np.newaxis], seed, level)[0]


def mean_intervals(columns: NDArray[np.float64], seed: int = 0, level: float = 0.95) -> list[Interval]:
    """`mean_interval` of every column, from the same resampled debtors.

    Args:
        columns: (debtors, metrics).
        seed: of the resampling.
        level: coverage of each interval, between 0 and 1.

    Raises:
        UserError: no debtors, a value that is not finite, or a level outside (0, 1).
    """
    return mean_intervals_at(columns, (level,), seed)[0]


def mean_intervals_at(
    columns: NDArray[np.float64], levels: Sequence[float], seed: int = 0
) -> tuple[list[Interval], ...]:
    """`mean_intervals` at several levels, from the same resamples.

    Raises:
        UserError: as `mean_intervals`.
    """
    for level in levels:
        if not 0 < level < 1:
            raise UserError(f"the level of an interval is {level:g}; give one between 0 and 1, such as 0.95")
    if columns.shape[0] == 0:
        raise UserError("there is nothing to average: not one scored value; look at the unscored and failed counts")
    if not np.isfinite(columns).all():
        raise UserError("a value to average is not finite; leave unscored negotiations out instead of filling them in")
    means, n = columns.mean(axis=0), len(columns)
    if n == 1:
        return tuple([Interval(mean=float(mean), n=1) for mean in means] for _ in levels)
    deviations = columns - means
    resampled_means = np.concatenate([counts @ deviations for counts in _resampled_counts(n, seed)]) / n + means
    shares = np.array([percentiles(n, level) for level in levels])
    return tuple(
        [
            Interval(mean=float(m), low=float(low), high=float(high), n=n)
            for m, low, high in zip(means, lows, highs, strict=True)
        ]
        for lows, highs in np.quantile(resampled_means, shares, axis=0)
    )


def percentiles(n: int, level: float) -> tuple[float, float]:
    """The two percentiles, as shares, that bound an interval of `level` from a bootstrap of `n` values (Hesterberg)."""
    tail = float(stats.norm.cdf(stats.t.ppf((1 - level) / 2, n - 1) * sqrt(n / (n - 1))))
    return tail, 1 - tail


def paired_difference(
    a: Mapping[str, Sequence[float]], b: Mapping[str, Sequence[float]], seed: int = 0, level: float = 0.95
) -> Interval:
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
    return float(sign_flip_p_values(_differences(a, b)[:, np.newaxis], seed)[0])


def sign_flip_p_values(differences: NDArray[np.float64], seed: int = 0) -> NDArray[np.float64]:
    """`paired_p_value` of every column, from the same flips.

    Args:
        differences: (debtors, metrics), each a debtor's program minus baseline.
        seed: of the flips, where they are drawn.

    Returns:
        One p-value a metric: the share of flips whose mean is at least as far from 0 as the observed one. Among drawn
        flips the observed one counts as drawn, so that no p-value is 0 (Phipson and Smyth 2010).
    """
    debtors = len(differences)
    observed = np.abs(differences.sum(axis=0)) - _ROUNDING * np.abs(differences).sum(axis=0)
    drawn = 2**debtors > FLIPS
    blocks = _random_signs(debtors, seed) if drawn else iter([_all_signs(debtors)])
    as_extreme = sum((np.abs(signs @ differences) >= observed).sum(axis=0) for signs in blocks)
    return np.asarray((as_extreme + 1) / (FLIPS + 1) if drawn else as_extreme / 2**debtors, dtype=np.float64)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjusted p-values (Holm 1979), in the order given.

    Not by statsmodels' `multipletests`, which collects garbage at every call: half a second with DSPy loaded.

    Raises:
        UserError: a p-value outside 0..1.
    """
    if any(not 0 <= p <= 1 for p in p_values):
        raise UserError(f"a p-value lies between 0 and 1; got {[p for p in p_values if not 0 <= p <= 1]}")
    order = np.argsort(p_values, kind="stable")
    steps = np.asarray(p_values, dtype=np.float64)[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return [float(p) for p in adjusted]


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


def resampled(values: NDArray[np.float64], seed: int) -> Iterator[NDArray[np.float64]]:
    """Blocks of (resamples, n) values drawn with replacement, together 4,999 rows; for statistics other than means."""
    for drawn in _resamples(len(values), seed):
        yield values[drawn]


def _resampled_counts(n: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Blocks of (resamples, n): how often each of `n` debtors was drawn."""
    for drawn in _resamples(n, seed):
        size = len(drawn)
        cells = drawn + np.arange(size)[:, np.newaxis] * n
        yield np.bincount(cells.ravel(), minlength=size * n).reshape(size, n).astype(np.float64)


def _resamples(n: int, seed: int) -> Iterator[NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    for size in _block_sizes(RESAMPLES, n):
        yield rng.integers(0, n, (size, n))


def _random_signs(n: int, seed: int) -> Iterator[NDArray[np.float64]]:
    """Blocks of (flips, n) with +1 and −1."""
    rng = np.random.default_rng(seed)
    for size in _block_sizes(FLIPS, n):
        yield rng.integers(0, 2, (size, n), dtype=np.int8).astype(np.float64) * 2 - 1


def _all_signs(n: int) -> NDArray[np.float64]:
    return np.array(list(product((1.0, -1.0), repeat=n))).reshape(2**n, n)


def _block_sizes(total: int, width: int) -> list[int]:
    block = max(1, _BLOCK // width)
    return [min(block, total - start) for start in range(0, total, block)]
