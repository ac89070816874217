"""Which packages are weighed in a turn: some two hundred, near what is best, what was offered, and the demand."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from data.dimensions import DIMENSIONS, Dimension
from data.domain import CreditorPolicy
from programs.creditor.support.facts import Facts
from programs.creditor.support.plans import SIGN, Floats, Plans, bounds, no_firmer, row, softened_to

BEST = 90
"""Packages of the grid with the highest expected worth, of those nowhere firmer than the last offer."""
SPREAD = 30
"""Further ones from all over the grid."""

_DISCOUNTS = (0, 3, 6, 10, 15, 20, 25, 30)
_FIRST = (5, 10, 15, 20, 30, 40, 50)
_DAYS = (1, 14)
_PERIODS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20, 22, 24)


@lru_cache(maxsize=16)
def aim_grid(policy: CreditorPolicy) -> Plans:
    """The packages to aim at, some 1,800: coarse, its own limits always on it."""
    steps: dict[Dimension, tuple[int, ...]] = {
        "discount_pct": _DISCOUNTS,
        "immediate_payment_pct": _FIRST,
        "immediate_payment_days": _DAYS,
        "installment_periods": _PERIODS,
    }
    axes = [_within(steps[dimension], *policy.bounds(dimension)) for dimension in DIMENSIONS]
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")], axis=1)


def _within(steps: tuple[int, ...], low: float, high: float) -> Floats:
    return np.unique([low, high, *(step for step in steps if low <= step <= high)]).astype(np.float64)


def candidates(facts: Facts, policy: CreditorPolicy, grid_worth: Floats) -> Plans:
    """The packages to weigh, each legal and nowhere firmer than the last offer, each once.

    Args:
        facts: of the table.
        policy: the limits.
        grid_worth: expected CCI of each package of `aim_grid(policy)`.
    """
    low, high = bounds(policy)
    own = facts.own[-1] if facts.own else row(policy.firmest())
    grid = aim_grid(policy)
    order = np.argsort(-grid_worth, kind="stable")
    open_ = grid[order[no_firmer(grid[order], own)]]
    rest = open_[BEST:]
    spread = rest[:: max(1, len(rest) // SPREAD)][:SPREAD]
    best = open_[0] if len(open_) else row(policy.softest())
    near = np.concatenate([_steps_from(own), _towards(own, best, (0.1, 0.25, 0.5, 0.75)), *_near_demand(facts, own)])
    near = softened_to(np.clip(np.rint(near), low, high), own)
    return np.unique(np.concatenate([open_[:BEST], spread, near]), axis=0)


def _steps_from(own: Floats) -> Plans:
    """Small steps from the last offer: one dimension at a time, and first payment, days and periods together."""
    single = [own + np.eye(4)[d] * SIGN[d] * size for d in range(4) for size in (1, 2, 4)]
    together = [
        own + np.array([0, -first, days, periods])
        for first in (0, 3, 5, 7, 10, 15)
        for days in (0, 3, 7)
        for periods in (0, 1, 2)
    ]
    return np.stack([own, *single, *together])


def _towards(own: Floats, goal: Floats, shares: tuple[float, ...]) -> Plans:
    return np.stack([own + share * (goal - own) for share in shares])


def _near_demand(facts: Facts, own: Floats) -> list[Plans]:
    """Towards the debtor's demand, at it, and beyond it with less time for more discount or a lower first payment."""
    if not facts.theirs:
        return []
    demand = softened_to(facts.theirs[-1], own)
    traded = [
        demand + np.array([discount, -first, 0, -periods])
        for periods in (0, 1, 2, 4, 6)
        for discount, first in ((0, 0), (2, 0), (4, 0), (7, 0), (11, 0), (0, 2), (0, 4), (0, 7))
    ]
    return [_towards(own, demand, (0.2, 0.4, 0.6, 0.8, 1.0)), np.stack(traded)]
