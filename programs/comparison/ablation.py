"""Which of the changes between two versions of a program made the difference: one change at a time is swapped.

Each change is tried where nothing else changed yet (A plus it) and where everything else did (B without it), on the
same debtors with the same seeds. Where all combinations are played, a change's share is its Shapley value (Shapley
1953): its contribution averaged over all orders in which the changes could have been made, so that the shares add up to
the gain. Otherwise it is the mean of the two, which weighs the first and the last place alone. Up to three changes the
two ways play the same programs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import chain, combinations
from math import comb
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from data.frozen import Frozen
from metrics.scorecard import METRIC_VERSION
from metrics.statistics.intervals import Interval, mean_intervals
from plumbing.errors import UserError
from programs.comparison.difference import enough
from programs.comparison.program_changes import AtomicChange
from programs.playing.evaluate import Evaluation

FREE_EXACT = 3
"""Up to so many changes the Shapley value needs no further program."""
MOST_EXACT = 6
"""Changes up to which all combinations may be asked for: 64 programs."""

Taken = frozenset[int]
"""Which changes a program has, by their place; empty is A, all of them B."""
_Part = Literal["added", "removed", "share"]
_Column = Literal["gain", "interplay"] | tuple[_Part, int] | Taken
"""What has an interval: the gain, what the shares leave of it, a part of a change by its place, a program's mean."""
_PerDebtor = NDArray[np.float64]


class Contribution(Frozen):
    """What one change brings, in the metric's unit, paired by debtor."""

    change: AtomicChange
    added: Interval
    """A plus this one change, against A."""
    removed: Interval
    """B against B without this one change."""
    share: Interval
    """Its part of the gain."""
    share_of_gain: float | None
    """`share` by the gain; None where no gain is shown, since then there is nothing to share."""


class AblationProgram(Frozen):
    """One program that was played."""

    label: str
    changes: tuple[str, ...]
    """Names of the changes that it has of B."""
    fingerprint: str
    scored: int
    unscored: int
    """Lost to infrastructure."""
    mean: Interval


class Ablation(Frozen):
    """The result of `programs.ablate`; its JSON is the machine-readable form."""

    schema_version: Literal[1] = 1
    metric_version: str = METRIC_VERSION
    metric: str
    setting: dict[str, Any]
    """What was played, as in `programs.comparison.paired.Comparison`."""
    a: str
    b: str
    debtors: int
    """Those that every program has a score with; all figures are theirs."""
    gain: Interval
    """B less A."""
    method: Literal["shapley", "first and last"]
    """How `share` is made."""
    contributions: tuple[Contribution, ...]
    interplay: Interval
    """What the shares leave of the gain; 0 for Shapley values."""
    programs: tuple[AblationProgram, ...]
    notes: tuple[str, ...] = ()


def combinations_to_play(number: int, *, exact: bool) -> tuple[Taken, ...]:
    """Which programs it takes: A first, then B, A plus one, B without one, and where `exact` all others.

    Args:
        number: of changes.
        exact: for Shapley values; up to `FREE_EXACT` changes nothing is left to add.
    """
    every = frozenset(range(number))
    order = [frozenset(), every, *(frozenset({i}) for i in range(number)), *(every - {i} for i in range(number))]
    if exact:
        order += chain.from_iterable(map(frozenset, combinations(range(number), size)) for size in range(number + 1))
    return tuple(dict.fromkeys(order))


