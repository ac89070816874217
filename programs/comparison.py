"""Whether one program is better than another: differences paired by debtor and seed, and verdicts in words.

The interval is a bootstrap clustered by debtor. A verdict needs two things: the interval leaves out 0, and a
sign-flip test over debtors rejects at 5 %, Holm-corrected over the thirteen metrics (the objective is one question of
its own, asked first, and needs no correction).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import isfinite
from typing import Any, Literal, Self

import numpy as np

from data.domain import Frozen
from metrics.scorecard import INDEX_IDS, INDICES, METRIC_IDS, METRIC_VERSION, METRICS
from metrics.statistics import Estimate, holm, mean_interval, paired_difference, paired_p_value
from programs.contestants import Contestant
from programs.evaluation import Evaluation

LEVEL = 0.05
"""A verdict may be wrong this often."""
FEWEST_DEBTORS = 6
"""With five debtors even five differences of one sign happen by chance in more than 5 % of cases (2 / 2^5)."""


class Verdict(StrEnum):
    """What may be said of a difference."""

    BETTER = "better"
    WORSE = "worse"
    HIGHER = "higher"
    LOWER = "lower"
    NOT_SHOWN = "no difference shown"
    TOO_FEW = "too few debtors"


class Interval(Frozen):
    """A mean with its 95 % interval."""

    mean: float
    low: float | None
    """None, like `high`, where one debtor alone gives no interval."""
    high: float | None
    n: int
    """Debtors behind it."""

    @classmethod
    def of(cls, estimate: Estimate) -> Self:
        """From the statistics' own type."""
        low, high = (bound if isfinite(bound) else None for bound in (estimate.low, estimate.high))
        return cls(mean=estimate.mean, low=low, high=high, n=estimate.n)


class Difference(Frozen):
    """One metric of a program against the baseline's."""

    difference: Interval
    """Program minus baseline, debtor by debtor."""
    p: float
    """Of the sign-flip test, two-sided."""
    p_holm: float | None = None
    """Corrected over the thirteen; None for indices and objective, which are not among them."""
    verdict: Verdict


class ProgramResult(Frozen):
    """What one program did."""

    label: str
    kind: str
    fingerprint: str
    scored: int
    unscored: int
    """Lost to infrastructure after all retries; never a score."""
    endings: dict[str, int]
    hard_breaches: int
    """Negotiations whose objective a breach of conduct set to 0."""
    means: dict[str, Interval]


class PairResult(Frozen):
    """One program against the baseline."""

    baseline: str
    program: str
    same_program: bool
    """The two are the same program, so that every difference is 0 by construction."""
    debtors: int
    """Debtors on which both have a score."""
    metrics: dict[str, Difference]

    @property
    def objective(self) -> Difference:
        """The one that decides."""
        return self.metrics["objective"]


class Comparison(Frozen):
    """The result of `programs.compare`; its JSON is the machine-readable form."""

    schema_version: Literal[1] = 1
    metric_version: str = METRIC_VERSION
    setting: dict[str, Any]
    """What was played: split, debtors, trials, seed, model, debtor, book."""
    programs: tuple[ProgramResult, ...]
    """The baseline first."""
    pairs: tuple[PairResult, ...]
    notes: tuple[str, ...] = ()


def compared(
    contestants: Sequence[Contestant],
    evaluations: Sequence[Evaluation],
    *,
    setting: dict[str, Any],
    seed: int = 0,
    notes: tuple[str, ...] = (),
) -> Comparison:
    """Compare every program to the first one.

    Args:
        contestants, evaluations: in the same order; each evaluation has at least one score in common with the first.
        setting: recorded.
        seed: of bootstrap and sign flips.
        notes: recorded.
    """
    first, first_played = contestants[0], evaluations[0]
    return Comparison(
        setting=setting,
        programs=tuple(_result(c, e, seed) for c, e in zip(contestants, evaluations, strict=True)),
        pairs=tuple(
            PairResult(
                baseline=first.label,
                program=other.label,
                same_program=first.fingerprint == other.fingerprint,
                debtors=len(shared_debtors(first_played, played)),
                metrics=_differences(first_played, played, seed),
            )
            for other, played in zip(contestants[1:], evaluations[1:], strict=True)
        ),
        notes=notes,
    )


def shared_debtors(a: Evaluation, b: Evaluation) -> list[str]:
    """Ids of the debtors on which both have a score, in the order of `a`."""
    of_b = b.values("objective")
    return [case_id for case_id in a.values("objective") if case_id in of_b]


def _result(contestant: Contestant, evaluation: Evaluation, seed: int) -> ProgramResult:
    endings: dict[str, int] = {}
    for p in evaluation.played:
        endings[p.negotiation.ending.value] = endings.get(p.negotiation.ending.value, 0) + 1
    return ProgramResult(
        label=contestant.label,
        kind=contestant.kind,
        fingerprint=contestant.fingerprint,
        scored=evaluation.scored,
        unscored=evaluation.unscored,
        endings=endings,
        hard_breaches=sum(p.scorecard is not None and p.scorecard.hard_breach for p in evaluation.played),
        means={
            name: Interval.of(mean_interval(list(_debtor_means(evaluation, name).values()), seed=seed))
            for name in (*METRIC_IDS, *INDEX_IDS)
        },
    )


def _debtor_means(evaluation: Evaluation, name: str) -> dict[str, float]:
    return {case_id: float(np.mean(values)) for case_id, values in evaluation.values(name).items()}


def _differences(baseline: Evaluation, program: Evaluation, seed: int) -> dict[str, Difference]:
    shared = shared_debtors(baseline, program)
    names = (*METRIC_IDS, *INDEX_IDS)
    pairs = {name: (_only(baseline.values(name), shared), _only(program.values(name), shared)) for name in names}
    p_values = {name: paired_p_value(old, new, seed=seed) for name, (old, new) in pairs.items()}
    corrected = dict(zip(METRIC_IDS, holm([p_values[name] for name in METRIC_IDS]), strict=True))
    better = {metric.id: metric.better for metric in (*METRICS, *INDICES)}
    found: dict[str, Difference] = {}
    for name, (old, new) in pairs.items():
        interval = Interval.of(paired_difference(old, new, seed=seed))
        p, p_holm = p_values[name], corrected.get(name)
        verdict = _verdict(interval, p if p_holm is None else p_holm, better[name])
        found[name] = Difference(difference=interval, p=p, p_holm=p_holm, verdict=verdict)
    return found


def _only(values: Mapping[str, list[float]], case_ids: list[str]) -> dict[str, list[float]]:
    return {case_id: values[case_id] for case_id in case_ids}


def enough(difference: Interval) -> bool:
    """Whether there are debtors enough to say anything."""
    return difference.n >= FEWEST_DEBTORS and difference.low is not None and difference.high is not None


def shown(difference: Interval, p: float) -> bool:
    """Whether interval and test both leave out 0, with enough debtors.

    Args:
        difference: paired, with its interval.
        p: corrected where several differences answer one question.
    """
    if not enough(difference) or difference.low is None or difference.high is None:
        return False
    return p <= LEVEL and not difference.low <= 0 <= difference.high


def _verdict(difference: Interval, p: float, better: Literal["up", "down"] | None) -> Verdict:
    if not enough(difference):
        return Verdict.TOO_FEW
    if not shown(difference, p):
        return Verdict.NOT_SHOWN
    rises = difference.mean > 0
    if better is None:
        return Verdict.HIGHER if rises else Verdict.LOWER
    return Verdict.BETTER if rises == (better == "up") else Verdict.WORSE
