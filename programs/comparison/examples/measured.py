"""Whether one program is better than another on labelled examples: every metric on the examples that it applies to.

What a negotiation's comparison says of debtors (`programs.comparison.paired`) is said here of the examples of any other
kind: paired, with intervals, the objective as a question of its own and the metrics as one family, corrected by Holm.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from data.frozen import Frozen
from metrics.scorecard import Metric
from metrics.statistics.intervals import Interval, holm, mean_interval, sign_flip_p_values
from programs.comparison.difference import FEWEST_DEBTORS, Difference, both_intervals, judged
from programs.kinds.kind import Kind
from programs.playing.contestants import Contestant
from programs.playing.evaluate import Evaluation

OBJECTIVE = "objective"


class MeasuredProgram(Frozen):
    """What one program did."""

    label: str
    kind: str
    """Uncompiled (`variant`) or an artifact."""
    fingerprint: str
    scored: int
    unscored: int
    """Lost to infrastructure after all retries; never a score."""
    failed: int
    """Ended by a fault of the program; scored."""
    means: dict[str, Interval]
    """Of the metrics that apply to any of the examples."""


class MeasuredSlice(Frozen):
    """The examples of one trait."""

    dimension: str
    value: str
    examples: int
    objective: Difference


class MeasuredPair(Frozen):
    """One program against the baseline."""

    baseline: str
    program: str
    same_program: bool
    examples: int
    """On which both have a score."""
    metrics: dict[str, Difference]
    slices: tuple[MeasuredSlice, ...] = ()
    """Exploratory: the objective among examples of one trait."""

    @property
    def objective(self) -> Difference:
        """The one that decides."""
        return self.metrics[OBJECTIVE]


class MeasuredComparison(Frozen):
    """The result of `programs.compare` for another kind than negotiations; its JSON is the machine-readable form."""

    schema_version: Literal[1] = 1
    kind: str
    metric_version: str
    setting: dict[str, Any]
    """As of a negotiation's comparison; `debtors` counts the examples."""
    programs: tuple[MeasuredProgram, ...]
    """The baseline first."""
    pairs: tuple[MeasuredPair, ...]
    notes: tuple[str, ...] = ()


def measured(
    kind: Kind,
    contestants: Sequence[Contestant],
    evaluations: Sequence[Evaluation[Any, Any]],
    *,
    setting: dict[str, Any],
    seed: int = 0,
    notes: tuple[str, ...] = (),
    margins: Mapping[str, float] | None = None,
) -> MeasuredComparison:
    """Compare every program to the first one.

    Args:
        kind: of all of them.
        contestants, evaluations: in the same order; each evaluation has at least one score in common with the first.
        setting: recorded.
        seed: of bootstrap and sign flips.
        notes: recorded.
        margins: the smallest difference that matters, by metric; None for the kind's own.
    """
    margins = kind.margins if margins is None else margins
    first, *others = zip(contestants, evaluations, strict=True)
    return MeasuredComparison(
        kind=kind.name,
        metric_version=kind.metric_version,
        setting=setting,
        programs=tuple(_program(kind, one, found, seed) for one, found in (first, *others)),
        pairs=tuple(_pair(kind, first, other, margins, seed) for other in others),
        notes=notes,
    )


def _program(kind: Kind, one: Contestant, found: Evaluation[Any, Any], seed: int) -> MeasuredProgram:
    values = {metric.id: _means(found, metric.id) for metric in kind.measures}
    return MeasuredProgram(
        label=one.label,
        kind=one.kind,
        fingerprint=one.fingerprint,
        scored=found.scored,
        unscored=found.unscored,
        failed=sum(p.negotiation.ending.value == "program_fault" for p in found.played),
        means={name: mean_interval(list(by_case.values()), seed) for name, by_case in values.items() if by_case},
    )


def _pair(
    kind: Kind,
    first: tuple[Contestant, Evaluation[Any, Any]],
    other: tuple[Contestant, Evaluation[Any, Any]],
    margins: Mapping[str, float],
    seed: int,
) -> MeasuredPair:
    columns = {metric.id: _gaps(first[1], other[1], metric.id) for metric in kind.measures}
    columns = {name: column for name, column in columns.items() if column}
    p_values = {name: _p(list(column.values()), seed) for name, column in columns.items()}
    family = [metric.id for metric in kind.metrics if metric.id in columns]
    corrected = dict(zip(family, holm([p_values[name] for name in family]), strict=True))
    by_id = {metric.id: metric for metric in kind.measures}
    return MeasuredPair(
        baseline=first[0].label,
        program=other[0].label,
        same_program=first[0].fingerprint == other[0].fingerprint,
        examples=len(columns[OBJECTIVE]),
        metrics={
            name: _judged(
                by_id[name], list(column.values()), p_values[name], corrected.get(name), len(family), margins, seed
            )
            for name, column in columns.items()
        },
        slices=_slices(kind, first[1], columns[OBJECTIVE], margins, seed),
    )


def _judged(
    metric: Metric,
    column: list[float],
    p: float,
    p_holm: float | None,
    tests: int,
    margins: Mapping[str, float],
    seed: int,
) -> Difference:
    values = np.array(column, dtype=np.float64)
    return judged(
        values,
        both_intervals(values[:, np.newaxis], seed)[0],
        p=p,
        p_holm=p_holm,
        tests=1 if p_holm is None else tests,
        better=metric.better,
        margin=margins.get(metric.id),
    )


def _slices(
    kind: Kind, baseline: Evaluation[Any, Any], gaps: Mapping[str, float], margins: Mapping[str, float], seed: int
) -> tuple[MeasuredSlice, ...]:
    members: dict[tuple[str, str], list[float]] = {}
    for played in baseline.played:
        if played.case_id in gaps and played.trial == 0:
            for trait in kind.traits(played.negotiation.case).items():
                members.setdefault(trait, []).append(gaps[played.case_id])
    p_values = {trait: _p(column, seed) for trait, column in members.items()}
    tested = [trait for trait, column in members.items() if len(column) >= FEWEST_DEBTORS]
    corrected = dict(zip(tested, holm([p_values[trait] for trait in tested]), strict=True))
    objective = kind.measures[-1]
    return tuple(
        MeasuredSlice(
            dimension=trait[0],
            value=trait[1],
            examples=len(column),
            objective=_judged(objective, column, p_values[trait], corrected.get(trait), len(tested), margins, seed),
        )
        for trait, column in sorted(members.items())
    )


def _means(found: Evaluation[Any, Any], name: str) -> dict[str, float]:
    """By example, trials averaged."""
    return {case_id: sum(values) / len(values) for case_id, values in found.values(name).items()}


def _gaps(baseline: Evaluation[Any, Any], program: Evaluation[Any, Any], name: str) -> dict[str, float]:
    old, new = _means(baseline, name), _means(program, name)
    return {case_id: new[case_id] - value for case_id, value in old.items() if case_id in new}


def _p(column: list[float], seed: int) -> float:
    values: NDArray[np.float64] = np.array(column, dtype=np.float64)[:, np.newaxis]
    return float(sign_flip_p_values(values, seed)[0])
