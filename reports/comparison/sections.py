"""What the sections of the page show, computed from the comparison and the negotiations behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.domain import CreditorPolicy, DebtCase
from metrics.statistics.intervals import Interval
from programs.comparison.comparison_text import verdict_sentence
from programs.comparison.paired import Comparison, PairResult
from programs.playing.evaluate import Evaluation
from reports.comparison import plots
from reports.comparison.chats import Duel, duels
from reports.comparison.concessions import ConcessionStep, concession_curve
from reports.comparison.forest_plot import Standardised, standardised
from reports.comparison.oracle_frontier import Frontier, frontier
from reports.comparison.svg import Look


@dataclass(frozen=True)
class PairView:
    """One program against the baseline."""

    number: int
    """Its place in the comparison."""
    place: int
    """The program's place among the programs."""
    pair: PairResult
    sentence: str
    rows: tuple[Standardised, ...]
    forest: str
    """SVG."""
    slices: str | None
    """SVG; None without slices."""
    best: tuple[Duel, ...]
    worst: tuple[Duel, ...]


@dataclass(frozen=True)
class Overview:
    """What is shown of all programs at once."""

    plane: str
    """SVG, like `concessions` and `endings`."""
    concessions: str
    endings: str
    frontier: Frontier
    curves: tuple[tuple[ConcessionStep, ...], ...]
    """Of each program."""
    debtors: tuple[tuple[str, tuple[tuple[float, float] | None, ...]], ...]
    """(case id, (CRI, DHI) with each program)."""

    @property
    def rounds(self) -> range:
        """Of the longest curve."""
        return range(1, max(len(curve) for curve in self.curves) + 1)


def pairs(comparison: Comparison, evaluations: Sequence[Evaluation]) -> list[PairView]:
    """The pairs of the comparison, in its order."""
    return [_pair(comparison, number, evaluations) for number in range(len(comparison.pairs))]


def _pair(comparison: Comparison, number: int, evaluations: Sequence[Evaluation]) -> PairView:
    pair, place = comparison.pairs[number], number + 1
    baseline, program = evaluations[0], evaluations[place]
    rows = standardised(pair, baseline, program)
    words = f"{pair.program} against {pair.baseline}"
    best, worst = duels((pair.baseline, pair.program), baseline, program)
    return PairView(
        number=number,
        place=place,
        pair=pair,
        sentence=verdict_sentence(pair),
        rows=tuple(rows),
        forest=plots.forest(f"forest-{number}", rows, words),
        slices=_slices(pair, number, words),
        best=tuple(best),
        worst=tuple(worst),
    )


def _slices(pair: PairResult, number: int, words: str) -> str | None:
    groups: dict[str, list[tuple[str, Interval, str]]] = {}
    for one in pair.slices:
        line = (f"{one.value.replace('_', ' ')} ({one.debtors})", one.objective.difference, one.objective.verdict)
        groups.setdefault(one.dimension, []).append(line)
    return plots.slices(f"slices-{number}", groups, words) if groups else None


def overview(comparison: Comparison, evaluations: Sequence[Evaluation], looks: Sequence[Look]) -> Overview:
    """The part about all programs."""
    cases, policy = _met(evaluations)
    best = frontier(cases, policy)
    curves = tuple(concession_curve(evaluation) for evaluation in evaluations)
    points = [_points(evaluation) for evaluation in evaluations]
    means = [(program.means["CRI"], program.means["DHI"]) for program in comparison.programs]
    return Overview(
        plane=plots.plane("plane", looks, [list(of.values()) for of in points], means, best),
        concessions=plots.concessions("concessions", looks, curves, best.best_value),
        endings=plots.endings("endings", {one.label: one.endings for one in comparison.programs}),
        frontier=best,
        curves=curves,
        debtors=tuple((case.case_id, tuple(of.get(case.case_id) for of in points)) for case in cases),
    )


def _met(evaluations: Sequence[Evaluation]) -> tuple[list[DebtCase], CreditorPolicy]:
    """The debtors of the baseline, each once, and its limits."""
    negotiations = [played.negotiation for played in evaluations[0].played]
    return list({n.case.case_id: n.case for n in negotiations}.values()), negotiations[0].policy


def _points(evaluation: Evaluation) -> dict[str, tuple[float, float]]:
    """(CRI, DHI) by debtor, trials averaged."""
    cri, dhi = evaluation.values("CRI"), evaluation.values("DHI")
    return {case_id: (float(np.mean(cri[case_id])), float(np.mean(dhi[case_id]))) for case_id in cri}
