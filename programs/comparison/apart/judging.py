"""What may be said of two contestants that did not meet the same debtors, or of whom not everything is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

from data.frozen import Frozen
from metrics.scorecard import BY_ID, INDEX_IDS, METRIC_VERSION
from metrics.statistics.intervals import Interval, holm, mean_interval, sign_flip_p_values
from metrics.statistics.unpaired import standardised_difference, unpaired_difference
from programs.comparison.apart.sides import MEASURES, ComparedSide, SideScores, scores
from programs.comparison.difference import FEWEST_DEBTORS, LEVEL, DifferenceVerdict

IMBALANCE = 0.1
"""Standard deviations from which groups are usually called unlike (Austin 2009)."""
_QUESTIONS = (*INDEX_IDS, "PCRI")
"""Each is a question of its own; what else is looked at is one family, corrected by Holm."""


class ApartProgram(Frozen):
    """What one contestant did."""

    label: str
    kind: str
    fingerprint: str
    debtors: int
    scored: int
    unscored: int
    without_finances: int
    """Records of which only the talk and the promise are scored."""
    endings: dict[str, int]
    hard_breaches: int
    means: dict[str, Interval]
    """By measure, of the debtors of whom it is known."""


class ApartDifference(Frozen):
    """One measure of a contestant against the baseline's."""

    difference: Interval
    """Program minus baseline."""
    p: float
    p_holm: float | None = None
    verdict: DifferenceVerdict
    """Unpaired `higher` or `lower`, never better or worse: the debtors differ too."""


class ApartPair(Frozen):
    """One contestant against the baseline."""

    baseline: str
    program: str
    paired: bool
    """Debtor by debtor on those that both met; else two groups of debtors."""
    debtors: tuple[int, int]
    shared: int
    metrics: dict[str, ApartDifference]
    """What is known of both."""
    imbalance: dict[str, float]
    """How far the debts lie apart, in standard deviations: outstanding, overdue_days."""
    says: tuple[str, ...]
    """What that means for the verdicts."""


class ApartComparison(Frozen):
    """The result; its JSON is the machine-readable form."""

    schema_version: Literal[1] = 1
    metric_version: str = METRIC_VERSION
    setting: dict[str, Any]
    programs: tuple[ApartProgram, ...]
    """The baseline first."""
    pairs: tuple[ApartPair, ...]
    notes: tuple[str, ...] = ()


def compared_apart(
    sides: Sequence[ComparedSide], *, setting: dict[str, Any], seed: int = 0, notes: tuple[str, ...] = ()
) -> ApartComparison:
    """Compare every side to the first one, on what is known of both.

    Args:
        sides: each with a scored record.
        setting, notes: recorded.
        seed: of bootstrap and sign flips.
    """
    scored = [scores(side) for side in sides]
    return ApartComparison(
        setting=setting,
        programs=tuple(_program(side, found, seed) for side, found in zip(sides, scored, strict=True)),
        pairs=tuple(
            _pair(sides[0], other, scored[0], found, seed) for other, found in zip(sides[1:], scored[1:], strict=True)
        ),
        notes=notes,
    )


def _program(side: ComparedSide, found: SideScores, seed: int) -> ApartProgram:
    return ApartProgram(
        label=side.label,
        kind=side.kind,
        fingerprint=side.fingerprint,
        debtors=len(side.debts),
        scored=len(side.scored),
        unscored=len(side.records) - len(side.scored),
        without_finances=side.without_finances,
        endings=side.endings,
        hard_breaches=found.hard_breaches,
        means={m: mean_interval(found.column(m), seed) for m in MEASURES if m in found.values},
    )


def _pair(baseline: ComparedSide, program: ComparedSide, old: SideScores, new: SideScores, seed: int) -> ApartPair:
    shared = _shared(baseline, program)
    paired = len(shared) >= FEWEST_DEBTORS or len(shared) == len(baseline.debts) == len(program.debts)
    known = [measure for measure in MEASURES if measure in old.values and measure in new.values]
    if paired:
        known = [measure for measure in known if all(case in old.values[measure] for case in shared)]
        known = [measure for measure in known if all(case in new.values[measure] for case in shared)]
    raw = {m: _difference(old, new, m, shared if paired else None, seed) for m in known}
    family = [measure for measure in known if measure not in _QUESTIONS]
    corrected = dict(zip(family, holm([raw[measure][1] for measure in family]), strict=True))
    fewest = len(shared) if paired else min(len(baseline.debts), len(program.debts))
    metrics = {
        measure: ApartDifference(
            difference=difference,
            p=p,
            p_holm=corrected.get(measure),
            verdict=_verdict(measure, difference, corrected.get(measure, p), fewest, paired),
        )
        for measure, (difference, p) in raw.items()
    }
    imbalance = {} if paired else _imbalance(baseline, program)
    return ApartPair(
        baseline=baseline.label,
        program=program.label,
        paired=paired,
        debtors=(len(baseline.debts), len(program.debts)),
        shared=len(shared),
        metrics=metrics,
        imbalance=imbalance,
        says=_says(baseline, program, paired, len(shared), imbalance, "objective" in metrics),
    )


