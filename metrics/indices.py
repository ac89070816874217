"""The indices: the creditor's (CRI), the debtor's (DHI), their harmonic mean (CCI), the talk (CONV), the objective."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.domain import CreditorPolicy
from metrics.efficiency import efficiency, recovery_dates
from metrics.health import tier_days, tier_variance
from metrics.plan import HORIZON_DAYS, CashFlow
from metrics.recovery import recovery_rate, success
from metrics.weights import Weights

Floats = NDArray[np.float64]


def recovery_index(flow: CashFlow, policy: CreditorPolicy, weights: Weights) -> Floats:
    """CRI: kept, how much of what the policy could have given away came back, how early; 0..1."""
    give_away = policy.max_discount_pct / 100
    recovered = recovery_rate(flow)
    if give_away > 0:
        recovered = np.clip((recovered - (1 - give_away)) / give_away, 0, 1)
    parts = weights.cri
    index = parts.SR * success(flow) + parts.RR * recovered + parts.E * efficiency(flow, policy)
    return np.clip(index, 0, 1)


def health_index(flow: CashFlow, weights: Weights) -> Floats:
    """DHI: the mean worth of a day by its tier, less a penalty for an unsteady path; 0..1."""
    worth = np.array(weights.dhi.tiers) @ flow.tier_days / HORIZON_DAYS
    penalty = weights.dhi.ATV * np.minimum(tier_variance(flow), weights.dhi.ATV_cap)
    return np.clip(worth - penalty, 0, 1)


def collection_index(cri: Floats, dhi: Floats) -> Floats:
    """CCI: the harmonic mean, so that neither side's index can be bought with the other's; 0 when both are 0."""
    total = cri + dhi
    return 2 * cri * dhi / np.where(total > 0, total, 1)


def plan_columns(flow: CashFlow, policy: CreditorPolicy, weights: Weights) -> dict[str, np.ndarray]:
    """What N plans come to, by id: the ten metrics that need no dialogue, CRI, DHI and CCI."""
    quarter, half, completion = recovery_dates(flow)
    first, second, third, fourth = tier_days(flow)
    cri, dhi = recovery_index(flow, policy, weights), health_index(flow, weights)
    return {
        "SR": success(flow),
        "RR": recovery_rate(flow),
        "QRD": quarter,
        "HRD": half,
        "CRD": completion,
        "L1D": first,
        "L2D": second,
        "L3D": third,
        "L4D": fourth,
        "ATV": tier_variance(flow),
        "CRI": cri,
        "DHI": dhi,
        "CCI": collection_index(cri, dhi),
    }


def conversation_index(completeness: Floats, soundness: Floats, rounds: Floats, round_limit: int) -> Floats:
    """CONV: mean of DC, DS and brevity; brevity is 1 for one round and 0 at the round limit (or beyond, in a log
    that kept to no limit)."""
    brevity = 1 - (rounds - 1) / (round_limit - 1) if round_limit > 1 else np.ones_like(rounds)
    return (completeness + soundness + np.clip(brevity, 0, 1)) / 3


def objective(cci: Floats, conv: Floats, disqualified: NDArray[np.bool_], weights: Weights) -> Floats:
    """What compilation maximises; 0 after a hard conduct breach or without one legal creditor turn."""
    return np.where(disqualified, 0.0, weights.objective.CCI * cci + weights.objective.CONV * conv)
