"""Demonstrations by labels alone: nobody plays an example whose right answers are known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import dspy

from optimizers.demonstrations.turns import Demonstration
from optimizers.runs.task import CompileTask
from programs.kinds.kind import Kind


def labelled(task: CompileTask, *, unplayed: bool = False) -> list[Demonstration]:
    """The calls of the training examples with their right answers, in the order of ids; none where nobody knows them.

    Args:
        task: its pool and its own training examples serve.
        unplayed: only of examples that the strategy does not play with demonstrations: among the nearest that are
            shown, its own label would be told to each.
    """
    played = {case.case_id: case for case in task.train}
    more = {case.case_id: case for case in task.pool if case.case_id not in played}
    cases = more if unplayed else {**played, **more}
    return list(_calls((cases[case_id] for case_id in sorted(cases)), task.kind))


def rightly_answered(
    predictor: str, case_id: str, given: Mapping[str, Any], right: Mapping[str, Any], facet: str, choice: str
) -> Demonstration:
    """The demonstration of one call and the answer that it should get; facet and choice as of `Shown`."""
    example = dspy.Example(augmented=True, **given, **right)  # as DSPy's bootstrap makes them
    return Demonstration(predictor, case_id, 1, facet, choice, 0.0, 1.0, clean=True, example=example)


def _calls(cases: Iterable[Any], kind: Kind) -> Iterable[Demonstration]:
    return (
        rightly_answered(call.predictor, case.case_id, call.inputs, call.outputs, call.facet, call.facet)
        for case in cases
        for call in kind.labelled(case)
    )
