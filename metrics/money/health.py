"""The debtor's financial health: days in the lower four asset tiers (L1D..L4D) and the variance of the tier (ATV).

The tier of a day is the runway, end-of-day assets over monthly expenses: 1 below half a month, 2 below one,
3 below two, 4 below four, 5 from there on (and always, for a person without expenses).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from metrics.money.simulation import HORIZON_DAYS, CashFlow, Ints


def tier_days(flow: CashFlow) -> Ints:
    """(4, N): L1D..L4D; the days in tier 5 are what is missing to the horizon."""
    return flow.tier_days[:4]


def tier_variance(flow: CashFlow) -> NDArray[np.float64]:
    """ATV: population variance of the tier number over days 1..H; counted in integers, divided once."""
    _, second, third, fourth, fifth = flow.tier_days  # tiers counted from 0: a shift leaves the variance alone
    total = second + 2 * third + 3 * fourth + 4 * fifth
    squares = second + 4 * third + 9 * fourth + 16 * fifth
    return (HORIZON_DAYS * squares - total * total) / HORIZON_DAYS**2
