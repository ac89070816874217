"""How many debtors a paired difference needs, to be shown or to be ruled out.

A t test stands in for the sign-flip test, which it agrees with in large samples; what small samples of signs can never
show is a floor. Two one-sided tests (Schuirmann 1987) are planned as in Chow, Shao and Wang, Sample Size Calculations
in Clinical Research (2008), section 3.1.
"""

from __future__ import annotations

from math import ceil, isfinite, log2

from statsmodels.stats.power import TTestPower

POWER = 0.8
_LARGEST, _SMALLEST = 2.0, 1e-3
"""Standardised effects: beyond the one the floor rules, short of the other no book has debtors enough."""


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
    return _debtors(abs(effect), spread, power, level, "two-sided")


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
    return _debtors(margin - abs(effect), spread, 1 - (1 - power) / 2, level, "larger")


def _debtors(distance: float, spread: float, power: float, level: float, alternative: str) -> int | None:
    if distance <= _SMALLEST * spread:
        return None
    standardised = min(distance / spread, _LARGEST) if spread > 0 else _LARGEST
    found = float(TTestPower().solve_power(standardised, alpha=level, power=power, alternative=alternative))
    return max(ceil(found), fewest_debtors(level)) if isfinite(found) else None
