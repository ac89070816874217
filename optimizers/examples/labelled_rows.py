"""What labels teach each predictor of a program: its own prompt, and the right reply as its engine writes it."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any

import dspy

from data.frozen import Frozen
from optimizers.preferences.student import Message, in_plain
from programs.creditor.fingerprints import predictors
from programs.kinds.kind import Kind, LabelledCall
from programs.models.adapter import ADAPTER


class LabelledExample(Frozen):
    """A reply to imitate, with where it is from."""

    prompt: tuple[Message, ...]
    reply: str
    """JSON in one line, as the embedded engine writes it."""
    case_id: str
    predictor: str
    facet: str
    """What it is an example of."""


def labelled_examples(
    kind: Kind, program: dspy.Module, cases: Iterable[Any], most: int | None = None, seed: int = 0
) -> list[LabelledExample]:
    """An example for each labelled call of `cases`, in the order of the cases; no call of a model is made.

    Args:
        kind: of the program, whose labels are used.
        program: whose instructions are in the prompts; its demonstrations are not, since imitation takes their place.
        cases: training examples.
        most: of each predictor; the facets then take turns, so that rare ones are not lost. None: all.
        seed: of what is left out.
    """
    calls = [(case.case_id, call) for case in cases for call in kind.labelled(case)]
    kept = calls if most is None else _some(calls, most, seed)
    known = predictors(program)
    return [_example(case_id, call, known[call.predictor].signature) for case_id, call in kept]


def _some(calls: Sequence[tuple[str, LabelledCall]], most: int, seed: int) -> list[tuple[str, LabelledCall]]:
    kept: set[int] = set()
    for predictor in sorted({call.predictor for _, call in calls}):
        facets: dict[str, list[int]] = defaultdict(list)
        for place, (_, call) in enumerate(calls):
            if call.predictor == predictor:
                facets[call.facet].append(place)
        rng = random.Random(f"examples {seed} {predictor}")
        for places in facets.values():
            rng.shuffle(places)
        rows = zip_longest(*(places for _, places in sorted(facets.items())))
        in_turn = (place for row in rows for place in row if place is not None)
        kept.update(place for place, _ in zip(in_turn, range(most), strict=False))
    return [call for place, call in enumerate(calls) if place in kept]


def _example(case_id: str, call: LabelledCall, signature: type[dspy.Signature]) -> LabelledExample:
    told = ADAPTER.format_assistant_message_content(signature, call.outputs)
    return LabelledExample(
        prompt=in_plain(ADAPTER.format(signature, [], call.inputs)),
        reply=json.dumps(json.loads(told), separators=(",", ":"), ensure_ascii=False),
        case_id=case_id,
        predictor=call.predictor,
        facet=call.facet,
    )
