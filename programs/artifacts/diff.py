"""What differs between two artifacts: settings, instructions, demos, scores, provenance."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any

from metrics.statistics.intervals import Interval
from programs.artifacts.document import Artifact
from programs.artifacts.side_by_side import DiffLine, side_by_side
from programs.creditor.fingerprints import program_state
from programs.kinds.known import KINDS

STAGES = ("uncompiled", "compiled")

COMPARABLE: dict[str, str] = {
    "metric_version": "the metrics' definitions",
    "weights": "the objective's weights",
    "book.sha256": "the debtor book",
    "split.val.sha256": "the validation debtors",
    "debtor": "the debtor's behaviour",
    "seed": "the seed",
    "lm.model": "the model",
}
"""Provenance that two sets of scores must share, and what it is in words."""


@dataclass(frozen=True)
class Change:
    """One value that differs; None where a side has none."""

    key: str
    a: Any
    b: Any


@dataclass(frozen=True)
class DemoPair:
    """Two demos at the same place of their sets, or one that only one side has."""

    a: int | None
    """Its number among the demos of `a`, from 1."""
    b: int | None
    lines: tuple[DiffLine, ...]
    """Field by field, all of them."""


@dataclass(frozen=True)
class PredictorDiff:
    """What differs in one predictor."""

    instructions: tuple[str, ...]
    """Lines of a unified diff; empty when equal."""
    fields: tuple[Change, ...]
    """Texts of its input and output fields."""
    demos_removed: tuple[dict[str, Any], ...]
    demos_added: tuple[dict[str, Any], ...]
    instruction_lines: tuple[DiffLine, ...] = ()
    """The instructions side by side, the words that differ marked."""
    demo_pairs: tuple[DemoPair, ...] = ()
    """The demos that differ, those that stand for each other side by side."""


@dataclass(frozen=True)
class ScorePair:
    """One metric of both, side by side."""

    stage: str
    metric: str
    a: Interval | None
    b: Interval | None


@dataclass(frozen=True)
class ArtifactDiff:
    """Everything that differs between `a` and `b`."""

    a: str
    b: str
    same_program: bool
    settings: tuple[Change, ...]
    predictors: dict[str, PredictorDiff]
    scores: tuple[ScorePair, ...]
    provenance: tuple[Change, ...]
    incomparable: tuple[str, ...]
    """What differs although scores can only be compared where it is equal, in words."""


def diff(a: Artifact, b: Artifact) -> ArtifactDiff:
    """Everything that differs, `a` being the older side."""
    provenance = changes(a.provenance, b.provenance)
    differing = {change.key for change in provenance}
    return ArtifactDiff(
        a=a.reference,
        b=b.reference,
        same_program=a.program_sha256 == b.program_sha256,
        settings=_setting_changes(a.settings, b.settings),
        predictors=_predictor_diffs(a.state, b.state),
        scores=_scores(a, b),
        provenance=provenance,
        incomparable=tuple(words for key, words in COMPARABLE.items() if key in differing),
    )


def program_diff(a: Any, b: Any, a_label: str, b_label: str) -> ArtifactDiff:
    """Settings, instructions and demos that differ between two programs, saved or not; no scores, no provenance."""
    return ArtifactDiff(
        a=a_label,
        b=b_label,
        same_program=a.sha256 == b.sha256,
        settings=_setting_changes(a.settings, b.settings),
        predictors=_predictor_diffs(program_state(a), program_state(b)),
        scores=(),
        provenance=(),
        incomparable=(),
    )


def changes(a: Any, b: Any, key: str = "") -> tuple[Change, ...]:
    """The leaves in which two JSON values differ; dotted keys name the place."""
    if isinstance(a, dict) and isinstance(b, dict):
        found: list[Change] = []
        for name in sorted({*a, *b}):
            found += changes(a.get(name), b.get(name), f"{key}.{name}" if key else name)
        return tuple(found)
    return () if a == b else (Change(key, a, b),)


def predictor_diff(a: dict[str, Any] | None, b: dict[str, Any] | None) -> PredictorDiff | None:
    """What differs in one predictor's state, None where nothing does; a side without the predictor counts as empty."""
    a, b = a or _EMPTY, b or _EMPTY
    found = PredictorDiff(
        instructions=tuple(_text_diff(a["signature"]["instructions"], b["signature"]["instructions"])),
        fields=changes(_field_texts(a), _field_texts(b)),
        demos_removed=_without(a["demos"], b["demos"]),
        demos_added=_without(b["demos"], a["demos"]),
        instruction_lines=side_by_side(a["signature"]["instructions"], b["signature"]["instructions"]),
        demo_pairs=tuple(_demo_pairs(a["demos"], b["demos"])),
    )
    reordered = a["demos"] != b["demos"] and not (found.demos_removed or found.demos_added)
    if reordered:
        found = replace(found, fields=(*found.fields, _ORDER), demo_pairs=())
    return found if found != _SAME else None


