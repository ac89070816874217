"""Feedback in the words of the business: what cost most, whose doing it was, and what would raise each metric.

Prompt optimisers show it to a model that writes instructions, so it says nothing that only this debtor's file
says: no private figure, no quotation, only which way the terms were wrong and by how much of the objective. The
metrics come from `metrics.scorecard.METRICS`, the definition that feeds tables and the objective as well.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from data.dimensions import DIMENSIONS, SPECS, Dimension
from data.domain import Ending, Negotiation, Speaker
from data.terms import Terms
from metrics.forgone import lost_turns
from metrics.money.indices import objective_of
from metrics.money.oracle import best_terms, nominal_cri, regret
from metrics.money.simulation import HORIZON_DAYS, PlanBatch, immediate_payment, simulate
from metrics.money.weights import default_weights
from metrics.scorecard import METRICS, Metric, Role, Scorecard
from metrics.talk.conversation import FaultKind, soundness
from metrics.turn_facts import turn_facts

WORTH_SAYING = 0.01
"""Loss of objective below which nothing is said."""
PICKED_BY: tuple[Role, ...] = ("negotiator", "judge")
"""Whose doing a turn is that gave up something against the best option: who picked it, and who let it pass."""
MOST_TURN_FACTS = 3
"""Turns that a module is told of at most, the largest first."""
POINTS = "A point is a hundredth of what terms can be worth to the creditor when they are kept."

_FAULTS: dict[FaultKind, str] = {
    "protocol": "made a move that the protocol does not allow",
    "policy": "went outside the creditor's policy and had to be repaired",
    "taken back": "took back an earlier concession",
    "figures": "stated figures that were not the move's",
    "disclosure": "gave an internal limit away",
    "conduct": "broke a rule of conduct",
}
_HOW_OFTEN = ((0.0, "never"), (0.1, "seldom"), (0.5, "part of the time"), (1.0, "most of the time"))
_HOW_UNEVEN = ((0.5, "calm"), (1.5, "uneven"), (float("inf"), "from one extreme to another"))


@dataclass(frozen=True)
class Loss:
    """Something that cost part of the objective."""

    cost: float
    """Of the objective, 0..1; estimated where causes overlap."""
    causes: dict[Role, str]
    """The modules that caused it, and what each did wrong; "" where the sentence says it."""
    sentence: str

    @property
    def blame(self) -> str:
        """The causes as a clause."""
        parts = (f"the {module}{f' ({how})' if how else ''}" for module, how in self.causes.items())
        return " or ".join(parts)


def feedback(negotiation: Negotiation, scorecard: Scorecard, module: Role | None = None) -> str:
    """What cost most, in order of its cost, each with the module that caused it; one paragraph.

    Args:
        negotiation: the record.
        scorecard: its scores.
        module: only what this one can change, with the turns that stand out and the metrics that it moves; None: the
            whole negotiation in short.
    """
    losses = sorted(_losses(negotiation, scorecard), key=lambda loss: -loss.cost)
    mine = [loss for loss in losses if module is None or module in loss.causes]
    parts = [f"Objective {scorecard.objective:.2f}.", *(_told(loss, module) for loss in mine)]
    if not losses:
        parts.append("Nothing of weight was lost: the terms are close to the best for this debtor, the talk was sound.")
    elif not mine:
        parts.append(f"What was lost here is not the {module}'s doing.")
    if module is None or module in PICKED_BY:
        parts += _credit(negotiation)
    if module is not None:
        facts = [fact.sentence for fact in turn_facts(negotiation) if module in fact.modules][:MOST_TURN_FACTS]
        parts += facts
        if "points" in " ".join(facts):
            parts.append(POINTS)
        parts += _metric_lines(negotiation, scorecard, module)
    return " ".join(parts)


def _told(loss: Loss, module: Role | None) -> str:
    if module is None:
        return f"{loss.sentence} Cost about {loss.cost:.2f}; caused by {loss.blame}."
    how = loss.causes[module]
    return f"{loss.sentence} Cost about {loss.cost:.2f}{f'; the {module} {how}' if how else ''}."


def _credit(negotiation: Negotiation) -> Iterator[str]:
    """The turns that gave most up against the best option that was computed for them, dearest first."""
    for lost in lost_turns(negotiation)[:MOST_TURN_FACTS]:
        what = f": picked was {lost.picked}; better was {lost.better}" if lost.better else ""
        yield f"In round {lost.round} the pick came to {1000 * lost.cost:.0f} less than the best option{what}."


def _metric_lines(negotiation: Negotiation, card: Scorecard, module: Role) -> Iterator[str]:
    """The metrics that `module` moves and that are not at their best, by what they could add, dearest first."""
    gains = {metric.id: gain(metric, negotiation, card) for metric in METRICS if module in metric.moved_by}
    short = [metric for metric in METRICS if gains.get(metric.id, 0) >= WORTH_SAYING]
    for metric in sorted(short, key=lambda metric: -gains[metric.id]):
        yield (
            f"{metric.name.capitalize()} ({metric.id}): {in_words(metric, card)}, at most {gains[metric.id]:.2f} to win"
            f"; raised by: {metric.raised_by}."
        )
    without = [metric for metric in METRICS if module in metric.moved_by and metric.better is None]
    if without:
        yield "Also " + ", ".join(f"{metric.name}: {in_words(metric, card)}" for metric in without) + "."


def gain(metric: Metric, negotiation: Negotiation, card: Scorecard) -> float:
    """What the objective would win if this metric alone were at its best; 0 for one without a direction."""
    if metric.best is None:
        return 0.0
    values = {other.id: float(getattr(card, other.id)) for other in METRICS}
    weights, policy = default_weights(), negotiation.policy
    reached = objective_of(values, policy, weights)
    return max(0.0, objective_of({**values, metric.id: metric.best}, policy, weights) - reached)


def in_words(metric: Metric, card: Scorecard) -> str:
    """A metric's value with its unit; without a figure where it rests on the debtor's finances."""
    value = float(getattr(card, metric.id))
    if metric.private:
        share, scale = (value / HORIZON_DAYS, _HOW_OFTEN) if metric.unit == "days" else (value, _HOW_UNEVEN)
        return next(words for limit, words in scale if share <= limit)
    if metric.unit == "0/1":
        return "yes" if value else "no"
    if metric.unit == "days":
        return f"day {value:.0f}" if value < HORIZON_DAYS else f"not within {HORIZON_DAYS} days"
    return f"{value:.2f} of 1" if metric.unit == "0..1" else f"{value:.0f} {metric.unit}"


def _losses(negotiation: Negotiation, card: Scorecard) -> Iterator[Loss]:
    weights = default_weights().objective
    found = soundness(negotiation)
    if card.hard_breach:
        rules = {fault.sentence.split(":")[0] for fault in found.faults if fault.kind == "conduct"}
        said = f"The whole objective was forfeited: {', '.join(sorted(rules))}."
        yield Loss(1.0, {"negotiator": "must never say such a thing"}, said)
    elif not found.legal_turns:
        yield Loss(1.0, {"negotiator": ""}, "The whole objective was forfeited: not one legal move was made.")
    lost = max(0.0, weights.CCI * regret(negotiation))
    cause = _no_agreement if negotiation.agreed is None else _wrong_terms
    if lost >= WORTH_SAYING or not card.SR:
        yield cause(negotiation, card, lost)
    rounds: dict[FaultKind, set[int]] = defaultdict(set)
    for fault in found.faults:
        rounds[fault.kind].add(_round(negotiation, fault.turn))
    for kind, where in rounds.items():
        share = weights.CONV * len(where) / (3 * found.creditor_turns)
        numbers = ", ".join(map(str, sorted(where)))
        said = f"{len(where)} of {found.creditor_turns} creditor turns {_FAULTS[kind]} (round {numbers})."
        yield Loss(share, {"negotiator": ""}, said)
    brevity = (card.DR - 1) / max(negotiation.policy.round_limit - 1, 1)
    if (cost := weights.CONV * min(max(brevity, 0), 1) / 3) >= WORTH_SAYING:
        yield Loss(cost, {"negotiator": "", "planner": "", "judge": ""}, f"It took {card.DR} rounds.")


def _round(negotiation: Negotiation, turn: int) -> int:
    return sum(other.speaker is Speaker.CREDITOR for other in negotiation.turns[: turn + 1])


def _no_agreement(negotiation: Negotiation, card: Scorecard, lost: float) -> Loss:
    if negotiation.ending is Ending.PROGRAM_FAULT:
        kind = re.match(r"[a-z_]+(?=: )", negotiation.failure or "")  # only the type: the rest may quote anything
        what = f" ({kind.group().replace('_', ' ')})" if kind else ""
        return Loss(lost, {"negotiator": "", "planner": ""}, f"There was no agreement: the program failed{what}.")
    apart = _apart(negotiation)
    where = (
        f" The sides were still apart on {_list(apart)}."
        if apart
        else " There were not two complete offers to compare."
    )
    if negotiation.ending is Ending.WALKED_AWAY:
        return Loss(
            lost,
            {"planner": "was too firm for too long", "negotiator": "pushed without listening"},
            f"There was no agreement: the debtor walked away in round {card.DR}.{where}",
        )
    return Loss(
        lost,
        {
            "planner": "gave too little or too late",
            "negotiator": "did not step down in time",
            "judge": "blocked concessions",
        },
        f"There was no agreement within {negotiation.policy.round_limit} rounds.{where}",
    )


def _apart(negotiation: Negotiation) -> list[Dimension]:
    ours, theirs = negotiation.standing(Speaker.CREDITOR), negotiation.standing(Speaker.DEBTOR)
    if ours is None or theirs is None:
        return []
    return list(theirs.softer_in(ours))


def _wrong_terms(negotiation: Negotiation, card: Scorecard, lost: float) -> Loss:
    settled: dict[Role, str] = {"planner": "", "negotiator": "", "judge": "approved it"}
    if not card.SR:
        return Loss(lost, settled, _not_kept(negotiation))
    best = best_terms([negotiation.case], negotiation.policy)[0]
    if best.CRI - card.CRI >= best.DHI - card.DHI:
        return Loss(lost, settled, _over_conceded(negotiation, best.terms))
    return Loss(
        lost,
        settled,
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
        return nominal_cri(agreed.with_value(dimension, getattr(best, dimension)), negotiation)

    dearest = max(DIMENSIONS, key=gain)
    slow = SPECS[dearest].unit != "percent"
    return (
        "More was conceded than this debtor needed: firmer terms would have been kept as well. Most was given away on "
        f"{SPECS[dearest].words}{', so the money came later than it could have' if slow else ''}."
    )


def _list(dimensions: list[Dimension]) -> str:
    return ", ".join(SPECS[d].words for d in dimensions)