def _shared(baseline: ComparedSide, program: ComparedSide) -> list[str]:
    """Debtors of the same id and the same debt on both sides."""
    theirs = program.debts
    return [
        case
        for case, debt in baseline.debts.items()
        if case in theirs and (debt.outstanding, debt.currency) == (theirs[case].outstanding, theirs[case].currency)
    ]


def _difference(
    old: SideScores, new: SideScores, measure: str, shared: list[str] | None, seed: int
) -> tuple[Interval, float]:
    if shared is None:
        return unpaired_difference(old.column(measure), new.column(measure))
    gaps = new.column(measure, shared) - old.column(measure, shared)
    return mean_interval(gaps, seed), float(sign_flip_p_values(gaps[:, np.newaxis], seed)[0])


def _verdict(measure: str, difference: Interval, p: float, fewest: int, paired: bool) -> DifferenceVerdict:
    if fewest < FEWEST_DEBTORS or difference.bounds is None:
        return DifferenceVerdict.TOO_FEW
    if p > LEVEL or not difference.leaves_out_0:
        return DifferenceVerdict.UNDECIDED
    better, rises = BY_ID[measure].better, difference.mean > 0
    if not paired or better is None:
        return DifferenceVerdict.HIGHER if rises else DifferenceVerdict.LOWER
    return DifferenceVerdict.BETTER if rises == (better == "up") else DifferenceVerdict.WORSE


def _imbalance(baseline: ComparedSide, program: ComparedSide) -> dict[str, float]:
    currencies = {debt.currency for side in (baseline, program) for debt in side.debts.values()}
    found = {}
    for name in ("overdue_days", *(["outstanding"] if len(currencies) == 1 else [])):
        groups = [
            np.array([getattr(debt, name) for debt in side.debts.values()], dtype=np.float64)
            for side in (baseline, program)
        ]
        if (apart := standardised_difference(*groups)) is not None:
            found[name] = apart
    return found


def _says(
    baseline: ComparedSide, program: ComparedSide, paired: bool, shared: int, imbalance: dict[str, float], whole: bool
) -> tuple[str, ...]:
    said = [] if paired else [*_of_other_debtors(baseline, program, shared, imbalance)]
    if baseline.limits != program.limits:
        said.append(
            f"{program.label} negotiates inside other limits than {baseline.label}; CRI is measured by each one's own"
        )
    for side in (baseline, program):
        if side.without_finances:
            said += _of_unknown_finances(side, whole)
    return tuple(said)


def _of_other_debtors(
    baseline: ComparedSide, program: ComparedSide, shared: int, imbalance: dict[str, float]
) -> Iterator[str]:
    yield (
        f"{baseline.label} and {program.label} met different debtors ({len(baseline.debts)} and {len(program.debts)}, "
        f"{shared} in common), so nothing is paired: a difference holds what the debtors differ in as well as what the "
        "two do. It is called higher or lower, and says nothing of which is better"
    )
    if unlike := {name: apart for name, apart in imbalance.items() if abs(apart) > IMBALANCE}:
        told = ", ".join(f"{name.replace('_', ' ')} {apart:+.1f}" for name, apart in unlike.items())
        yield (
            f"the debts of {program.label} differ from those of {baseline.label}, in standard deviations: {told} "
            f"(beyond {IMBALANCE:g} groups are called unlike)"
        )
    yield (
        "to know which is better, play the program on the same debts: `python -m data.completing` makes debtors of "
        "your accounts, and records with the same case ids are then compared debtor by debtor"
    )


def _of_unknown_finances(side: ComparedSide, whole: bool) -> Iterator[str]:
    verdict = "" if whole else "; the objective cannot be told, and no verdict here is one on it"
    yield (
        f"{side.without_finances} of {len(side.records)} records of {side.label} are without the debtor's finances: "
        f"their talk and what was promised are compared, not whether it is kept{verdict}"
    )
    yield f"greetings and goodbyes are turns too: DR counts those of {side.label}, and CONV goes down with it"
