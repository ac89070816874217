"""The concession ladder: a strategy's three packages turned into rungs, firmest first, inside the policy.

One dimension gives way after another, beginning with the one the strategy names, so that each rung is a
concession somewhere and a retreat nowhere (monotone concession: a retraction would cost DS).
"""

from __future__ import annotations

from collections.abc import Sequence

from data.dimensions import Dimension
from data.domain import CreditorPolicy
from data.terms import Terms

CONCESSION_ORDER: tuple[Dimension, ...] = (
    "installment_periods",
    "immediate_payment_days",
    "immediate_payment_pct",
    "discount_pct",
)
"""Cheapest for the creditor first: time can be given, a discount is lost for good."""


SHARE_TO_TARGET = 0.6
"""Of the steps, those that lead from the opening to the target; the rest lead on to the floor."""


def build_ladder(
    opening: Terms,
    target: Terms,
    floor: Terms,
    concede_first: Dimension,
    policy: CreditorPolicy,
    rungs: int = 8,
    standing: Terms | None = None,
) -> tuple[Terms, ...]:
    """The rungs from opening through target to floor, each at least as soft as the one before, no two equal.

    Args:
        opening, target, floor: as planned; clamped to the policy, and made monotone (a target firmer than the
            opening counts as the opening, a floor firmer than the target as the target).
        concede_first: the dimension that gives way first; the others follow in `CONCESSION_ORDER`.
        policy: the limits.
        rungs: how many rungs at most.
        standing: what has been offered already; the ladder starts there, since an offer is never taken back.
    """
    start = standing or policy.clamp(opening)
    middle = start.softest_with(policy.clamp(target))
    end = middle.softest_with(policy.clamp(floor))
    order = (concede_first, *(d for d in CONCESSION_ORDER if d != concede_first))
    share = 0.0 if middle == start else 1.0 if end == middle else SHARE_TO_TARGET
    to_middle = round((rungs - 1) * share)
    steps = [start, *_path(start, middle, order, to_middle), *_path(middle, end, order, rungs - 1 - to_middle)]
    return tuple(rung for i, rung in enumerate(steps) if i == 0 or rung != steps[i - 1])


def _path(start: Terms, end: Terms, order: Sequence[Dimension], steps: int) -> list[Terms]:
    """`steps` packages from after `start` to `end`, one dimension giving way after another, in whole numbers."""
    moving = [d for d in order if getattr(start, d) != getattr(end, d)]
    path = []
    for step in range(1, steps + 1):
        progress = step / steps * len(moving)
        values = start.model_dump()
        for index, dimension in enumerate(moving):
            share = min(max(progress - index, 0.0), 1.0)
            low, high = values[dimension], getattr(end, dimension)
            values[dimension] = high if share == 1.0 else round(low + share * (high - low))
        path.append(Terms.model_validate(values))
    return path
