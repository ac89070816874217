"""The paired differences in one unit, so that thirteen metrics fit on one axis and better always lies to the right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, sqrt

import numpy as np

from metrics.scorecard import INDICES, METRICS, Metric
from programs.comparison.paired import Difference, PairResult
from programs.playing.evaluate import Evaluation, shared_debtors


@dataclass(frozen=True)
class Standardised:
    """One metric's paired difference in standard deviations between debtors, turned so that right is better."""

    metric: Metric
    found: Difference
    mean: float
    """Infinite where all debtors differ alike and none differs from another."""
    low: float | None
    high: float | None
    margin: float | None
    """Half the width of the band that counts as no difference."""


def standardised(pair: PairResult, baseline: Evaluation, program: Evaluation) -> list[Standardised]:
    """The metrics of `pair` in the order of every table, indices last.

    The unit is the pooled standard deviation of the two programs' debtor means (Cohen's d with the average variance;
    Cumming 2012, Understanding the New Statistics, chapter 11). A metric without a better direction is not turned.
    """
    shared = set(shared_debtors(baseline, program))
    rows = []
    for metric in (*METRICS, *INDICES):
        spread = _pooled_sd(*(_debtor_means(one.values(metric.id), shared) for one in (baseline, program)))
        rows.append(_row(metric, pair.metrics[metric.id], spread))
    return rows


def _row(metric: Metric, found: Difference, spread: float) -> Standardised:
    gap, turn = found.difference, -1.0 if metric.better == "down" else 1.0
    bounds = None if gap.bounds is None else sorted(turn * b for b in gap.bounds)
    low, high = (None, None) if bounds is None else (_over(bounds[0], spread), _over(bounds[1], spread))
    margin = None if found.margin is None else _over(found.margin, spread)
    return Standardised(metric, found, _over(turn * gap.mean, spread), low, high, margin)


def _over(value: float, spread: float) -> float:
    if value == 0:
        return 0.0
    return value / spread if spread > 0 else inf * value


def _pooled_sd(a: list[float], b: list[float]) -> float:
    if len(a) < 2:
        return 0.0
    return sqrt((float(np.var(a, ddof=1)) + float(np.var(b, ddof=1))) / 2)


def _debtor_means(values: Mapping[str, list[float]], shared: set[str]) -> list[float]:
    return [float(np.mean(trials)) for case_id, trials in values.items() if case_id in shared]