def demo_lines(demo: dict[str, Any]) -> str:
    """A demo as text, a field a line and each part of a typed answer a line of its own."""
    lines = []
    for name, value in demo.items():
        if name == "augmented":  # DSPy's mark of a demo that it bootstrapped
            continue
        if isinstance(value, dict):
            lines += [f"{name}.{part}: {_one_line(inner)}" for part, inner in value.items()]
        else:
            lines += f"{name}: {value if isinstance(value, str) else _one_line(value)}".splitlines()
    return "\n".join(lines)


def _one_line(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _setting_changes(a: Any, b: Any) -> tuple[Change, ...]:
    return changes(a.model_dump(mode="json"), b.model_dump(mode="json"))


def _predictor_diffs(a: dict[str, Any], b: dict[str, Any]) -> dict[str, PredictorDiff]:
    names = sorted({*a, *b})
    return {name: found for name in names if (found := predictor_diff(a.get(name), b.get(name)))}


def _demo_pairs(a: list[dict[str, Any]], b: list[dict[str, Any]]) -> Iterator[DemoPair]:
    """Demos that are equal stay out; of those between two equal ones the first stands for the first, and so on."""
    old_keys, new_keys = ([json.dumps(demo, sort_keys=True) for demo in demos] for demos in (a, b))
    matcher = difflib.SequenceMatcher(None, old_keys, new_keys, autojunk=False)
    for kind, a0, a1, b0, b1 in matcher.get_opcodes():
        if kind == "equal":
            continue
        for i, j in zip_longest(range(a0, a1), range(b0, b1)):
            old, new = ("" if at is None else demo_lines(demos[at]) for at, demos in ((i, a), (j, b)))
            yield DemoPair(_number(i), _number(j), side_by_side(old, new, context=None))


def _number(place: int | None) -> int | None:
    return None if place is None else place + 1


_EMPTY: dict[str, Any] = {"signature": {"instructions": "", "fields": []}, "demos": []}
_SAME = PredictorDiff((), (), (), ())
_ORDER = Change("demos", "the same", "in another order")


def _text_diff(a: str, b: str) -> list[str]:
    lines = difflib.unified_diff(a.splitlines(), b.splitlines(), lineterm="", n=2)
    return [line for line in lines if not line.startswith(("---", "+++"))]


def _field_texts(state: dict[str, Any]) -> dict[str, str]:
    return {field["prefix"].rstrip(":"): field["description"] for field in state["signature"]["fields"]}


def _without(demos: list[dict[str, Any]], others: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """The demos that do not stand in `others`, each as often as it is missing there."""
    left = [json.dumps(demo, sort_keys=True) for demo in others]
    found = []
    for demo in demos:
        key = json.dumps(demo, sort_keys=True)
        if key in left:
            left.remove(key)
        else:
            found.append(demo)
    return tuple(found)


def _scores(a: Artifact, b: Artifact) -> tuple[ScorePair, ...]:
    """All metrics that either side has, in the order of every table."""
    pairs = []
    for stage in STAGES:
        first, second = (one.scores[stage].estimates if stage in one.scores else {} for one in (a, b))
        pairs += [ScorePair(stage, m, first.get(m), second.get(m)) for m in in_table_order({*first, *second})]
    return tuple(pairs)


def in_table_order(names: Iterable[str]) -> list[str]:
    """Metric ids in the order of every table, unknown ones last."""
    known = list(dict.fromkeys(measure.id for kind in KINDS for measure in kind.measures))
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))
