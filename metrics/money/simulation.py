"""The repayment plan: its schedule (schedule.py), and what the debtor's money does to it over 750 days.

`simulate` is exact integer arithmetic. It steps over the 26 income days and the payment between two of them, not
over 750 days: the debtor's assets are constant in between, so the days in a tier are the length of an interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from data.domain import DebtCase
from data.terms import Terms
from metrics.money.schedule import (
    HORIZON_DAYS,
    MONTH_DAYS,
    WHOLE,
    Ints,
    Schedule,
    immediate_payment,
    millionths,
    money_due,
    monthly_installment,
    payment_schedule,
    share,
)
from plumbing.errors import UserError

__all__ = [
    "HORIZON_DAYS",
    "MONTH_DAYS",
    "CashFlow",
    "PlanBatch",
    "Schedule",
    "immediate_payment",
    "money_due",
    "monthly_installment",
    "payment_schedule",
    "simulate",
]

TIERS = 5
LARGEST_AMOUNT = 10**16
"""Minor units; up to here every sum below stays inside 64-bit integers."""

_MONTHS = HORIZON_DAYS // MONTH_DAYS
_CHUNK = 32_768
"""Plans simulated at a time: the working arrays stay in the processor's cache, and one step takes long enough that
two threads seldom meet at Python's lock (measured from 2,048 to 131,072)."""

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class PlanBatch:
    """N plans with the debtor each is for, as columns of one length."""

    outstanding: Ints
    monthly_income: Ints
    monthly_expenses: Ints
    assets: Ints
    discount: Ints
    """Millionths of a percentage point, like `immediate`."""
    immediate: Ints
    days: Ints
    periods: Ints
    agreed: Bools
    """False where there is no agreement: no payments, the debtor's path is simulated all the same."""

    def __len__(self) -> int:
        return len(self.outstanding)

    def part(self, rows: slice | Ints) -> PlanBatch:
        """Some of the plans."""
        return PlanBatch(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def of(cls, cases: Sequence[DebtCase], terms: Sequence[Terms | None]) -> Self:
        """One plan per case; `None` is no agreement.

        Raises:
            UserError: an amount is too large to be simulated exactly.
        """
        plans = [t if t is not None else _NO_TERMS for t in terms]
        return cls.from_columns(
            outstanding=_amounts("outstanding", [case.debt.outstanding for case in cases]),
            monthly_income=_amounts("monthly_income", [case.finances.monthly_income for case in cases]),
            monthly_expenses=_amounts("monthly_expenses", [case.finances.monthly_expenses for case in cases]),
            assets=_amounts("assets", [case.finances.assets for case in cases]),
            discount_pct=np.array([t.discount_pct for t in plans], dtype=np.float64),
            immediate_payment_pct=np.array([t.immediate_payment_pct for t in plans], dtype=np.float64),
            immediate_payment_days=np.array([t.immediate_payment_days for t in plans], dtype=np.int64),
            installment_periods=np.array([t.installment_periods for t in plans], dtype=np.int64),
            agreed=np.array([t is not None for t in terms], dtype=np.bool_),
        )

    @classmethod
    def from_columns(  # noqa: PLR0913  # the columns of the batch, all by name
        cls,
        *,
        outstanding: Ints,
        monthly_income: Ints,
        monthly_expenses: Ints,
        assets: Ints,
        discount_pct: NDArray[np.float64],
        immediate_payment_pct: NDArray[np.float64],
        immediate_payment_days: Ints,
        installment_periods: Ints,
        agreed: Bools | bool = True,
    ) -> Self:
        """A batch from arrays that broadcast against each other; amounts in minor units, percentages in points."""
        columns = np.broadcast_arrays(
            outstanding,
            monthly_income,
            monthly_expenses,
            assets,
            millionths(discount_pct),
            millionths(immediate_payment_pct),
            immediate_payment_days,
            installment_periods,
            agreed,
        )
        return cls(*columns)


@dataclass(frozen=True)
class CashFlow:
    """What happened to N plans over the horizon; arrays of length N."""

    outstanding: Ints
    due: Ints
    paid: Ints
    """Minor units paid within the horizon."""
    completed: Bools
    """Every payment of the agreed plan was made."""
    defaulted: Bools
    """A payment fell due that the assets did not cover; a plan cut off by the horizon has not defaulted."""
    quarter_day: Ints
    """First day with 25 % of the outstanding debt paid; the horizon if never. `half_day`, 50 %, likewise."""
    half_day: Ints
    completion_day: Ints
    """First day with `due` paid in full; the horizon if never."""
    tier_days: Ints
    """(5, N): days 1..H in tiers 1..5; the columns sum to the horizon."""


def simulate(batch: PlanBatch, threads: int = 1) -> CashFlow:
    """Follow every plan of the batch over the horizon.

    A payment is made in full if the assets cover it. Otherwise what is there is paid, the plan has defaulted,
    and nothing is paid afterwards. A payment that falls after the horizon is not made within it, so a plan
    that is longer than the horizon never completes (a payment of nothing is always made).

    Args:
        batch: the plans and their debtors.
        threads: chunks simulated at a time; numpy computes outside Python's lock. The result is the same.
    """
    flow = _empty_flow(batch)
    jobs = list(_jobs(batch))
    if threads > 1 and len(jobs) > 1:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(lambda job: _simulate_rows(batch, flow, *job), jobs))
    else:
        for job in jobs:
            _simulate_rows(batch, flow, *job)
    return flow


