"""Which of the changes between two versions of a program made the difference: one change at a time is swapped.

Each change is tried where nothing else changed yet (A plus it) and where everything else did (B without it), on the
same debtors with the same seeds. Where all combinations are played, a change's share is its Shapley value (Shapley
1953): its contribution averaged over all orders in which the changes could have been made, so that the shares add up to
the gain. Otherwise it is the mean of the two, which weighs the first and the last place alone. Up to three changes the
two ways play the same programs.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Sequence
from itertools import chain, combinations
from math import comb
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from data.domain import Frozen
from metrics.scorecard import METRIC_VERSION
from metrics.statistics.intervals import mean_intervals
from plumbing.errors import UserError
from programs.artifacts.diff import changes
from programs.comparison.difference import Interval, enough
from programs.creditor.fingerprints import program_state
from programs.creditor.settings import ProgramSettings
from programs.maden import Maden
from programs.playing.evaluate import Evaluation

FREE_EXACT = 3
"""Up to so many changes the Shapley value needs no further program."""
MOST_EXACT = 6
"""Changes up to which all combinations may be asked for: 64 programs."""

Taken = frozenset[int]
"""Which changes a program has, by their place; empty is A, all of them B."""


class AtomicChange(Frozen):
    """One part that differs between two programs of one variant, and that either can have of the other."""

    kind: Literal["setting", "instruction", "demos"]
    key: str
    """The setting's name, or the predictor's."""
    a: str
    """What A has, in a few words."""
    b: str

    @property
    def name(self) -> str:
        """In words: `rungs`, `negotiator instruction`, `planner demos`."""
        return self.key if self.kind == "setting" else f"{self.key.removesuffix('.predict')} {self.kind}"


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


def atomic_changes(a: Maden, b: Maden, a_label: str = "A", b_label: str = "B") -> tuple[AtomicChange, ...]:
    """What differs from `a` to `b`: settings (the policy is one), then each predictor's instruction and demos.

    Raises:
        UserError: they are of different variants, or nothing differs.
    """
    if a.settings.variant is not b.settings.variant:
        raise UserError(
            f"{a_label} is a {a.settings.variant} program and {b_label} a {b.settings.variant} one: they do not have "
            "the same parts to swap; name two programs of one variant, such as an artifact and the one it came from"
        )
    states = program_state(a), program_state(b)
    found = [*_setting_changes(a.settings, b.settings)]
    for key in states[0]:
        found += _prompt_changes(key, states[0][key], states[1][key])
    if not found:
        raise UserError(f"{a_label} and {b_label} are the same program; there is no change to ablate")
    return tuple(found)


def with_changes(a: Maden, b: Maden, taken: Iterable[AtomicChange]) -> Maden:
    """`a` with what `taken` names as `b` has it; it plays against the debtors of `a`."""
    settings = a.settings.model_dump()
    state, of_b = copy.deepcopy(program_state(a)), program_state(b)
    for change in taken:
        if change.kind == "setting":
            settings[change.key] = b.settings.model_dump()[change.key]
        else:
            part = "signature" if change.kind == "instruction" else "demos"
            state[change.key][part] = copy.deepcopy(of_b[change.key][part])
    made = Maden(ProgramSettings.model_validate(settings), a.debtors)
    made.load_state(state)
    return made


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
    number, every = len(found), frozenset(range(len(found)))
    debtors = sorted(set.intersection(*(set(one.values(metric)) for one in evaluations.values())))
    if not debtors:
        raise UserError("no debtor has a score with every program, since the model failed; run the same command again")
    values = {taken: _by_debtor(one, metric, debtors) for taken, one in evaluations.items()}
    nothing, gain = values[frozenset()], values[every] - values[frozenset()]
    added = [values[frozenset({i})] - nothing for i in range(number)]
    removed = [values[every] - values[every - {i}] for i in range(number)]
    exact = len(values) == 2**number
    shares = [
        _shapley(values, i, number) if exact else (one + last) / 2
        for i, (one, last) in enumerate(zip(added, removed, strict=True))
    ]
    columns = [gain, gain - sum(shares), *added, *removed, *shares, *values.values()]
    whole, rest, *intervals = [Interval.of(one) for one in mean_intervals(np.column_stack(columns), seed)]
    parts = [intervals[start : start + number] for start in range(0, 3 * number, number)]
    means = dict(zip(values, intervals[3 * number :], strict=True))
    return Ablation(
        metric=metric,
        setting=setting or {},
        a=labels[0],
        b=labels[1],
        debtors=len(debtors),
        gain=whole,
        method="shapley" if exact else "first and last",
        contributions=tuple(
            Contribution(
                change=change,
                added=first,
                removed=last,
                share=share,
                share_of_gain=share.mean / whole.mean if leaves_out_0(whole) else None,
            )
            for change, first, last, share in zip(found, *parts, strict=True)
        ),
        interplay=rest,
        programs=tuple(
            AblationProgram(
                label=label_of(taken, found, labels),
                changes=tuple(found[i].name for i in sorted(taken)),
                fingerprint=(fingerprints or {}).get(taken, ""),
                scored=one.scored,
                unscored=one.unscored,
                mean=means[taken],
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


def leaves_out_0(interval: Interval) -> bool:
    """Whether it rests on debtors enough, and 0 is not between its bounds."""
    if not enough(interval) or interval.low is None or interval.high is None:
        return False
    return not interval.low <= 0 <= interval.high


def _shapley(values: dict[Taken, NDArray[np.float64]], change: int, number: int) -> NDArray[np.float64]:
    """Per debtor: the mean contribution of `change` over all orders."""
    others: Collection[int] = [i for i in range(number) if i != change]
    total = np.zeros_like(values[frozenset()])
    for size in range(number):
        for some in map(frozenset, combinations(others, size)):
            total += (values[some | {change}] - values[some]) / (number * comb(number - 1, size))
    return total


def _by_debtor(evaluation: Evaluation, metric: str, debtors: Sequence[str]) -> NDArray[np.float64]:
    found = evaluation.values(metric)
    return np.array([np.mean(found[case_id]) for case_id in debtors], dtype=np.float64)


def _setting_changes(a: ProgramSettings, b: ProgramSettings) -> list[AtomicChange]:
    dumps = a.model_dump(mode="json"), b.model_dump(mode="json")
    return [
        AtomicChange(kind="setting", key=key, a=_said(dumps[0][key], dumps[1][key]), b=_said(dumps[1][key], old))
        for key, old in dumps[0].items()
        if old != dumps[1][key]
    ]


def _prompt_changes(key: str, a: dict[str, Any], b: dict[str, Any]) -> list[AtomicChange]:
    found = []
    if a["signature"] != b["signature"]:
        words = [f"{len(one['signature']['instructions'].split())} words" for one in (a, b)]
        found.append(AtomicChange(kind="instruction", key=key, a=words[0], b=words[1]))
    if a["demos"] != b["demos"]:
        counts = [str(len(one["demos"])) for one in (a, b)]
        found.append(AtomicChange(kind="demos", key=key, a=counts[0], b=counts[1]))
    return found


def _said(value: Any, other: Any) -> str:
    """A setting's value; of the policy what differs from `other`."""
    if isinstance(value, dict) and isinstance(other, dict):
        return ", ".join(f"{change.key} {change.a}" for change in changes(value, other))
    return "none" if value is None else f"{value:.3g}" if isinstance(value, float) else str(value)
