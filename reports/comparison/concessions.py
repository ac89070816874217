"""How far a creditor had given way by each round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data.domain import CreditorPolicy, Ending, Negotiation, Speaker
from data.steps import steps
from data.terms import Terms
from metrics.money.valuation import creditor_values
from programs.playing.evaluate import Evaluation


@dataclass(frozen=True)
class ConcessionStep:
    """One program's creditor at one round."""

    round: int
    value: float
    """Mean worth of what stands to the creditor if kept, 0..1 (`metrics.money.valuation.creditor_value`)."""
    talking: int
    """Negotiations that had a creditor turn in this round."""


def concession_curve(evaluation: Evaluation) -> tuple[ConcessionStep, ...]:
    """The mean worth of what stands, by round, up to the longest round limit.

    A negotiation that is over stays at what was agreed, or at the creditor's last offer, so that every round counts the
    same negotiations: otherwise the curve would drop because the easy ones have left it. Those that infrastructure
    broke, and those in which no complete offer was made, are left out.
    """
    negotiations = [p.negotiation for p in evaluation.played if p.negotiation.ending is not Ending.INFRASTRUCTURE]
    worth = _worth(negotiations)
    paths = [[worth[n.policy][terms] for terms in _standing(n)] for n in negotiations]
    known = [path for path in paths if path]
    if not known:
        return ()
    rounds = max(n.policy.round_limit for n in negotiations)
    return tuple(
        ConcessionStep(
            number,
            float(np.mean([path[min(number, len(path)) - 1] for path in known])),
            sum(len(path) >= number for path in known),
        )
        for number in range(1, rounds + 1)
    )


def _worth(negotiations: Sequence[Negotiation]) -> Mapping[CreditorPolicy, Mapping[Terms, float]]:
    """What every package that ever stood is worth under its policy."""
    stood: dict[CreditorPolicy, dict[Terms, None]] = {}
    for negotiation in negotiations:
        stood.setdefault(negotiation.policy, {}).update(dict.fromkeys(_standing(negotiation)))
    return {
        policy: dict(zip(packages, creditor_values(list(packages), policy), strict=True))
        for policy, packages in stood.items()
        if packages
    }


def _standing(negotiation: Negotiation) -> list[Terms]:
    """The creditor's standing package after each of its turns; the last is what was agreed.

    Before the first complete package (in logs; a played creditor opens with one) the first one counts.
    """
    standing = [step.after for step in steps(negotiation.turns) if step.turn.speaker is Speaker.CREDITOR]
    if negotiation.agreed is not None:
        standing[-1:] = [negotiation.agreed]
    first = next((terms for terms in standing if terms is not None), None)
    return [] if first is None else [terms or first for terms in standing]
