"""Scores: a negotiation record in, the thirteen metrics, the indices and the objective out. Pure functions.

`score_many` simulates all plans in one batch. `objective_metric` is what DSPy's optimisers call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from data.domain import CreditorPolicy, Ending, Negotiation, Record
from metrics.feedback import feedback
from metrics.money.indices import conversation_index, objective, plan_columns
from metrics.money.promises import promises
from metrics.money.simulation import CashFlow, PlanBatch, simulate
from metrics.money.weights import Weights, default_weights, load_weights
from metrics.scorecard import AccountScorecard, Scorecard
from metrics.talk.conversation import Soundness, completeness, rounds, soundness

if TYPE_CHECKING:
    import dspy

__all__ = [
    "AccountScorecard",
    "Scorecard",
    "Unscorable",
    "Weights",
    "feedback",
    "load_weights",
    "objective_metric",
    "score",
    "score_accounts",
    "score_columns",
    "score_many",
]

_R = TypeVar("_R", bound=Record)
_Card = TypeVar("_Card")


class Unscorable(Exception):
    """The negotiation ended through nobody's fault at the table (provider, network, limit): no score, not a 0."""


@dataclass(frozen=True)
class Talk:
    """The conversational side of N negotiations, as columns."""

    completeness: np.ndarray
    soundness: np.ndarray
    rounds: np.ndarray
    disqualified: np.ndarray
    """A hard breach of conduct, or not one legal creditor turn: the objective is 0."""


def score(negotiation: Negotiation, weights: Weights | None = None) -> Scorecard:
    """The scorecard of one negotiation.

    Raises:
        Unscorable: the ending is `infrastructure`.
        UserError: an amount is too large to be simulated exactly.
    """
    return score_many([negotiation], weights)[0]


def score_many(negotiations: Sequence[Negotiation], weights: Weights | None = None) -> list[Scorecard]:
    """Scorecards in the order of the negotiations; the same as `score` of each, and faster.

    Raises:
        Unscorable: an ending is `infrastructure`; filter these out first and report them as coverage.
        UserError: an amount is too large to be simulated exactly.
    """
    return _by_policy(negotiations, _score_group, weights)


def score_accounts(records: Sequence[Record], weights: Weights | None = None) -> list[AccountScorecard]:
    """What can be told of negotiations without the debtors' finances: the talk, and what was promised.

    Args:
        records: of accounts, or of debtors whose finances are to be left aside.
        weights: of the indices; None for the shipped ones.

    Raises:
        Unscorable: an ending is `infrastructure`.
        UserError: an amount is too large to be simulated exactly.
    """
    return _by_policy(records, _account_group, weights)


def _by_policy(
    records: Sequence[_R],
    score_group: Callable[[list[_R], CreditorPolicy, Weights], list[_Card]],
    weights: Weights | None,
) -> list[_Card]:
    """The cards of `records` in their order, each run of one policy scored at once."""
    _refuse_unscorable(records)
    cards: list[_Card] = []
    for policy, group in groupby(records, key=lambda record: record.policy):
        cards += score_group(list(group), policy, weights or default_weights())
    return cards


def score_columns(flow: CashFlow, talk: Talk, policy: CreditorPolicy, weights: Weights) -> dict[str, np.ndarray]:
    """All metrics, indices and the objective of N simulated plans, by id; the vectorised core of `score_many`."""
    columns = plan_columns(flow, policy, weights)
    conv = conversation_index(talk.completeness, talk.soundness, talk.rounds, policy.round_limit)
    return {
        "DC": talk.completeness,
        "DS": talk.soundness,
        "DR": talk.rounds,
        **columns,
        "CONV": conv,
        "objective": objective(columns["CCI"], conv, talk.disqualified, weights),
    }


def objective_metric(
    example: Any, pred: Any, trace: Any = None, pred_name: str | None = None, pred_trace: Any = None
) -> dspy.Prediction:
    """The objective as DSPy's optimisers call it; reads `pred.negotiation` and nothing else, so it is pure.

    Returns a `dspy.Prediction` with `score` (the objective), `feedback`, the thirteen metrics and CRI, DHI, CCI,
    CONV. Set a metric threshold above 0 when bootstrapping: DSPy takes any returned prediction for a success.

    Raises:
        Unscorable: the negotiation ended through an infrastructure failure, which is not a score.
    """
    import dspy  # seconds to import; `python -m metrics.score` does without

    card = score(pred.negotiation)
    values = card.values()
    return dspy.Prediction(score=values.pop("objective"), feedback=feedback(pred.negotiation, card), **values)


def _score_group(negotiations: list[Negotiation], policy: CreditorPolicy, weights: Weights) -> list[Scorecard]:
    """Score negotiations that share a policy."""
    batch = PlanBatch.of([n.case for n in negotiations], [n.agreed for n in negotiations])
    judged = [soundness(n) for n in negotiations]
    columns = score_columns(simulate(batch), _talk(negotiations, judged), policy, weights)
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [
        Scorecard(case_id=n.case.case_id, hard_breach=found.hard_breach, **dict(zip(columns, row, strict=True)))
        for n, found, row in zip(negotiations, judged, rows, strict=True)
    ]


def _refuse_unscorable(records: Sequence[Record]) -> None:
    for record in records:
        if record.ending is Ending.INFRASTRUCTURE:
            raise Unscorable(f"{record.case.case_id}: {record.failure or 'infrastructure failure'}")


def _account_group(records: list[Record], policy: CreditorPolicy, weights: Weights) -> list[AccountScorecard]:
    judged = [soundness(record) for record in records]
    talk = _talk(records, judged)
    columns = {
        "DC": talk.completeness,
        "DS": talk.soundness,
        "DR": talk.rounds,
        "CONV": conversation_index(talk.completeness, talk.soundness, talk.rounds, policy.round_limit),
        **promises(records, policy, weights),
    }
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [
        AccountScorecard(
            case_id=record.case.case_id, hard_breach=found.hard_breach, **dict(zip(columns, row, strict=True))
        )
        for record, found, row in zip(records, judged, rows, strict=True)
    ]


def _talk(negotiations: Sequence[Record], judged: list[Soundness]) -> Talk:
    return Talk(
        completeness=np.array([completeness(n) for n in negotiations], dtype=np.float64),
        soundness=np.array([found.share for found in judged], dtype=np.float64),
        rounds=np.array([rounds(n) for n in negotiations], dtype=np.int64),
        disqualified=np.array([found.hard_breach or not found.legal_turns for found in judged], dtype=np.bool_),
    )
