"""A compile's figures as its artifact keeps them: scores with their intervals, and what was paid."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from metrics.statistics.intervals import mean_interval
from programs.kinds.kind import Kind
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.models.accounts import Cost
from programs.playing.evaluate import Evaluation


def summary(evaluation: Evaluation[Any, Any], kind: Kind = NEGOTIATIONS) -> dict[str, Any]:
    """Mean, interval and n of every metric and index that applies, and the objective, with the counts."""
    values = {measure.id: evaluation.all_values(measure.id) for measure in kind.measures}
    estimates = {name: mean_interval(found).model_dump() for name, found in values.items() if found}
    return {"estimates": estimates, "scored": evaluation.scored, "unscored": evaluation.unscored}


def cost_record(by_role: dict[str, Cost]) -> dict[str, Any]:
    """What was paid as the artifact keeps it: the total, and the same per role; unknown money is null.

    Without seconds and failed calls: they differ each time, and the same compile shall leave the same artifact.
    """
    roles = {role: lasting(cost) for role, cost in sorted(by_role.items())}
    return {**lasting(sum(by_role.values(), Cost())), "roles": roles}


def lasting(cost: Cost) -> dict[str, Any]:
    """What a cost is made of that is the same each time."""
    return {name: value for name, value in asdict(cost).items() if name not in ("seconds", "failed_calls")}
