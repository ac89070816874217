"""The calls of a played example as demonstrations, where each predictor is called once, with the right answer.

A labelled example may be shown whether or not the program got it right, and shows most where it did not. Where nobody
knows the right answer, the program's own serves if the example scored well.
"""

from __future__ import annotations

from collections import Counter

import dspy

from optimizers.demonstrations.turns import Demonstration, Recorded
from programs.kinds.kind import Kind


def answered(one: Recorded, kind: Kind, threshold: float, *, own_from: float | None = None) -> list[Demonstration]:
    """The demonstrations of one played example, at most one a predictor.

    Args:
        one: with the calls behind it; a predictor that was called more than once is passed over.
        kind: of the program.
        threshold: objective from which the program's own answer serves, where there is no right one.
        own_from: where a user named a threshold: only own answers of examples that reach it.
    """
    calls = [call for entry in one.calls for call in entry]
    times = Counter(call.predictor for call in calls)
    right = kind.right_answers(one.negotiation.case) if own_from is None else {}
    found = []
    for call in calls:
        outputs = right.get(call.predictor)
        if times[call.predictor] > 1 or (outputs is None and one.objective < threshold):
            continue
        shown = kind.shown(one.negotiation, call.predictor)
        found.append(
            Demonstration(
                call.predictor,
                one.negotiation.case.case_id,
                1,
                shown.facet,
                shown.choice,
                0.0,
                one.objective if outputs is None else 1.0,
                clean=True,
                example=dspy.Example(augmented=True, **call.inputs, **(outputs or call.outputs)),
                weight=shown.weight,
            )
        )
    return found
