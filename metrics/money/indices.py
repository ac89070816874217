"""The indices: the creditor's (CRI), the debtor's (DHI), their harmonic mean (CCI), the talk (CONV), the objective."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.domain import CreditorPolicy
from metrics.money.aspects import efficiency, recovery_dates, recovery_rate, success, tier_days, tier_variance
from metrics.money.simulation import HORIZON_DAYS, CashFlow
from metrics.money.weights import Weights

Floats = NDArray[np.float64]
Ints = NDArray[Any]
"""Counts and days; floats where somebody asks what another value would come to."""


def recovery_index(flow: CashFlow, policy: CreditorPolicy, weights: Weights) -> Floats:
    """CRI: kept, how much of what the policy could have given away came back, how early; 0..1."""
    return _recovery(success(flow), recovery_rate(flow), recovery_dates(flow), policy, weights)


def _recovery(
    kept: Ints, rate: Floats, dates: tuple[Ints, Ints, Ints], policy: CreditorPolicy, weights: Weights
) -> Floats:
    give_away = policy.max_discount_pct / 100
    recovered = rate
    if give_away > 0:
        recovered = np.clip((rate - (1 - give_away)) / give_away, 0, 1)
    parts = weights.cri
    index = parts.SR * kept + parts.RR * recovered + parts.E * efficiency(dates, policy)
    return np.clip(index, 0, 1)


def health_index(flow: CashFlow, weights: Weights) -> Floats:
    """DHI: the mean worth of a day by its tier, less a penalty for an unsteady path; 0..1."""
    return _health(flow.tier_days, tier_variance(flow), weights)


def _health(days: Ints, variance: Floats, weights: Weights) -> Floats:
    worth = np.array(weights.dhi.tiers) @ days / HORIZON_DAYS
    penalty = weights.dhi.ATV * np.minimum(variance, weights.dhi.ATV_cap)
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


def objective_of(values: Mapping[str, float], policy: CreditorPolicy, weights: Weights) -> float:
    """The objective that the thirteen metrics alone come to, for a talk that forfeited nothing; 0..1.

    Nothing else feeds the scalar, so that it says what raising one of them would add.
    """
    column = {name: np.array([value]) for name, value in values.items()}
    lower = [column[name] for name in ("L1D", "L2D", "L3D", "L4D")]
    days = np.stack([*lower, HORIZON_DAYS - sum(lower)])
    cri = _recovery(column["SR"], column["RR"], (column["QRD"], column["HRD"], column["CRD"]), policy, weights)
    cci = collection_index(cri, _health(days, column["ATV"], weights))
    conv = conversation_index(column["DC"], column["DS"], column["DR"], policy.round_limit)
    return float(objective(cci, conv, np.array([False]), weights)[0])