def _jobs(batch: PlanBatch) -> Iterator[tuple[slice | Ints, int]]:
    """(rows, month of the immediate payment): one month a job, since it fixes which payment falls in which month."""
    first_month = batch.days // MONTH_DAYS
    months = np.unique(first_month)
    for month in months:
        rows = None if len(months) == 1 else np.flatnonzero(first_month == month)
        for start in range(0, len(batch) if rows is None else len(rows), _CHUNK):
            span = slice(start, start + _CHUNK)
            yield (span if rows is None else rows[span]), int(month)


def _simulate_rows(batch: PlanBatch, flow: CashFlow, rows: slice | Ints, first_month: int) -> None:
    """Simulate some plans and write them to their rows of `flow`."""
    plans = batch.part(rows)
    due, first, each, last = _payments(plans)
    walk = _Walk(plans, due, first, each, last)
    walk.run(first_month)
    flow.due[rows] = due
    flow.paid[rows] = walk.paid
    flow.defaulted[rows] = walk.defaulted
    flow.completed[rows] = (walk.paid == due) & plans.agreed
    for name, day in zip(("quarter_day", "half_day", "completion_day"), walk.reached_on(first_month), strict=True):
        getattr(flow, name)[rows] = day
    flow.completion_day[rows] = np.where((due == 0) & plans.agreed, 0, flow.completion_day[rows])
    flow.tier_days[:, rows] = walk.tier_days()


