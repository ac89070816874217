"""Debt recovery: was the plan kept (SR), and what share of the debt came back (RR)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from metrics.money.simulation import CashFlow, Ints


def success(flow: CashFlow) -> Ints:
    """SR: 1 where every payment of the agreed plan is made within the horizon, 0 elsewhere and without a plan."""
    return flow.completed.astype(np.int64)


def recovery_rate(flow: CashFlow) -> NDArray[np.float64]:
    """RR: money paid within the horizon as a share of the outstanding debt, 0..1."""
    return flow.paid / flow.outstanding
