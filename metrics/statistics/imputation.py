"""Estimates from several completed data sets made one: Rubin's rules (Rubin 1987, "Multiple imputation for nonresponse
in surveys", section 3.1)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.stats import t

from data.frozen import Frozen
from metrics.statistics.intervals import Interval

_NORMAL_95 = 1.959964
"""Half the width of a 95 % interval, in standard errors."""


class Pooled(Frozen):
    """One quantity over several draws of what nobody knows."""

    mean: float
    low: float
    high: float
    """95 % interval, with the draws' spread in it."""
    within: float
    """Standard error inside a draw, of the debtors that there are."""
    between: float
    """Standard deviation between the draws."""
    share_of_draw: float
    """Share of the total variance that is due to what was drawn, 0 to 1."""
    draws: int


def pooled(intervals: Sequence[Interval]) -> Pooled:
    """One quantity from its mean and 95 % interval in each draw.

    Args:
        intervals: one a draw, two or more; one without bounds (a single debtor) counts as sure.
    """
    means = np.array([one.mean for one in intervals])
    within = float(np.mean([_error(one) ** 2 for one in intervals]))
    between = float(means.var(ddof=1))
    drawn = (1 + 1 / len(means)) * between
    total = within + drawn
    share = drawn / total if total > 0 else 0.0
    half = _half_width(total, share, len(means))
    mean = float(means.mean())
    return Pooled(
        mean=mean,
        low=mean - half,
        high=mean + half,
        within=math.sqrt(within),
        between=math.sqrt(between),
        share_of_draw=share,
        draws=len(means),
    )


def _error(one: Interval) -> float:
    return 0.0 if one.low is None or one.high is None else (one.high - one.low) / (2 * _NORMAL_95)


def _half_width(total: float, share: float, draws: int) -> float:
    freedom = (draws - 1) / share**2 if share > 0 else math.inf
    width = float(t.ppf(0.975, freedom)) if math.isfinite(freedom) else _NORMAL_95
    return width * math.sqrt(total)
