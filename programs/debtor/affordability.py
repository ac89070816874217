"""What a simulated debtor can live with: its budget, the exact check of a plan against it, and its reservation.

An honest debtor takes only plans that it can carry to the end. The check walks the plan's payments through a
*budget*: its real finances less a living buffer and the part of the surplus that it will not give. Whoever can
carry a plan on the budget can carry it on the real finances (metrics.md, "The plan and the debtor's money"),
because every balance on the way is at least as high.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data.circumstance import CircumstanceKind
from data.dimensions import Dimension
from data.domain import DebtCase, Finances
from data.terms import Terms
from metrics.money.simulation import MONTH_DAYS, immediate_payment, money_due
from programs.debtor.personas import Population, Traits, population, traits_of

IDEAL: dict[Dimension, float] = {
    "discount_pct": 50,
    "immediate_payment_pct": 0,
    "immediate_payment_days": 30,
    "installment_periods": 36,
}
"""What a debtor dreams of: half forgiven, nothing at once, a month's time, three years. No creditor's limits."""

DREADED: dict[Dimension, float] = {
    "discount_pct": 0,
    "immediate_payment_pct": 50,
    "immediate_payment_days": 1,
    "installment_periods": 3,
}
"""The other end of its scale of relief: the whole debt, half of it tomorrow, the rest in three months."""

GIVING_ORDER: tuple[Dimension, ...] = (
    "discount_pct",
    "immediate_payment_days",
    "installment_periods",
    "immediate_payment_pct",
)
"""In which order a debtor works out how much it can do without: a month's waiting before the plan's length."""

HIGHEST_DISCOUNT_ASKED = 80
"""Nobody asks for more than four fifths, percent."""

_SHRINKING_PURSE_SHAPES = tuple(
    (days, first_pct, periods) for periods in (36, 24, 18, 12, 8, 5, 3) for first_pct in (0, 30, 50) for days in (14, 1)
)
"""(days, immediate %, periods) tried, softest first, by someone whose living costs exceed the income."""


@dataclass(frozen=True, slots=True)
class HouseholdBudget:
    """What may go into a plan, minor units: `assets` now and `surplus` a month (negative: living costs eat assets)."""

    assets: int
    surplus: int
    most_monthly: int = 0
    """No instalment above this, minor units; 0: no such limit."""
    first_day: int = 0
    """Day before which nothing is paid."""


def budget(finances: Finances, traits: Traits) -> HouseholdBudget:
    """The finances less the living buffer and the share of the surplus that the persona keeps for itself."""
    buffer = min(traits.buffer_months * finances.monthly_expenses, traits.buffer_share * finances.assets)
    surplus = finances.monthly_surplus
    return HouseholdBudget(
        assets=finances.assets - int(buffer),
        surplus=int(surplus * traits.effort) if surplus > 0 else surplus,
    )


def budget_of(case: DebtCase) -> HouseholdBudget:
    """What this debtor is ready to put into a plan, within what its circumstance allows."""
    purse, told = budget(case.finances, traits_of(case)), case.circumstance
    if told is None:
        return purse
    limit, first_day = told.of(CircumstanceKind.MONTHLY_LIMIT), told.of(CircumstanceKind.PAYDAY)
    return replace(purse, most_monthly=limit, first_day=first_day)


def whole(finances: Finances) -> HouseholdBudget:
    """All of the finances: what a plan can be paid from when nothing is kept back."""
    return HouseholdBudget(assets=finances.assets, surplus=finances.monthly_surplus)


def carries(purse: HouseholdBudget, outstanding: int, terms: Terms) -> bool:
    """Whether every payment of the plan can be made from `purse`: exact, on the days of metrics.md.

    Args:
        purse: what may be spent.
        outstanding: debt today, minor units.
        terms: the plan.
    """
    due, first = money_due(terms, outstanding), immediate_payment(terms, outstanding)
    periods = terms.installment_periods
    each = (due - first) // periods
    day = terms.immediate_payment_days
    if day < purse.first_day or (purse.most_monthly and each > purse.most_monthly):
        return False
    left = max(0, purse.assets + purse.surplus * (day // MONTH_DAYS)) - first
    if left < 0:
        return False
    last = due - first - each * (periods - 1)
    if purse.surplus >= 0:  # balances fall or rise evenly: the last regular instalment and the final one decide
        return left + (purse.surplus - each) * (periods - 1) >= 0 and (
            left + (purse.surplus - each) * (periods - 1) + purse.surplus >= last
        )
    for k in range(1, periods + 1):
        left = max(0, left + purse.surplus) - (each if k < periods else last)
        if left < 0:
            return False
    return True


IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TermsGrid:
    """Many packages, one array a dimension, all of one length."""

    discount_pct: NDArray[np.float64]
    immediate_payment_pct: NDArray[np.float64]
    immediate_payment_days: IntArray
    installment_periods: IntArray


def carries_mask(purse: HouseholdBudget, outstanding: int, grid: TermsGrid) -> NDArray[np.bool_]:
    """`carries` for every package of `grid` at once."""
    due = _shares(np.int64(outstanding), 100.0 - grid.discount_pct)
    first = _shares(due, grid.immediate_payment_pct)
    periods = grid.installment_periods
    each = (due - first) // periods
    last = due - first - each * (periods - 1)
    left = np.maximum(0, purse.assets + purse.surplus * (grid.immediate_payment_days // MONTH_DAYS)) - first
    kept = (left >= 0) & (grid.immediate_payment_days >= purse.first_day)
    if purse.most_monthly:
        kept &= each <= purse.most_monthly
    for k in range(1, int(periods.max(initial=0)) + 1):
        left = np.maximum(0, left + purse.surplus) - np.where(k < periods, each, np.where(k == periods, last, 0))
        kept &= (left >= 0) | (k > periods)
    return kept


def _shares(amount: IntArray | np.int64, pct: NDArray[np.float64]) -> IntArray:
    """`pct` percent of `amount`, halves rounded up, counted in millionths of a point as in metrics.money.simulation."""
    units = np.rint(pct * 10**6).astype(np.int64)
    high, low = amount // 10**8, amount % 10**8  # split, or amount × units would leave 64 bits
    return np.asarray(high * units + (low * units * 2 + 10**8) // (2 * 10**8), dtype=np.int64)


def relief(terms: Terms, traits: Traits) -> float:
    """The package's worth to the debtor, 0 (all it dreads) to 1 (all it dreams of): additive, weighted by persona."""
    worth = 0.0
    for dimension, weight in traits.weights.items():
        low, high = DREADED[dimension], IDEAL[dimension]
        worth += weight * min(max((getattr(terms, dimension) - low) / (high - low), 0.0), 1.0)
    return worth


