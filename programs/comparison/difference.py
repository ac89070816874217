"""What may be said of one metric's difference between two programs, debtor by debtor.

A difference is called one when two things agree: the 95 % interval, a bootstrap clustered by debtor, leaves out 0, and
a sign-flip test over debtors rejects at 5 %, Holm-corrected over the differences that are looked at together. It is
ruled out when the 90 % interval lies inside the margin of equivalence (two one-sided tests at 5 %; Schuirmann 1987).
Anything else is undecided, and how many more debtors would decide is worked out from the observed spread.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from data.frozen import Frozen
from metrics.scorecard import INDEX_IDS, INDICES, METRIC_IDS, METRICS
from metrics.statistics.intervals import Interval, holm, mean_intervals_at, sign_flip_p_values
from metrics.statistics.power import debtors_to_equate, debtors_to_show, fewest_debtors

LEVEL = 0.05
"""A verdict may be wrong this often."""
FEWEST_DEBTORS = fewest_debtors(LEVEL)
"""Six: with five debtors even five differences of one sign happen by chance in more than 5 % of cases (2 / 2^5)."""
MEASURES: tuple[str, ...] = (*METRIC_IDS, *INDEX_IDS)
"""The columns of every matrix of differences."""
_BETTER = {metric.id: metric.better for metric in (*METRICS, *INDICES)}


class DifferenceVerdict(StrEnum):
    """What may be said of a difference."""

    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"
    """As `LOWER`, of a metric without a good direction."""
    LOWER = "lower"
    SAME = "no difference"
    """None as large as the margin."""
    UNDECIDED = "undecided"
    TOO_FEW = "too few debtors"


class Difference(Frozen):
    """One metric of a program against the baseline's."""

    difference: Interval
    """Program minus baseline, debtor by debtor."""
    difference_90: Interval
    """The same with its 90 % interval, by which equivalence and non-inferiority are judged."""
    p: float
    """Of the sign-flip test, two-sided."""
    p_holm: float | None = None
    """Corrected over the thirteen metrics, or over the slices; None where the difference is a question of its own."""
    verdict: DifferenceVerdict
    margin: float | None = None
    """The smallest difference that matters, in the metric's unit."""
    not_worse: bool | None = None
    """Whether the program is surely not worse by the margin; None without margin, direction or debtors enough."""
    more_debtors: int | None = None
    """Undecided only: how many more would decide with 80 % power, were the observed mean and spread the true ones."""


def differences(columns: NDArray[np.float64], margins: Mapping[str, float], seed: int = 0) -> dict[str, Difference]:
    """Every metric and index of a pair of programs, judged.

    Args:
        columns: (debtors, `MEASURES`), program minus baseline, trials averaged.
        margins: by id, as of `programs.comparison.margins`.
        seed: of bootstrap and sign flips.
    """
    p_values = dict(zip(MEASURES, sign_flip_p_values(columns, seed).tolist(), strict=True))
    corrected = dict(zip(METRIC_IDS, holm([p_values[name] for name in METRIC_IDS]), strict=True))
    return {
        name: judged(
            column,
            intervals,
            p=p_values[name],
            p_holm=corrected.get(name),
            tests=len(METRIC_IDS) if name in corrected else 1,
            better=_BETTER[name],
            margin=margins.get(name),
        )
        for name, column, intervals in zip(MEASURES, columns.T, both_intervals(columns, seed), strict=True)
    }


def both_intervals(columns: NDArray[np.float64], seed: int) -> list[tuple[Interval, Interval]]:
    """The 95 % and the 90 % interval of every column's mean."""
    wide, narrow = mean_intervals_at(columns, (1 - LEVEL, 1 - 2 * LEVEL), seed)
    return list(zip(wide, narrow, strict=True))


def judged(
    values: NDArray[np.float64],
    intervals: tuple[Interval, Interval],
    *,
    p: float,
    p_holm: float | None,
    tests: int,
    better: Literal["up", "down"] | None,
    margin: float | None,
) -> Difference:
    """One difference with its verdict.

    Args:
        values: one per debtor.
        intervals: of their mean, 95 % and 90 %.
        p: of the sign-flip test.
        p_holm: corrected, where other differences are looked at with this one.
        tests: how many those are, itself included.
        better: the metric's good direction.
        margin: of equivalence and non-inferiority; None if the metric has none.
    """
    wide, narrow = intervals
    verdict = _verdict(wide, narrow, p if p_holm is None else p_holm, better, margin)
    return Difference(
        difference=wide,
        difference_90=narrow,
        p=p,
        p_holm=p_holm,
        verdict=verdict,
        margin=margin,
        not_worse=_not_worse(narrow, better, margin),
        more_debtors=_more_debtors(values, margin, tests) if verdict is DifferenceVerdict.UNDECIDED else None,
    )


def enough(difference: Interval) -> bool:
    """Whether there are debtors enough to say anything."""
    return difference.n >= FEWEST_DEBTORS and difference.bounds is not None


def shown(difference: Interval, p: float) -> bool:
    """Whether interval and test both leave out 0, with enough debtors.

    Args:
        difference: paired, with its interval.
        p: corrected where several differences answer one question.
    """
    return enough(difference) and p <= LEVEL and difference.leaves_out_0


def inside(narrow: Interval, margin: float | None) -> bool:
    """Whether the 90 % interval lies inside ±margin."""
    if margin is None or narrow.bounds is None:
        return False
    low, high = narrow.bounds
    return -margin < low and high < margin


def _verdict(
    wide: Interval, narrow: Interval, p: float, better: Literal["up", "down"] | None, margin: float | None
) -> DifferenceVerdict:
    if not enough(wide):
        return DifferenceVerdict.TOO_FEW
    if not shown(wide, p):
        return DifferenceVerdict.SAME if inside(narrow, margin) else DifferenceVerdict.UNDECIDED
    rises = wide.mean > 0
    if better is None:
        return DifferenceVerdict.HIGHER if rises else DifferenceVerdict.LOWER
    return DifferenceVerdict.BETTER if rises == (better == "up") else DifferenceVerdict.WORSE


def _not_worse(narrow: Interval, better: Literal["up", "down"] | None, margin: float | None) -> bool | None:
    if margin is None or better is None or not enough(narrow) or narrow.bounds is None:
        return None
    low, high = narrow.bounds
    return low > -margin if better == "up" else high < margin


def _more_debtors(values: NDArray[np.float64], margin: float | None, tests: int) -> int | None:
    """To whichever verdict is nearer; for the strictest of Holm's levels, since which one will count is unknown."""
    mean, spread = float(values.mean()), float(values.std(ddof=1))
    needed = [debtors_to_show(mean, spread, level=LEVEL / tests)]
    if margin is not None:
        needed.append(debtors_to_equate(mean, spread, margin, level=LEVEL))
    known = [debtors for debtors in needed if debtors is not None]
    return max(1, min(known) - len(values)) if known else None
