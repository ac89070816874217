"""The calls of a played example as demonstrations with the right answer, where somebody knows it.

A labelled example may be shown whether or not the program got it right, and shows most where it did not. Where nobody
knows the right answer, the program's own serves if the example scored well.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from data.circumstance import CircumstanceKind
from optimizers.demonstrations.labelled import rightly_answered
from optimizers.demonstrations.turns import Demonstration, Recorded
from programs.debtor.voice import spoken_circumstance
from programs.kinds.kind import Kind
from programs.kinds.negotiation_kind import HEARER, NEGOTIATIONS


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
        case_id, answer = one.negotiation.case.case_id, outputs or call.outputs
        made = rightly_answered(call.predictor, case_id, call.inputs, answer, shown.facet, shown.choice)
        found.append(replace(made, objective=one.objective if outputs is None else 1.0, weight=shown.weight))
    return found


def hearings(one: Recorded) -> list[Demonstration]:
    """The sentence whose meaning the training debtor's file tells, with the right answer whatever was answered.

    As many show a figure that means nothing as show a fact: a small model finds what its examples hold.
    """
    case = one.negotiation.case
    right = NEGOTIATIONS.right_answers(case).get(HEARER)
    if right is None:
        return []
    said, kind = spoken_circumstance(case.circumstance, case.debt.currency), case.circumstance.kind
    facet = "nothing" if kind is CircumstanceKind.NOTHING else "fact"
    asked = ((number, call) for number, entry in enumerate(one.calls, start=1) for call in entry)
    return [
        replace(rightly_answered(HEARER, case.case_id, call.inputs, right, facet, kind.value), number=number)
        for number, call in asked
        if call.predictor == HEARER and call.inputs["sentence"].strip() in said
    ][:1]
