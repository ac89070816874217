"""What a plan's cash flow shows of three aspects, each as pure arithmetic.

- Debt recovery: was the plan kept (SR), and what share of the debt came back (RR).
- Collection efficiency: the recovery dates (QRD, HRD, CRD), and the slowest that a policy allows.
- The debtor's financial health: days in the lower four asset tiers (L1D..L4D) and the variance of the tier (ATV). The
  tier of a day is the runway, end-of-day assets over monthly expenses: 1 below half a month, 2 below one, 3 below two,
  4 below four, 5 from there on (and always, for a person without expenses).
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import ceil

import numpy as np
from numpy.typing import NDArray

from data.domain import CreditorPolicy
from metrics.money.simulation import HORIZON_DAYS, MONTH_DAYS, CashFlow, Ints


def success(flow: CashFlow) -> Ints:
    """SR: 1 where every payment of the agreed plan is made within the horizon, 0 elsewhere and without a plan."""
    return flow.completed.astype(np.int64)


def recovery_rate(flow: CashFlow) -> NDArray[np.float64]:
    """RR: money paid within the horizon as a share of the outstanding debt, 0..1."""
    return flow.paid / flow.outstanding


def recovery_dates(flow: CashFlow) -> tuple[Ints, Ints, Ints]:
    """QRD, HRD, CRD: first day with 25 % and 50 % of the outstanding debt and with all that is due paid; else 750."""
    return flow.quarter_day, flow.half_day, flow.completion_day


@lru_cache(maxsize=256)
def slowest_dates(policy: CreditorPolicy) -> tuple[int, int, int]:
    """(Q*, H*, C*): the three dates of the softest plan that the policy allows when every payment is made.

    They follow from the percentages alone, so that they are one set for all debts of a policy. A date that
    the softest plan never reaches, or not within the horizon, is the horizon.
    """
    softest = policy.softest()
    due = 1 - Fraction(f"{softest.discount_pct:.6f}") / 100
    first = due * Fraction(f"{softest.immediate_payment_pct:.6f}") / 100
    each = (due - first) / softest.installment_periods

    def date(goal: Fraction) -> int:
        if goal > due:
            return HORIZON_DAYS
        months = ceil((goal - first) / each) if goal > first else 0
        return min(softest.immediate_payment_days + MONTH_DAYS * months, HORIZON_DAYS)

    return date(Fraction(1, 4)), date(Fraction(1, 2)), date(due)


def efficiency(dates: tuple[Ints, Ints, Ints], policy: CreditorPolicy) -> NDArray[np.float64]:
    """Ê of QRD, HRD and CRD: 1 at once, 0 as slow as the slowest plan of the policy or slower; their mean."""
    lateness = [_lateness(date, slowest) for date, slowest in zip(dates, slowest_dates(policy), strict=True)]
    return 1 - (lateness[0] + lateness[1] + lateness[2]) / 3


def _lateness(date: Ints, slowest: int) -> NDArray[np.float64]:
    # a policy that demands everything on day 0 leaves nothing to be early against
    return np.minimum(date / slowest, 1) if slowest else np.ones(len(date))


def tier_days(flow: CashFlow) -> Ints:
    """(4, N): L1D..L4D; the days in tier 5 are what is missing to the horizon."""
    return flow.tier_days[:4]


def tier_variance(flow: CashFlow) -> NDArray[np.float64]:
    """ATV: population variance of the tier number over days 1..H; counted in integers, divided once."""
    _, second, third, fourth, fifth = flow.tier_days  # tiers counted from 0: a shift leaves the variance alone
    total = second + 2 * third + 3 * fourth + 4 * fifth
    squares = second + 4 * third + 9 * fourth + 16 * fifth
    return (HORIZON_DAYS * squares - total * total) / HORIZON_DAYS**2
