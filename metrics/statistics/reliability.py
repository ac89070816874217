"""Beyond the mean: does a program succeed every time, and how do the debtors fare who fare worst?

Pass^k is that of tau-bench (Yao et al. 2024, arXiv 2406.12045); the mean of a worst share is what finance calls
expected shortfall (Acerbi and Tasche 2002).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, comb

import numpy as np
from numpy.typing import NDArray

from metrics.statistics.intervals import Interval, mean_interval, percentiles, resampled
from plumbing.errors import UserError

WORST_SHARE = 0.1


def pass_pow_k(successes: Mapping[str, Sequence[bool]], seed: int = 0) -> dict[int, Interval]:
    """Pass^k for k = 1, 2, ...: the chance that k trials with one debtor, drawn at random, all succeed.

    The unbiased estimator C(c, k) / C(n, k) of a debtor with c successes in n trials, averaged over debtors. A debtor
    with fewer than k scored trials is left out at k; `n` of the interval says how many remain.

    Args:
        successes: by case id, one value a scored trial.
        seed: of the bootstrap over debtors.

    Raises:
        UserError: there is no trial.
    """
    most = max((len(trials) for trials in successes.values()), default=0)
    if most == 0:
        raise UserError("there is no scored negotiation to count successes of")
    return {
        k: mean_interval(
            [comb(sum(trials), k) / comb(len(trials), k) for trials in successes.values() if len(trials) >= k], seed
        )
        for k in range(1, most + 1)
    }


def worst_share_mean(values: Sequence[float] | NDArray[np.float64], seed: int = 0, level: float = 0.95) -> Interval:
    """Mean of the lowest tenth of the values, rounded up to whole debtors, with its bootstrap interval.

    Args:
        values: one per debtor, higher is better; several trials of one debtor are averaged first.
        seed: of the bootstrap, which resamples all debtors and takes the worst of each resample.
        level: coverage of the interval.

    Returns:
        `n` is the number of debtors in the tenth. There is no interval where that is one alone: no resample has a
        lower value than the lowest.

    Raises:
        UserError: no values.
    """
    array = np.sort(np.asarray(values, dtype=np.float64))
    if array.size == 0:
        raise UserError("there is no scored negotiation to take the worst tenth of")
    worst = ceil(WORST_SHARE * len(array))
    mean = float(array[:worst].mean())
    if worst == 1:
        return Interval(mean=mean, n=1)
    means = np.concatenate([_lowest(block, worst).mean(axis=1) for block in resampled(array, seed)])
    low, high = np.quantile(means, percentiles(len(array), level))
    return Interval(mean=mean, low=float(low), high=float(high), n=worst)


def _lowest(rows: NDArray[np.float64], number: int) -> NDArray[np.float64]:
    return np.partition(rows, number - 1, axis=1)[:, :number]