class _Walk:
    """The debtor's assets from income day to income day, for one chunk of plans (preallocated, in place)."""

    def __init__(self, plans: PlanBatch, due: Ints, first: Ints, each: Ints, last: Ints) -> None:
        n = len(plans)
        self.periods, self.net = plans.periods, plans.monthly_income - plans.monthly_expenses
        self.offset = plans.days % MONTH_DAYS
        self.assets, self.paid = plans.assets.copy(), np.zeros(n, dtype=np.int64)
        self.first, self.each, self.last = first, each, last
        # `assets < bound` in integers; living costs of 0 make every bound 0, which no assets are below
        cost = plans.monthly_expenses
        self.bounds = np.stack([(cost + 1) // 2, cost, 2 * cost, 4 * cost])
        self.goals = np.stack([-(-plans.outstanding // 4), -(-plans.outstanding // 2), np.maximum(due, 1)])
        self.before, self.after, self.idle = (np.zeros((4, n), dtype=np.int8) for _ in range(3))
        self.short_of = np.zeros((3, n), dtype=np.int8)
        self.defaulted = np.zeros(n, dtype=np.bool_)
        self.paying_months = 0
        self.day_zero = self.final_day = np.zeros((4, n), dtype=np.bool_)
        self._below, self._missing = np.empty((4, n), dtype=np.bool_), np.empty((3, n), dtype=np.bool_)
        self._payment, self._flag = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.bool_)

    def run(self, first_month: int) -> None:
        """Months 0..25, a month being an income day and the days up to the next; the last is day 750 alone."""
        last_month = first_month + int(self.periods.max(initial=0))
        for month in range(_MONTHS + 1):
            if month:
                np.add(self.assets, self.net, out=self.assets)
                np.maximum(self.assets, 0, out=self.assets)
            paying = first_month <= month <= last_month
            if month == 0:
                day_zero = self._tiers_below().copy()
            if paying:
                self._count(self.before, month)
                self._pay(month - first_month, final_day=month == _MONTHS)
                self._count(self.after, month)
                np.less(self.paid, self.goals, out=self._missing)
                np.add(self.short_of, self._missing.view(np.int8), out=self.short_of)
                self.paying_months += 1
            else:
                self._count(self.idle, month)
            if month == 0:
                same_day = self.offset == 0
                # day 0 itself is not counted: with a payment on it, its tier is the one after the payment
                self.day_zero = np.where(same_day, self._tiers_below(), day_zero)
        self.final_day = self._tiers_below().copy()

    def _tiers_below(self) -> Bools:
        return np.less(self.assets, self.bounds, out=self._below)

    def _count(self, counter: NDArray[np.int8], month: int) -> None:
        if month < _MONTHS:
            np.add(counter, self._tiers_below().view(np.int8), out=counter)

    def _pay(self, k: int, final_day: bool) -> None:
        """Payment number k (0 the immediate one) out of the assets; a shortfall cancels those that follow."""
        if k == 0:
            np.copyto(self._payment, self.first)
        else:
            np.copyto(self._payment, self.each)
            np.copyto(self._payment, self.last, where=np.equal(self.periods, k, out=self._flag))
            np.copyto(self._payment, 0, where=np.less(self.periods, k, out=self._flag))
        if final_day:
            np.copyto(self._payment, 0, where=self.offset > 0)
        short = np.less(self.assets, self._payment, out=self._flag)
        np.minimum(self._payment, self.assets, out=self._payment)
        np.subtract(self.assets, self._payment, out=self.assets)
        np.add(self.paid, self._payment, out=self.paid)
        if short.any():
            self.defaulted |= short
            np.copyto(self.each, 0, where=short)
            np.copyto(self.last, 0, where=short)

    def reached_on(self, first_month: int) -> Ints:
        """(3, N): first day on which each goal was met, the horizon if never."""
        day = MONTH_DAYS * (first_month + self.short_of.astype(np.int64)) + self.offset
        return np.where(self.short_of == self.paying_months, HORIZON_DAYS, day)

    def tier_days(self) -> Ints:
        """(5, N): days 1..H in each tier."""
        below = (
            self.offset * self.before
            + (MONTH_DAYS - self.offset) * self.after
            + MONTH_DAYS * self.idle.astype(np.int64)
        )
        below += self.final_day
        below -= self.day_zero
        return np.diff(below, axis=0, prepend=0, append=HORIZON_DAYS)


def _payments(plans: PlanBatch) -> tuple[Ints, Ints, Ints, Ints]:
    """Due, immediate payment, equal instalment and last instalment; all 0 without an agreement."""
    due = np.where(plans.agreed, share(plans.outstanding, WHOLE - plans.discount), 0)
    first = share(due, plans.immediate)
    rest = due - first
    each = rest // plans.periods
    return due, first, each, rest - each * (plans.periods - 1)


def _empty_flow(batch: PlanBatch) -> CashFlow:
    n = len(batch)
    due, paid, quarter, half, completion = (np.empty(n, dtype=np.int64) for _ in range(5))
    return CashFlow(
        batch.outstanding,
        due,
        paid,
        np.empty(n, dtype=np.bool_),
        np.empty(n, dtype=np.bool_),
        quarter,
        half,
        completion,
        np.empty((TIERS, n), dtype=np.int64),
    )


def _amounts(name: str, values: Sequence[int]) -> Ints:
    if largest := max((value for value in values if value > LARGEST_AMOUNT), default=0):
        raise UserError(
            f"{name} {largest} is above {LARGEST_AMOUNT} minor units, the largest amount that can be simulated "
            "exactly; check the unit of the amounts"
        )
    return np.array(values, dtype=np.int64)


_NO_TERMS = Terms(discount_pct=0, immediate_payment_pct=0, immediate_payment_days=0, installment_periods=1)
