"""Whether one program is better than another, for whom, and how surely: programs against the first one, on the debtors
that both met with the same seeds.

The objective is one question of its own, asked first; the thirteen metrics are one family, corrected by Holm
(`programs.comparison.difference`). The slices are exploratory (`programs.comparison.slices`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from data.domain import DebtCase, Ending
from data.frozen import Frozen
from metrics.scorecard import METRIC_VERSION, Scorecard
from metrics.statistics.intervals import Interval, mean_intervals
from metrics.statistics.reliability import pass_pow_k, worst_share_mean
from programs.comparison.difference import (
    FEWEST_DEBTORS,
    LEVEL,
    MEASURES,
    Difference,
    DifferenceVerdict,
    differences,
    shown,
)
from programs.comparison.margins import read_margins
from programs.comparison.slices import Slice, sliced
from programs.playing.contestants import Contestant
from programs.playing.evaluate import Evaluation, shared_debtors

__all__ = [
    "FEWEST_DEBTORS",
    "LEVEL",
    "Comparison",
    "Difference",
    "DifferenceVerdict",
    "PairResult",
    "ProgramResult",
    "Slice",
    "compared",
    "shown",
]


class ProgramResult(Frozen):
    """What one program did."""

    label: str
    kind: str
    fingerprint: str
    scored: int
    unscored: int
    """Lost to infrastructure after all retries; never a score."""
    failed: int
    """Ended by a fault of the program; scored as no agreement."""
    endings: dict[str, int]
    hard_breaches: int
    """Negotiations whose objective a breach of conduct set to 0."""
    means: dict[str, Interval]
    kept_pow_k: dict[int, Interval]
    """Pass^k: the chance that k trials with one debtor all end in an agreement that is kept (SR = 1), without a hard
    breach of conduct; k = 1 to the number of trials."""
    worst_decile_dhi: Interval
    """Mean DHI of the tenth of the debtors who fare worst; its `n` counts these."""


class PairResult(Frozen):
    """One program against the baseline."""

    baseline: str
    program: str
    same_program: bool
    """The two are the same program, so that every difference is 0 by construction."""
    debtors: int
    """Debtors on which both have a score."""
    metrics: dict[str, Difference]
    slices: tuple[Slice, ...] = ()
    """The objective among debtors of one persona, reason or debt band."""

    @property
    def objective(self) -> Difference:
        """The one that decides."""
        return self.metrics["objective"]


class Comparison(Frozen):
    """The result of `programs.compare`; its JSON is the machine-readable form."""

    schema_version: Literal[2] = 2
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
    margins: Mapping[str, float] | None = None,
) -> Comparison:
    """Compare every program to the first one.

    Args:
        contestants, evaluations: in the same order; each evaluation has at least one score in common with the first.
        setting: recorded.
        seed: of bootstrap and sign flips.
        notes: recorded.
        margins: the smallest difference that matters, by metric or index; None for the shipped ones.
    """
    margins = read_margins() if margins is None else margins
    first, first_played = contestants[0], evaluations[0]
    return Comparison(
        setting=setting,
        programs=tuple(_result(c, e, seed) for c, e in zip(contestants, evaluations, strict=True)),
        pairs=tuple(
            _pair(first, other, first_played, played, margins, seed)
            for other, played in zip(contestants[1:], evaluations[1:], strict=True)
        ),
        notes=notes,
    )


def _pair(
    baseline: Contestant,
    program: Contestant,
    baseline_played: Evaluation,
    program_played: Evaluation,
    margins: Mapping[str, float],
    seed: int,
) -> PairResult:
    shared = shared_debtors(baseline_played, program_played)
    columns = _debtor_means(program_played, shared) - _debtor_means(baseline_played, shared)
    cases = _cases(baseline_played)
    return PairResult(
        baseline=baseline.label,
        program=program.label,
        same_program=baseline.fingerprint == program.fingerprint,
        debtors=len(shared),
        metrics=differences(columns, margins, seed),
        slices=sliced(
            [cases[case_id] for case_id in shared],
            columns[:, MEASURES.index("objective")],
            margins.get("objective"),
            seed,
        ),
    )


def _result(contestant: Contestant, evaluation: Evaluation, seed: int) -> ProgramResult:
    endings = Counter(p.negotiation.ending.value for p in evaluation.played)
    cards = evaluation.cards()
    means = _debtor_means(evaluation, list(cards))
    return ProgramResult(
        label=contestant.label,
        kind=contestant.kind,
        fingerprint=contestant.fingerprint,
        scored=evaluation.scored,
        unscored=evaluation.unscored,
        failed=endings[Ending.PROGRAM_FAULT],
        endings=dict(endings),
        hard_breaches=sum(card.hard_breach for trials in cards.values() for card in trials),
        means=dict(zip(MEASURES, mean_intervals(means, seed), strict=True)),
        kept_pow_k=pass_pow_k(_kept(cards), seed),
        worst_decile_dhi=worst_share_mean(means[:, MEASURES.index("DHI")], seed),
    )


def _kept(cards: Mapping[str, Sequence[Scorecard]]) -> dict[str, list[bool]]:
    return {case_id: [card.SR == 1 and not card.hard_breach for card in trials] for case_id, trials in cards.items()}


def _cases(evaluation: Evaluation) -> dict[str, DebtCase]:
    return {p.case_id: p.negotiation.case for p in evaluation.played}


def _debtor_means(evaluation: Evaluation, case_ids: Sequence[str]) -> NDArray[np.float64]:
    """(debtors, `MEASURES`), trials averaged."""
    cards = evaluation.cards()
    rows = [
        np.mean([[getattr(card, name) for name in MEASURES] for card in cards[case_id]], axis=0) for case_id in case_ids
    ]
    return np.array(rows, dtype=np.float64)
