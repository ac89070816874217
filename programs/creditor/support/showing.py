"""From what was computed to what is shown: which options stand apart, whether a plan fits what was told, spreads."""

from __future__ import annotations

import numpy as np

from programs.creditor.support.facts import Facts
from programs.creditor.support.learned.finances import Belief
from programs.creditor.support.plans import Floats, Plans, ease, lowest_balance, payments
from programs.creditor.support.support_options import Household, Spread

APART = 0.02
"""Mean ease by which two options differ at least; nearer ones are the same to a debtor."""


def apart(plans: Plans, ranked: list[int], number: int) -> list[int]:
    """The first of the ranked plans that differ from each other by more than a debtor would overlook."""
    chosen: list[int] = []
    eased = ease(plans).mean(axis=1)
    for n in ranked:
        if all(abs(eased[n] - eased[m]) >= APART for m in chosen):
            chosen.append(n)
        if len(chosen) == number:
            break
    return chosen


def index_of(plans: Plans, values: Floats) -> int:
    """Where a package that is among the plans stands first."""
    return int(np.flatnonzero((plans == values).all(axis=1))[0])


def fits_told(facts: Facts, plan: Plans, debt: int) -> bool | None:
    """Whether what was claimed carries a plan of one row, for a debt in minor units; None while too little was told."""
    if facts.income is None or facts.expenses is None:
        return None
    surplus, savings = (facts.income - facts.expenses) / debt, (facts.assets or 0) / debt
    if facts.assets is None:
        return bool(payments(plan)[2][0] <= max(surplus, 0.0) + 1e-12)
    return bool(lowest_balance(plan, surplus, savings)[0] >= -1e-9)


def household_of(belief: Belief, bent: float) -> Household:
    """A belief as it is told, with the chance that the claims are bent."""
    spreads = [_spread(belief, name) for name in ("income", "expenses", "savings")]
    return Household(income=spreads[0], expenses=spreads[1], savings=spreads[2], chance_bent=bent)


def _spread(belief: Belief, name: str) -> Spread:
    drawn = getattr(belief, name)[belief.weights >= 0.05 * belief.weights.max()]
    return Spread(mean=belief.mean(name), low=float(drawn.min()), high=float(drawn.max()))
