"""The plain reading of the definition, one day at a time in Python integers and fractions; slow on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from data.domain import DebtCase
from data.terms import Terms

H = 750


@dataclass(frozen=True)
class DayByDay:
    due: int
    paid: int
    completed: bool
    defaulted: bool
    quarter_day: int
    half_day: int
    completion_day: int
    tier_days: tuple[int, ...]
    variance: Fraction


def half_up(value: Fraction) -> int:
    return (value + Fraction(1, 2)).__floor__()


def pct(value: float) -> Fraction:
    return Fraction(f"{value:.6f}") / 100


def payments(terms: Terms, outstanding: int) -> tuple[int, list[tuple[int, int]]]:
    due = half_up(outstanding * (1 - pct(terms.discount_pct)))
    first = half_up(due * pct(terms.immediate_payment_pct))
    n, day = terms.installment_periods, terms.immediate_payment_days
    each = (due - first) // n
    rows = [(day, first)] + [(day + 30 * k, each) for k in range(1, n)]
    rows.append((day + 30 * n, due - first - each * (n - 1)))
    return due, rows


def tier(assets: int, expenses: int) -> int:
    """Runway below 1/2, 1, 2, 4 months; without expenses always the best tier."""
    if expenses == 0:
        return 5
    return 1 + (2 * assets >= expenses) + (assets >= expenses) + (assets >= 2 * expenses) + (assets >= 4 * expenses)


def follow(case: DebtCase, terms: Terms | None) -> DayByDay:
    """Every day 0..750: income, then payments, then the tier of the end of the day."""
    money, outstanding = case.finances, case.debt.outstanding
    due, rows = payments(terms, outstanding) if terms is not None else (0, [])
    amounts: dict[int, int] = dict(rows)
    assets, paid, defaulted, tiers = money.assets, 0, False, []
    quarter = half = completion = H
    for day in range(H + 1):
        if day and day % 30 == 0:
            assets = max(0, assets + money.monthly_income - money.monthly_expenses)
        if day in amounts and not defaulted:
            payment = min(amounts[day], assets)
            defaulted = payment < amounts[day]
            assets, paid = assets - payment, paid + payment
        if 4 * paid >= outstanding:
            quarter = min(quarter, day)
        if 2 * paid >= outstanding:
            half = min(half, day)
        if terms is not None and paid >= due:
            completion = min(completion, day)
        if day:
            tiers.append(tier(assets, money.monthly_expenses))
    later = sum(amount for day, amount in rows if day > H)
    mean = Fraction(sum(tiers), H)
    return DayByDay(
        due=due,
        paid=paid,
        defaulted=defaulted,
        completed=terms is not None and not defaulted and later == 0,
        quarter_day=quarter,
        half_day=half,
        completion_day=completion,
        tier_days=tuple(tiers.count(t) for t in range(1, 6)),
        variance=Fraction(sum(t * t for t in tiers), H) - mean * mean,
    )