def ablated(
    found: Sequence[AtomicChange],
    evaluations: dict[Taken, Evaluation],
    *,
    metric: str = "objective",
    labels: tuple[str, str] = ("A", "B"),
    fingerprints: dict[Taken, str] | None = None,
    setting: dict[str, Any] | None = None,
    seed: int = 0,
    notes: tuple[str, ...] = (),
) -> Ablation:
    """Each change's share of the gain.

    Args:
        found: the changes.
        evaluations: of the programs of `combinations_to_play`; with all combinations the shares are Shapley values.
        metric: id of a metric, an index, or `objective`.
        labels: of A and B.
        fingerprints: of the programs, for the record.
        setting: recorded.
        seed: of the bootstrap.
        notes: recorded.

    Raises:
        UserError: no debtor has a score with every program.
    """
    debtors = _shared(evaluations, metric)
    values = {taken: _by_debtor(one, metric, debtors) for taken, one in evaluations.items()}
    exact = len(values) == 2 ** len(found)
    columns = _columns(values, len(found), exact=exact)
    intervals = dict(zip(columns, mean_intervals(np.column_stack(list(columns.values())), seed), strict=True))
    return Ablation(
        metric=metric,
        setting=setting or {},
        a=labels[0],
        b=labels[1],
        debtors=len(debtors),
        gain=intervals["gain"],
        method="shapley" if exact else "first and last",
        contributions=tuple(_contribution(change, i, intervals) for i, change in enumerate(found)),
        interplay=intervals["interplay"],
        programs=tuple(
            AblationProgram(
                label=label_of(taken, found, labels),
                changes=tuple(found[i].name for i in sorted(taken)),
                fingerprint=(fingerprints or {}).get(taken, ""),
                scored=one.scored,
                unscored=one.unscored,
                mean=intervals[taken],
            )
            for taken, one in evaluations.items()
        ),
        notes=notes,
    )


def label_of(taken: Taken, found: Sequence[AtomicChange], labels: tuple[str, str]) -> str:
    """`A`, `B`, `A + rungs`, `B - planner demos`, or with A and the names in between."""
    left = [one.name for i, one in enumerate(found) if i not in taken]
    names = [found[i].name for i in sorted(taken)]
    if not names:
        return labels[0]
    if len(left) < len(names):
        return " - ".join([labels[1], *left])
    return " + ".join([labels[0], *names])


def stands_out(interval: Interval) -> bool:
    """Whether it rests on debtors enough, and 0 is not between its bounds."""
    return enough(interval) and interval.leaves_out_0


def _shared(evaluations: dict[Taken, Evaluation], metric: str) -> list[str]:
    """Debtors that every program has a score with, sorted."""
    debtors = sorted(set.intersection(*(set(one.values(metric)) for one in evaluations.values())))
    if not debtors:
        raise UserError("no debtor has a score with every program, since the model failed; run the same command again")
    return debtors


def _columns(values: dict[Taken, _PerDebtor], number: int, *, exact: bool) -> dict[_Column, _PerDebtor]:
    """Everything that gets an interval, by name; of all programs the values themselves."""
    every, each = frozenset(range(number)), range(number)
    nothing, gain = values[frozenset()], values[every] - values[frozenset()]
    added = [values[frozenset({i})] - nothing for i in each]
    removed = [values[every] - values[every - {i}] for i in each]
    shares = [_shapley(values, i, number) if exact else (added[i] + removed[i]) / 2 for i in each]
    parts: dict[_Part, list[_PerDebtor]] = {"added": added, "removed": removed, "share": shares}
    columns: dict[_Column, _PerDebtor] = {"gain": gain, "interplay": gain - sum(shares)}
    columns.update(((part, i), parts[part][i]) for part in parts for i in each)
    columns.update(values.items())
    return columns


def _contribution(change: AtomicChange, place: int, intervals: Mapping[_Column, Interval]) -> Contribution:
    gain, share = intervals["gain"], intervals["share", place]
    return Contribution(
        change=change,
        added=intervals["added", place],
        removed=intervals["removed", place],
        share=share,
        share_of_gain=share.mean / gain.mean if stands_out(gain) else None,
    )


def _shapley(values: dict[Taken, _PerDebtor], change: int, number: int) -> _PerDebtor:
    """Per debtor: the mean contribution of `change` over all orders."""
    others: Collection[int] = [i for i in range(number) if i != change]
    total = np.zeros_like(values[frozenset()])
    for size in range(number):
        for some in map(frozenset, combinations(others, size)):
            total += (values[some | {change}] - values[some]) / (number * comb(number - 1, size))
    return total


def _by_debtor(evaluation: Evaluation, metric: str, debtors: Sequence[str]) -> _PerDebtor:
    found = evaluation.values(metric)
    return np.array([np.mean(found[case_id]) for case_id in debtors], dtype=np.float64)
