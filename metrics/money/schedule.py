"""The schedule of a plan: what is due, and which payment falls on which day.

Everything is exact integer arithmetic. Percentages are counted in millionths of a point, amounts in minor
units, so a half cent is rounded up because it is a half and not because a float came out that way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from data.terms import Terms

HORIZON_DAYS = 750
"""Days after the agreement that are looked at; a payment that falls later is not made within the horizon."""
MONTH_DAYS = 30
POINT = 10**6
WHOLE = 100 * POINT
"""100 % in millionths of a percentage point."""
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Schedule:
    """The payments of a plan, in order."""

    due_minor: int
    """Debt after the discount; the payments sum to it."""
    payments: tuple[tuple[int, int], ...]
    """(day after the agreement, amount in minor units): the immediate payment, then the instalments."""


def money_due(terms: Terms, outstanding_minor: int) -> int:
    """What the debtor owes after the discount, minor units, halves rounded up."""
    return share(outstanding_minor, WHOLE - millionths(terms.discount_pct))


def immediate_payment(terms: Terms, outstanding_minor: int) -> int:
    """The first payment, minor units, halves rounded up."""
    return share(money_due(terms, outstanding_minor), millionths(terms.immediate_payment_pct))


def monthly_installment(terms: Terms, outstanding_minor: int) -> int:
    """The equal monthly payment, minor units; the last one also carries the remainder of the division."""
    rest = money_due(terms, outstanding_minor) - immediate_payment(terms, outstanding_minor)
    return rest // terms.installment_periods


def payment_schedule(terms: Terms, outstanding_minor: int) -> Schedule:
    """All payments of the plan, those after the horizon too; they sum to `due_minor` exactly."""
    due = money_due(terms, outstanding_minor)
    first = immediate_payment(terms, outstanding_minor)
    each = (due - first) // terms.installment_periods
    amounts = [first] + [each] * (terms.installment_periods - 1)
    amounts.append(due - sum(amounts))
    days = (terms.immediate_payment_days + MONTH_DAYS * k for k in range(len(amounts)))
    return Schedule(due_minor=due, payments=tuple(zip(days, amounts, strict=True)))


@overload
def share(amount: int, millionths: int) -> int: ...
@overload
def share(amount: Ints, millionths: Ints) -> Ints: ...
def share(amount: int | Ints, millionths: int | Ints) -> int | Ints:
    """`amount` times a percentage, halves rounded up; split so that the product fits into 64 bits."""
    whole, part = amount // WHOLE, amount % WHOLE
    return whole * millionths + (part * millionths + WHOLE // 2) // WHOLE


@overload
def millionths(pct: float) -> int: ...
@overload
def millionths(pct: NDArray[np.float64]) -> Ints: ...
def millionths(pct: float | NDArray[np.float64]) -> int | Ints:
    """A percentage in millionths of a point: exact up to six decimals, the nearest for more."""
    if isinstance(pct, np.ndarray):
        return np.rint(pct * POINT).astype(np.int64)
    return round(pct * POINT)
