"""How many debtors a paired difference needs, to be shown or to be ruled out.

A t test stands in for the sign-flip test, which it agrees with in large samples; what small samples of signs can never
show is a floor. Its sample size is Guenther's (Sample Size Formulas for Normal Theory T Tests, 1981): the normal test's
and z²/2 more, right to one debtor where statsmodels' `TTestPower` searches for milliseconds. Two one-sided tests
(Schuirmann 1987) are planned as in Chow, Shao and Wang, Sample Size Calculations in Clinical Research (2008), 3.1.
"""

from __future__ import annotations

from math import ceil, log2

from scipy import stats
from statsmodels.stats.power import normal_sample_size_one_tail

POWER = 0.8
_SMALLEST = 1e-3
"""Effects this small, relative to the spread, need more debtors than any book has."""


def fewest_debtors(level: float) -> int:
    """The fewest debtors whose differences, all of one sign, a two-sided sign-flip test rejects at `level`."""
    return ceil(log2(2 / level))


def debtors_to_show(effect: float, spread: float, power: float = POWER, level: float = 0.05) -> int | None:
    """Debtors with whom a two-sided test shows a mean difference with probability `power`.

    Args:
        effect: the true mean difference, in the metric's unit; its sign does not matter.
        spread: standard deviation of the debtors' differences, in the same unit.
        power: wanted, between `level` and 1.
        level: of the test; that of one test divided by their number where Holm corrects.

    Returns:
        None where no thinkable number is enough: the effect is below a thousandth of the spread.
    """
    return _debtors(abs(effect), spread, power, level / 2, fewest_debtors(level))


def debtors_to_equate(
    effect: float, spread: float, margin: float, power: float = POWER, level: float = 0.05
) -> int | None:
    """Debtors with whom two one-sided tests put a difference inside ±margin with probability `power`, or more.

    Args:
        effect: the true mean difference, in the metric's unit.
        spread: standard deviation of the debtors' differences.
        margin: of equivalence, in the same unit.
        power: wanted.
        level: of each one-sided test.

    Returns:
        None where the effect lies outside the margin, or within a thousandth of the spread of its edge.
    """
    return _debtors(margin - abs(effect), spread, 1 - (1 - power) / 2, level, fewest_debtors(level))


def _debtors(distance: float, spread: float, power: float, tail: float, fewest: int) -> int | None:
    """To tell a mean from a bound that lies `distance` below it, with `tail` on that side."""
    if distance <= _SMALLEST * spread:
        return None
    normal = normal_sample_size_one_tail(distance, power, tail, std_null=spread)
    return max(fewest, ceil(float(normal) + stats.norm.isf(tail) ** 2 / 2))
