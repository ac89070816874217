"""What an agreement promises: its recovery and its dates with every payment made, so that no finances are needed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.domain import CreditorPolicy, Record
from metrics.money.aspects import recovery_dates, recovery_rate
from metrics.money.indices import recovery_index
from metrics.money.simulation import PlanBatch, simulate
from metrics.money.valuation import who_can_pay
from metrics.money.weights import Weights


def promises(records: Sequence[Record], policy: CreditorPolicy, weights: Weights) -> dict[str, np.ndarray]:
    """PTP, PRR, PQRD, PHRD, PCRD and PCRI of records that share a policy, by id; as columns.

    Without an agreement nothing is promised: 0, and the horizon for the dates.

    Args:
        records: of negotiations with anybody.
        policy: its discounts are the scale of what is recovered.
        weights: of the CRI.

    Raises:
        UserError: an amount is too large to be simulated exactly.
    """
    payers = [who_can_pay(record.case.debt.outstanding) for record in records]
    flow = simulate(PlanBatch.of(payers, [record.agreed for record in records]))
    quarter, half, completion = recovery_dates(flow)
    return {
        "PTP": np.array([record.agreed is not None for record in records], dtype=np.int64),
        "PRR": recovery_rate(flow),
        "PQRD": quarter,
        "PHRD": half,
        "PCRD": completion,
        "PCRI": recovery_index(flow, policy, weights),
    }
