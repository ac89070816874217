"""What a negotiation could come to: packages of which none is both likelier and worth more than another."""

from __future__ import annotations

from itertools import product

from data.domain import CreditorPolicy, MoveKind
from data.terms import Terms
from programs.creditor.support.support_options import Option, Support

MOST = 5
_STEPS = {
    "discount_pct": (0.0, 0.35, 0.7),
    "immediate_payment_pct": (0.2, 0.5, 0.9),
    "immediate_payment_days": (0.5,),
    "installment_periods": (0.15, 0.5, 0.75, 1.0),
}
"""Shares of a dimension's range that packages are made of."""
WORSE_BY = 0.005
"""Chance or worth that counts as more."""


def frontier(found: Support) -> tuple[Option, ...]:
    """The packages that could be aimed at now, the likeliest last, `MOST` at most and at least one.

    Args:
        found: of a table, with `aims` valued beside its options.
    """
    offers = sorted(
        (one for one in found.options if one.kind is MoveKind.ASK), key=lambda one: (one.chance_later, one.worth)
    )
    front: list[Option] = []
    for one in reversed(offers):
        if not front or one.worth > front[-1].worth + WORSE_BY:
            front.append(one)
    return tuple(reversed(_thinned(front)))


def aims(policy: CreditorPolicy) -> list[Terms]:
    """Packages all over a policy that a negotiation may aim at."""
    firm, soft = policy.firmest(), policy.softest()
    made = []
    for shares in product(*_STEPS.values()):
        values = {
            name: round(getattr(firm, name) + share * (getattr(soft, name) - getattr(firm, name)))
            for name, share in zip(_STEPS, shares, strict=True)
        }
        made.append(Terms.model_validate(values))
    return made


def _thinned(front: list[Option]) -> list[Option]:
    """Evenly spread over the front, its two ends among them."""
    if len(front) <= MOST:
        return front
    return [front[round(n * (len(front) - 1) / (MOST - 1))] for n in range(MOST)]
