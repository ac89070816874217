"""Feedback in the words of the business: what cost most, and which module caused it (plan / turn / verdict).

Prompt optimisers show it to a model that writes instructions, so it says nothing that only this debtor's file
says: no private figure, no quotation, only which way the terms were wrong and by how much of the objective.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from data.domain import CONCESSION_SIGN, DIMENSIONS, Dimension, Ending, Negotiation, Speaker, Terms
from metrics.conversation import DIMENSION_WORDS, FaultKind, soundness
from metrics.oracle import best_terms, nominal_cri, regret
from metrics.plan import HORIZON_DAYS, PlanBatch, immediate_payment, simulate
from metrics.scorecard import Scorecard
from metrics.weights import default_weights

WORTH_SAYING = 0.01
"""Loss of objective below which nothing is said."""

_FAULTS: dict[FaultKind, str] = {
    "protocol": "made a move that the protocol does not allow",
    "policy": "went outside the creditor's policy and had to be repaired",
    "taken back": "took back an earlier concession",
    "figures": "stated figures that were not the move's",
    "disclosure": "gave an internal limit away",
    "conduct": "broke a rule of conduct",
}


@dataclass(frozen=True)
class Loss:
    """Something that cost part of the objective."""

    cost: float
    """Of the objective, 0..1; estimated where causes overlap."""
    module: str
    sentence: str


def feedback(negotiation: Negotiation, scorecard: Scorecard) -> str:
    """What cost most, in order of its cost, each with the module that caused it; one short paragraph."""
    losses = sorted(_losses(negotiation, scorecard), key=lambda loss: -loss.cost)
    head = f"Objective {scorecard.objective:.2f}."
    if not losses:
        return (
            f"{head} Nothing of weight was lost: the terms are close to the best for this debtor, the talk was sound."
        )
    parts = (f"{loss.sentence} Cost about {loss.cost:.2f}; caused by the {loss.module}." for loss in losses)
    return " ".join((head, *parts))


def _losses(negotiation: Negotiation, card: Scorecard) -> Iterator[Loss]:
    weights = default_weights().objective
    found = soundness(negotiation)
    if card.hard_breach:
        rules = {fault.sentence.split(":")[0] for fault in found.faults if fault.kind == "conduct"}
        yield Loss(
            1.0, "turn (and the verdict let it pass)", f"The whole objective was forfeited: {', '.join(sorted(rules))}."
        )
    elif not found.legal_turns:
        yield Loss(1.0, "turn", "The whole objective was forfeited: not one legal move was made.")
    lost = max(0.0, weights.CCI * regret(negotiation))
    cause = _no_agreement if negotiation.agreed is None else _wrong_terms
    if lost >= WORTH_SAYING or not card.SR:
        yield cause(negotiation, card, lost)
    turns = Counter(kind for _, kind in dict.fromkeys((fault.turn, fault.kind) for fault in found.faults))
    for kind, count in turns.items():
        share = weights.CONV * count / (3 * found.creditor_turns)
        yield Loss(share, "turn", f"{count} of {found.creditor_turns} creditor turns {_FAULTS[kind]}.")
    brevity = (card.DR - 1) / max(negotiation.policy.round_limit - 1, 1)
    if (cost := weights.CONV * min(max(brevity, 0), 1) / 3) >= WORTH_SAYING:
        yield Loss(cost, "turn", f"It took {card.DR} rounds.")


def _no_agreement(negotiation: Negotiation, card: Scorecard, lost: float) -> Loss:
    if negotiation.ending is Ending.PROGRAM_FAULT:
        kind = re.match(r"[a-z_]+(?=: )", negotiation.failure or "")  # only the type: the rest may quote anything
        what = f" ({kind.group().replace('_', ' ')})" if kind else ""
        return Loss(lost, "turn", f"There was no agreement: the program failed{what}.")
    apart = _apart(negotiation)
    where = (
        f" The sides were still apart on {_list(apart)}."
        if apart
        else " There were not two complete offers to compare."
    )
    if negotiation.ending is Ending.WALKED_AWAY:
        return Loss(
            lost,
            "plan (too firm for too long) or the turn (pushed without listening)",
            f"There was no agreement: the debtor walked away in round {card.DR}.{where}",
        )
    return Loss(
        lost,
        "plan (it gave too little or too late) or the verdict (it blocked concessions)",
        f"There was no agreement within {negotiation.policy.round_limit} rounds.{where}",
    )


def _apart(negotiation: Negotiation) -> list[Dimension]:
    ours, theirs = negotiation.standing(Speaker.CREDITOR), negotiation.standing(Speaker.DEBTOR)
    if ours is None or theirs is None:
        return []
    return [d for d in DIMENSIONS if CONCESSION_SIGN[d] * (getattr(theirs, d) - getattr(ours, d)) > 0]


def _wrong_terms(negotiation: Negotiation, card: Scorecard, lost: float) -> Loss:
    if not card.SR:
        return Loss(lost, "plan (and the verdict approved it)", _not_kept(negotiation))
    best = best_terms([negotiation.case], negotiation.policy)[0]
    if best.CRI - card.CRI >= best.DHI - card.DHI:
        return Loss(lost, "plan (and the verdict approved it)", _over_conceded(negotiation, best.terms))
    return Loss(
        lost,
        "plan",
        "The plan was kept, but it was too fast for this debtor: it ran the reserves down. A smaller first payment "
        "or more instalments would have cost the creditor little and spared the debtor much.",
    )


def _not_kept(negotiation: Negotiation) -> str:
    flow = simulate(PlanBatch.of([negotiation.case], [negotiation.agreed]))
    if not flow.defaulted[0]:
        return f"The plan runs beyond the horizon of {HORIZON_DAYS} days, so it could not be completed within it."
    agreed = negotiation.agreed
    if agreed is not None and flow.paid[0] < immediate_payment(agreed, negotiation.case.debt.outstanding):
        return "The plan was not kept: the immediate payment was above what the debtor had by then."
    return "The plan was not kept: the instalment was above what the debtor could carry."


def _over_conceded(negotiation: Negotiation, best: Terms) -> str:
    agreed = negotiation.agreed
    assert agreed is not None  # only agreements come here

    def gain(dimension: Dimension) -> float:
        return nominal_cri(agreed.model_copy(update={dimension: getattr(best, dimension)}), negotiation)

    dearest = max(DIMENSIONS, key=gain)
    slow = dearest in ("installment_periods", "immediate_payment_days")
    return (
        "More was conceded than this debtor needed: firmer terms would have been kept as well. Most was given away on "
        f"{DIMENSION_WORDS[dearest]}{', so the money came later than it could have' if slow else ''}."
    )


def _list(dimensions: list[Dimension]) -> str:
    return ", ".join(DIMENSION_WORDS[d] for d in dimensions)
