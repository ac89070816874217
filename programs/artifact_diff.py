"""What differs between two artifacts: settings, instructions, demos, scores, provenance."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from metrics.scorecard import INDEX_IDS, METRIC_IDS
from programs.artifact import Artifact, MetricEstimate

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
class PredictorDiff:
    """What differs in one predictor."""

    instructions: tuple[str, ...]
    """Lines of a unified diff; empty when equal."""
    fields: tuple[Change, ...]
    """Texts of its input and output fields."""
    demos_removed: tuple[dict[str, Any], ...]
    demos_added: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class ScorePair:
    """One metric of both, side by side."""

    stage: str
    metric: str
    a: MetricEstimate | None
    b: MetricEstimate | None


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
        settings=changes(a.settings.model_dump(mode="json"), b.settings.model_dump(mode="json")),
        predictors={
            name: found
            for name in sorted({*a.state, *b.state})
            if (found := predictor_diff(a.state.get(name), b.state.get(name)))
        },
        scores=_scores(a, b),
        provenance=provenance,
        incomparable=tuple(words for key, words in COMPARABLE.items() if key in differing),
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
    )
    reordered = a["demos"] != b["demos"] and not (found.demos_removed or found.demos_added)
    if reordered:
        found = PredictorDiff(found.instructions, (*found.fields, _ORDER), (), ())
    return found if found != _SAME else None


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
    known = [*METRIC_IDS, *INDEX_IDS]
    return sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name))
