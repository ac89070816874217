"""What the oracle reaches with the same debtors: the yardstick in the plots.

The oracle knows the finances and holds no talk (`metrics.money.oracle`). Its frontier is that of the means: for each
weight w every debtor gets the plan on the grid, or no agreement, with the highest w CRI + (1 - w) DHI, and the means
over debtors are one point. No choice of outcomes has a higher weighted mean, so these points are the supported Pareto
front of (mean CRI, mean DHI).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain import CreditorPolicy, DebtCase
from metrics.money.indices import collection_index, health_index, recovery_index
from metrics.money.oracle import plan_grid
from metrics.money.simulation import PlanBatch, simulate
from metrics.money.valuation import creditor_values
from metrics.money.weights import default_weights

WEIGHTS = tuple(float(w) for w in np.linspace(0, 1, 21))
"""Of CRI against DHI, from the debtor's side to the creditor's."""
_TIE = 1e-6
"""At the two ends the other index decides between plans that are equally good."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Frontier:
    """What full knowledge reaches with these debtors under one policy."""

    points: tuple[tuple[float, float, float], ...]
    """(weight, mean CRI, mean DHI), the weight of CRI rising."""
    best: dict[str, tuple[float, float, float]]
    """By case id: CRI, DHI and CCI of the plan with the highest CCI."""
    best_value: float
    """Mean worth of those plans to the creditor if kept (`metrics.money.valuation.creditor_value`)."""

    @property
    def best_means(self) -> tuple[float, float, float]:
        """Means of `best` over debtors: CRI, DHI, CCI."""
        cri, dhi, cci = np.mean(list(self.best.values()), axis=0).tolist()
        return cri, dhi, cci


def frontier(cases: Sequence[DebtCase], policy: CreditorPolicy) -> Frontier:
    """The frontier of `cases` (at least one) under `policy`."""
    grid = plan_grid(policy)
    weights = np.clip(np.array(WEIGHTS), _TIE, 1 - _TIE)[:, None]
    reached = np.zeros((len(WEIGHTS), 2))
    best, plans = {}, []
    for case, nothing in zip(cases, _without_agreement(cases, policy), strict=True):
        cri, dhi = (np.append(column, alone) for column, alone in zip(_on_grid(case, policy), nothing, strict=True))
        cci = collection_index(cri, dhi)[:-1]
        chosen = np.argmax(weights * cri + (1 - weights) * dhi, axis=1)
        reached += np.stack([cri[chosen], dhi[chosen]], axis=1)
        top = int(np.argmax(cci))
        best[case.case_id] = (float(cri[top]), float(dhi[top]), float(cci[top]))
        plans.append(grid.terms(top))
    means = (reached / len(cases)).tolist()
    points = tuple((weight, cri, dhi) for weight, (cri, dhi) in zip(WEIGHTS, means, strict=True))
    return Frontier(points, best, float(np.mean(creditor_values(plans, policy))))


def _without_agreement(cases: Sequence[DebtCase], policy: CreditorPolicy) -> list[list[float]]:
    """[CRI, DHI] of each debtor who pays nothing."""
    flow = simulate(PlanBatch.of(cases, [None] * len(cases)))
    indices = recovery_index(flow, policy, default_weights()), health_index(flow, default_weights())
    return np.stack(indices, axis=1).tolist()


def _on_grid(case: DebtCase, policy: CreditorPolicy) -> tuple[Floats, Floats]:
    """CRI and DHI of every plan of the grid for one debtor."""
    grid, weights = plan_grid(policy), default_weights()
    flow = simulate(
        PlanBatch.from_columns(
            outstanding=np.array(case.debt.outstanding),
            monthly_income=np.array(case.finances.monthly_income),
            monthly_expenses=np.array(case.finances.monthly_expenses),
            assets=np.array(case.finances.assets),
            discount_pct=grid.discount_pct,
            immediate_payment_pct=grid.immediate_payment_pct,
            immediate_payment_days=grid.immediate_payment_days,
            installment_periods=grid.installment_periods,
        )
    )
    return recovery_index(flow, policy, weights), health_index(flow, weights)