def would_accept(case: DebtCase, terms: Terms) -> bool:
    """Whether this debtor, after its last concession and under no pressure, would take `terms`.

    Its reservation: it can carry the plan on its budget, and the plan gives it the least relief it insists on.
    """
    traits = traits_of(case)
    return carries(budget_of(case), case.debt.outstanding, terms) and relief(terms, traits) >= traits.relief_floor


def acceptable_mask(
    case: DebtCase,
    discount_pct: NDArray[np.float64],
    immediate_payment_pct: NDArray[np.float64],
    immediate_payment_days: NDArray[np.int64],
    installment_periods: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """`would_accept` for every package of four arrays of one length (the oracle's grid)."""
    traits = traits_of(case)
    grid = TermsGrid(
        np.asarray(discount_pct, dtype=np.float64),
        np.asarray(immediate_payment_pct, dtype=np.float64),
        np.asarray(immediate_payment_days, dtype=np.int64),
        np.asarray(installment_periods, dtype=np.int64),
    )
    worth = np.zeros(grid.discount_pct.shape)
    for dimension, weight in traits.weights.items():
        low, high = DREADED[dimension], IDEAL[dimension]
        worth += weight * np.clip((getattr(grid, dimension) - low) / (high - low), 0.0, 1.0)
    carried = carries_mask(budget_of(case), case.debt.outstanding, grid)
    return carried & (worth >= traits.relief_floor)


def reservation(case: DebtCase) -> Terms | None:
    """The firmest package that the debtor is ready to propose itself, None if it can carry no plan it could think of.

    First it gives up one dimension after another as far as the budget allows, the discount before the rest, since
    that is what keeps a plan within reach of a creditor; then it takes back of what it values most until the
    package holds the least relief that its persona insists on.
    """
    return _reservation(case, population())


@lru_cache(maxsize=4096)
def _reservation(case: DebtCase, _: Population | None) -> Terms | None:
    traits, outstanding = traits_of(case), case.debt.outstanding
    purse = budget_of(case)
    terms = _workable_start(purse, outstanding)
    if terms is None:
        return None
    # With living costs above income, waiting costs money, so a softer plan is not an easier one: only a discount is.
    eases: tuple[Dimension, ...] = GIVING_ORDER if purse.surplus >= 0 else GIVING_ORDER[:1]
    for dimension in eases:
        terms = _firmest_carried(purse, outstanding, terms, dimension)
    return _with_relief(terms, traits, sorted(eases, key=lambda d: -traits.weights[d]))


def _workable_start(purse: HouseholdBudget, outstanding: int) -> Terms | None:
    """A plan that the budget carries with the highest discount one could ask for; the softest such plan."""
    waits = ((30, 0, 36),) if purse.surplus >= 0 else _SHRINKING_PURSE_SHAPES
    for days, first_pct, periods in waits:
        terms = Terms(
            discount_pct=HIGHEST_DISCOUNT_ASKED,
            immediate_payment_pct=first_pct,
            immediate_payment_days=days,
            installment_periods=periods,
        )
        if carries(purse, outstanding, terms):
            return terms
    return None


def _firmest_carried(purse: HouseholdBudget, outstanding: int, terms: Terms, dimension: Dimension) -> Terms:
    """`terms` with `dimension` moved to the firmest whole number that the budget carries (bisection)."""
    soft, firm = round(getattr(terms, dimension)), round(DREADED[dimension])
    best = terms
    while soft != firm:
        middle = firm if abs(firm - soft) == 1 else (soft + firm) // 2
        trial = terms.with_value(dimension, middle)
        if carries(purse, outstanding, trial):
            soft, best = middle, trial
        elif middle == firm and abs(firm - soft) == 1:
            break
        else:
            firm = middle
    return best


def _with_relief(terms: Terms, traits: Traits, order: list[Dimension]) -> Terms:
    """`terms` softened in the most valued dimensions, in whole numbers, until they hold the least relief."""
    for dimension in order:
        missing = traits.relief_floor - relief(terms, traits)
        if missing <= 0:
            break
        ideal, dreaded = IDEAL[dimension], DREADED[dimension]
        step = math.ceil(missing / traits.weights[dimension] * abs(ideal - dreaded) - 1e-9)
        value = round(getattr(terms, dimension))
        wished = value + step if ideal > dreaded else value - step
        limit = round(ideal)
        reached = min(wished, max(limit, value)) if ideal > dreaded else max(wished, min(limit, value))
        terms = terms.with_value(dimension, reached)
    return terms
