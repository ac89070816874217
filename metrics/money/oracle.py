"""Reference points that need full knowledge of the debtor: the best terms, regret, and over-concession.

The oracle searches a grid of plans inside the policy: discount every 2.5 points, immediate payment every 5, after
1, 7 or 14 days, and every number of periods; the policy's own limits are always on it. Each plan is simulated for
each debtor and scored like any other plan.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from data.domain import CreditorPolicy, DebtCase, Negotiation
from data.terms import Terms
from metrics.money.indices import collection_index, health_index, plan_columns, recovery_index
from metrics.money.simulation import Bools, Ints, PlanBatch, simulate
from metrics.money.valuation import creditor_values
from metrics.money.weights import Weights, default_weights
from plumbing.errors import UserError

DISCOUNT_STEP = 2.5
IMMEDIATE_STEP = 5.0
DAYS = (1, 7, 14)

Reservation = Callable[[DebtCase, Terms], bool] | Bools
"""Whether the debtor would accept: asked plan by plan, or a mask over `plan_grid(policy)`."""


@dataclass(frozen=True, eq=False)
class PlanGrid:
    """All plans of the grid as columns, firmest values first in every dimension."""

    discount_pct: NDArray[np.float64]
    immediate_payment_pct: NDArray[np.float64]
    immediate_payment_days: Ints
    installment_periods: Ints

    def __len__(self) -> int:
        return len(self.discount_pct)

    def terms(self, index: int) -> Terms:
        """Plan number `index`."""
        return Terms(
            discount_pct=float(self.discount_pct[index]),
            immediate_payment_pct=float(self.immediate_payment_pct[index]),
            immediate_payment_days=int(self.immediate_payment_days[index]),
            installment_periods=int(self.installment_periods[index]),
        )


@dataclass(frozen=True)
class OracleResult:
    """The terms that maximise CCI for one debtor, and what they come to."""

    case_id: str
    terms: Terms
    SR: int
    RR: float
    QRD: int
    HRD: int
    CRD: int
    L1D: int
    L2D: int
    L3D: int
    L4D: int
    ATV: float
    CRI: float
    DHI: float
    CCI: float


@dataclass(frozen=True)
class Firmest:
    """The plan with the highest CRI among those that a debtor keeps (and would accept)."""

    terms: Terms
    CRI: float


@lru_cache(maxsize=32)
def plan_grid(policy: CreditorPolicy) -> PlanGrid:
    """The grid inside a policy; 8,580 plans for the default one."""
    discounts = _steps(*policy.bounds("discount_pct"), DISCOUNT_STEP)
    immediates = _steps(*policy.bounds("immediate_payment_pct"), IMMEDIATE_STEP)[::-1]
    low, high = policy.bounds("immediate_payment_days")
    days = sorted({int(low), int(high), *(day for day in DAYS if low <= day <= high)})
    periods = np.arange(policy.min_installment_periods, policy.max_installment_periods + 1, dtype=np.int64)
    discount, immediate, day, period = np.meshgrid(discounts, immediates, np.array(days), periods, indexing="ij")
    return PlanGrid(discount.ravel(), immediate.ravel(), day.ravel(), period.ravel())


def best_terms(
    cases: Sequence[DebtCase], policy: CreditorPolicy | None = None, weights: Weights | None = None
) -> list[OracleResult]:
    """For each debtor the terms on the grid that maximise CCI; the firmer one where two are equally good."""
    limits, weights = policy or CreditorPolicy(), weights or default_weights()
    grid = plan_grid(limits)
    terms = [grid.terms(_survey(_Money.of(case), limits, weights).best) for case in cases]
    columns = plan_columns(simulate(PlanBatch.of(cases, terms)), limits, weights)
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [
        OracleResult(case.case_id, plan, **dict(zip(columns, row, strict=True)))
        for case, plan, row in zip(cases, terms, rows, strict=True)
    ]


def regret(negotiation: Negotiation, weights: Weights | None = None) -> float:
    """CCI of the oracle less the CCI reached; a little below 0 where terms off the grid beat every plan on it."""
    weights = weights or default_weights()
    survey = _survey(_Money.of(negotiation.case), negotiation.policy, weights)
    flow = simulate(PlanBatch.of([negotiation.case], [negotiation.agreed]))
    reached = collection_index(recovery_index(flow, negotiation.policy, weights), health_index(flow, weights))
    return survey.best_cci - float(reached[0])


def over_concession(
    negotiation: Negotiation, reservation: Reservation | None = None, weights: Weights | None = None
) -> float | None:
    """How far, in CRI, the agreed terms fall below the firmest terms that the debtor would have accepted and kept.

    The agreed terms are taken as terms, as if every payment were made: that a plan was too firm to be kept is the
    opposite defect, and SR shows it.

    Args:
        negotiation: the record.
        reservation: whether this debtor would accept given terms, or a mask over `plan_grid`; without it, the
            firmest plan that the finances can carry.
        weights: of the CRI; default the shipped ones.

    Returns:
        0 or more; None without an agreement, where nothing was conceded. 0 where no plan on the grid is both
        accepted and kept.
    """
    if negotiation.agreed is None:
        return None
    weights = weights or default_weights()
    firmest = firmest_kept(negotiation.case, negotiation.policy, reservation, weights)
    if firmest is None:
        return 0.0
    return max(0.0, firmest.CRI - nominal_cri(negotiation.agreed, negotiation, weights))


def firmest_kept(
    case: DebtCase,
    policy: CreditorPolicy | None = None,
    reservation: Reservation | None = None,
    weights: Weights | None = None,
) -> Firmest | None:
    """The plan of highest CRI that the debtor keeps and would accept; None if there is none on the grid."""
    limits, weights = policy or CreditorPolicy(), weights or default_weights()
    grid = plan_grid(limits)
    if reservation is None:
        survey = _survey(_Money.of(case), limits, weights)
        if survey.firmest is None:
            return None
        return Firmest(grid.terms(survey.firmest), survey.firmest_cri)
    flow = simulate(_on_grid(_Money.of(case), grid))
    cri = recovery_index(flow, limits, weights)
    for index in _accepted(case, grid, cri, flow.completed, reservation):
        return Firmest(grid.terms(index), float(cri[index]))
    return None


def attainable_cci(
    case: DebtCase, accepted: Bools, policy: CreditorPolicy | None = None, weights: Weights | None = None
) -> float:
    """CCI of the best plan on the grid that the debtor would accept, 0 if it accepts none: what a creditor can reach.

    Args:
        case: the debtor.
        accepted: mask over `plan_grid(policy)`.
        policy: the limits; default the default ones.
        weights: of the indices; default the shipped ones.

    Raises:
        UserError: the mask is of another grid.
    """
    limits, weights = policy or CreditorPolicy(), weights or default_weights()
    grid = plan_grid(limits)
    _check_mask(accepted, len(grid))
    flow = simulate(_on_grid(_Money.of(case), grid))
    cci = collection_index(recovery_index(flow, limits, weights), health_index(flow, weights))
    return float(np.where(accepted, cci, 0.0).max())


def nominal_cri(terms: Terms, negotiation: Negotiation, weights: Weights | None = None) -> float:
    """CRI of terms as terms: what they would come to with every payment made within the horizon."""
    return creditor_values([terms], negotiation.policy, negotiation.case.debt.outstanding, weights)[0]


@dataclass(frozen=True)
class _Money:
    """What the outcome of a plan depends on."""

    outstanding: int
    income: int
    expenses: int
    assets: int

    @classmethod
    def of(cls, case: DebtCase) -> _Money:
        finances = case.finances
        return cls(case.debt.outstanding, finances.monthly_income, finances.monthly_expenses, finances.assets)


@dataclass(frozen=True)
class _Survey:
    """What is worth remembering of a debtor's whole grid."""

    best: int
    best_cci: float
    firmest: int | None
    firmest_cri: float


