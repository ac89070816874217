"""What plans are worth under a belief, and what an offer is worth at the table.

The value of an offer = P(accepted now) × expected CCI + P(refused) × what can still be had at the end out of plans
nowhere firmer than it, since offers are never taken back, less a little a round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain import CreditorPolicy
from metrics.money.indices import collection_index, health_index, recovery_index
from metrics.money.simulation import PlanBatch, simulate
from metrics.money.weights import default_weights
from programs.creditor.support.learned.finances import Belief
from programs.creditor.support.plans import SIGN, Floats, Plans

COST_OF_A_ROUND = 0.0037
"""In CCI: what a round takes off CONV in the objective (0.1/3/9 for ten rounds), in units of CCI (0.9)."""


@dataclass(frozen=True, eq=False)
class Worth:
    """What each plan comes to under each draw of a belief; both (K, N)."""

    cci: Floats
    kept: NDArray[np.bool_]


def worth_under(belief: Belief, plans: Plans, debt_minor: int, policy: CreditorPolicy) -> Worth:
    """Every plan simulated with every draw, by the metrics' own code."""
    draws, n, weights = len(belief.weights), len(plans), default_weights()

    def each(column: Floats) -> NDArray[np.int64]:
        return np.repeat(np.maximum(np.rint(column), 0).astype(np.int64), n)

    repeated = np.tile(plans, (draws, 1))
    flow = simulate(
        PlanBatch.from_columns(
            outstanding=np.array(debt_minor, dtype=np.int64),
            monthly_income=each(belief.income),
            monthly_expenses=each(belief.expenses),
            assets=each(belief.savings),
            discount_pct=repeated[:, 0],
            immediate_payment_pct=repeated[:, 1],
            immediate_payment_days=repeated[:, 2].astype(np.int64),
            installment_periods=repeated[:, 3].astype(np.int64),
        )
    )
    cci = collection_index(recovery_index(flow, policy, weights), health_index(flow, weights))
    return Worth(cci.reshape(draws, n), flow.completed.reshape(draws, n))


def still_to_be_had(plans: Plans, later: Floats, cci: Floats, weights: Floats, at_hand: Floats) -> Floats:
    """(N,): expected CCI at the end after each offer was refused, out of the plans nowhere firmer than it.

    The debtor's firmness is one unknown: it takes exactly the plans whose chance `later` is above some level, and by
    the end it is known which, and which draw of the finances is right. Then the best of them is agreed, or the
    debtor's own standing offer.

    Args:
        plans: the candidates, (N, 4).
        later: chance that each would still be accepted at the end.
        cci: (K, N), of each plan under each draw.
        weights: (K,), of the draws.
        at_hand: (K,), CCI of the debtor's standing offer under each draw, 0 or less where there is none.
    """
    order = np.argsort(-later, kind="stable")
    eased = plans[order] * SIGN
    reachable = np.ones((len(plans), len(plans)), dtype=np.bool_)
    for dimension in range(eased.shape[1]):
        reachable &= eased[None, :, dimension] >= eased[:, dimension, None] - 1e-9
    chance = later[order]
    falls = -np.diff(np.concatenate([chance, [0.0]]))
    expected = np.zeros(len(plans))
    for weight, worth, sure in zip(weights, cci, np.maximum(at_hand, 0.0), strict=True):
        best = np.maximum.accumulate(np.where(reachable, worth[order][None, :], 0.0), axis=1)
        expected += weight * (np.maximum(best, sure) @ falls + sure * (1 - chance[0]))
    found = np.empty(len(plans))
    found[order] = expected
    return found