@lru_cache(maxsize=16384)
def _survey(money: _Money, policy: CreditorPolicy, weights: Weights) -> _Survey:
    flow = simulate(_on_grid(money, plan_grid(policy)))
    cri = recovery_index(flow, policy, weights)
    cci = collection_index(cri, health_index(flow, weights))
    best = int(np.argmax(cci))
    if not flow.completed.any():
        return _Survey(best, float(cci[best]), None, 0.0)
    firmest = int(np.argmax(np.where(flow.completed, cri, -1.0)))
    return _Survey(best, float(cci[best]), firmest, float(cri[firmest]))


def _on_grid(money: _Money, grid: PlanGrid) -> PlanBatch:
    return PlanBatch.from_columns(
        outstanding=np.array(money.outstanding),
        monthly_income=np.array(money.income),
        monthly_expenses=np.array(money.expenses),
        assets=np.array(money.assets),
        discount_pct=grid.discount_pct,
        immediate_payment_pct=grid.immediate_payment_pct,
        immediate_payment_days=grid.immediate_payment_days,
        installment_periods=grid.installment_periods,
    )


def _accepted(
    case: DebtCase, grid: PlanGrid, cri: NDArray[np.float64], kept: Bools, reservation: Reservation
) -> Iterable[int]:
    """Plans that are kept and accepted, firmest first; a callable is asked no further than it has to be."""
    if isinstance(reservation, np.ndarray):
        _check_mask(reservation, len(grid))
        kept = kept & reservation
    for index in np.argsort(-cri, kind="stable"):
        if kept[index] and (isinstance(reservation, np.ndarray) or reservation(case, grid.terms(index))):
            yield int(index)


def _check_mask(mask: Bools, plans: int) -> None:
    if mask.shape != (plans,):
        raise UserError(f"the reservation mask has shape {mask.shape}; the grid of this policy has {plans} plans")


def _steps(low: float, high: float, step: float) -> NDArray[np.float64]:
    """`low`, multiples of `step` in between, `high`: all values of a dimension, each once."""
    inner = np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step
    return np.unique(np.concatenate([[low], inner, [high]]))
