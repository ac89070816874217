"""`compare --plan EFFECT`: how many debtors and trials an effect needs, from the noise of what was played before.

The variance of paired differences is split into what debtors differ by and what trials of one debtor differ by, by the
usual analysis of variance (Henderson's method I: Searle, Casella and McCulloch, Variance Components, 1992, section
3.6): sums of squares are set equal to their expectations. It is unbiased whatever the distribution and however uneven
the design. Maximum likelihood (statsmodels' `MixedLM`) assumes normal values, which shares and 0/1 outcomes are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from rich.console import Group
from rich.table import Table
from rich.text import Text

from metrics.statistics.power import POWER, debtors_to_show
from plumbing.errors import UserError
from programs.comparison.difference import FEWEST_DEBTORS, LEVEL
from programs.playing.contestants import Contestant
from programs.playing.evaluate import Evaluation
from programs.playing.stage import Stage

MOST_TRIALS = 8
"""More trials a debtor than that are not proposed."""


@dataclass(frozen=True)
class Components:
    """Variances, each in the metric's unit squared; an estimate below 0 is given as 0."""

    debtor: float
    """Between debtors; with one trial a debtor it holds the sampling as well."""
    sampling: float | None
    """Between trials of one debtor; None where no debtor has two."""

    def of_a_debtor(self, trials: int = 1) -> float:
        """Variance of one debtor's mean over `trials`."""
        return self.debtor + (self.sampling or 0.0) / trials


class Design(NamedTuple):
    """How much to play."""

    debtors: int
    trials: int

    @property
    def negotiations(self) -> int:
        """For each program."""
        return self.debtors * self.trials


def planned(effect: float, stage: Stage, found: Sequence[Contestant]) -> Group:
    """For each program the designs that show `effect` of the objective against the first one; nothing is played.

    Raises:
        UserError: fewer than six debtors were met by both, or the effect is 0.
    """
    first, *others = found
    baseline = stage.stored(first)
    return Group(*(_for_pair(effect, first, baseline, other, stage) for other in others))


def components(values: ArrayLike, debtors: Sequence[str]) -> Components:
    """The variance components of values, in balanced or uneven designs.

    Args:
        values: one a negotiation (or a pair of negotiations), all debtors below one another.
        debtors: whose value it is.

    Raises:
        UserError: there are fewer than two debtors.
    """
    y, (names, whose) = np.asarray(values, dtype=np.float64), np.unique(np.asarray(debtors), return_inverse=True)
    if len(names) < 2:
        raise UserError("the noise of one debtor alone cannot be split; play two debtors or more")
    y = y - y.mean()
    sizes = np.bincount(whose)
    means = np.bincount(whose, weights=y) / sizes
    between = float(sizes @ means**2) / (len(names) - 1)
    if len(names) == len(y):
        return Components(debtor=between, sampling=None)
    sampling = float(((y - means[whose]) ** 2).sum()) / (len(y) - len(names))
    trials = (len(y) - float(sizes @ sizes) / len(y)) / (len(names) - 1)
    return Components(debtor=max(0.0, (between - sampling) / trials), sampling=sampling)


def paired_values(baseline: Evaluation, program: Evaluation) -> tuple[NDArray[np.float64], list[str]]:
    """Objective of program minus baseline, trial by trial, and the debtor of each: what `components` splits.

    Args:
        baseline, program: played with the same seeds; what only one of them scored is left out.
    """
    old, new = (
        {(p.case_id, p.trial): p.scorecard.objective for p in side.played if p.scorecard is not None}
        for side in (baseline, program)
    )
    both = [key for key in old if key in new]
    return np.array([new[key] - old[key] for key in both]), [case_id for case_id, _ in both]


def required(effect: float, noise: Components, *, power: float = POWER) -> list[Design]:
    """The designs with which a comparison shows a difference of `effect` with probability `power`, or more.

    Args:
        effect: the true mean difference, in the metric's unit; its sign does not matter.
        noise: components of the paired difference.
        power: wanted.

    Returns:
        By number of trials, fewest first; one only where it needs fewer debtors than all with fewer trials. With
        unknown sampling, one trial alone. Empty where no number of debtors is enough.

    Raises:
        UserError: the effect is 0, or the power does not lie between the level (5 %) and 1.
    """
    if effect == 0:
        raise UserError("an effect of 0 cannot be shown; give the smallest difference that matters, such as 0.02")
    if not LEVEL < power < 1:
        raise UserError(f"power {power:g} and level {LEVEL:g}: both lie between 0 and 1, the power above the level")
    designs: list[Design] = []
    for trials in range(1, 1 + (1 if noise.sampling is None else MOST_TRIALS)):
        debtors = debtors_to_show(effect, sqrt(noise.of_a_debtor(trials)), power, LEVEL)
        if debtors is not None and (not designs or debtors < designs[-1].debtors):
            designs.append(Design(debtors, trials))
    return designs


def _for_pair(effect: float, first: Contestant, baseline: Evaluation, other: Contestant, stage: Stage) -> Group:
    values, debtors = paired_values(baseline, stage.stored(other))
    pilot = len(set(debtors))
    if pilot < FEWEST_DEBTORS:
        raise UserError(
            f"--plan learns the noise from what was played: {other.label} and {first.label} have {pilot} debtors in "
            f"common here, {FEWEST_DEBTORS} are needed; run the same without --plan and with --debtors 20 --trials 2 "
            "(val debtors, --split val, are spent on nothing else)"
        )
    noise = components(values, debtors)
    head = f"{other.label} against {first.label}: to show a difference of {abs(effect):g} of the objective"
    return Group(
        Text(head, style="bold"),
        Text(_noise_sentence(noise, pilot, len(values))),
        _designs(required(effect, noise), stage, (first, other)),
    )


def _noise_sentence(noise: Components, pilot: int, pairs: int) -> str:
    said = f"from {pilot} debtors and {pairs} pairs: the difference varies by {sqrt(noise.debtor):.3f} between debtors"
    if noise.sampling is None:
        return f"{said}, sampling included (one trial each: play --trials 2 to tell the two apart)"
    return f"{said} and by {sqrt(noise.sampling):.3f} between trials (standard deviations)"


def _designs(designs: Sequence[Design], stage: Stage, pair: tuple[Contestant, Contestant]) -> Table | Text:
    if not designs:
        return Text("no number of debtors shows it: the effect is far below the noise")
    table = Table()
    for heading in ("debtors", "trials", "negotiations, both", "model calls, about"):
        table.add_column(heading, justify="right")
    each = [_calls_each(stage, one) for one in pair]
    for design in designs:
        calls = None if None in each else sum(one or 0 for one in each) * design.negotiations
        cells = (design.debtors, design.trials, 2 * design.negotiations)
        table.add_row(*(f"{cell:,}" for cell in cells), "unknown" if calls is None else f"{calls:,.0f}")
    table.caption = f"each with {POWER:.0%} power at the 5% level"
    return table


def _calls_each(stage: Stage, one: Contestant) -> float | None:
    """Calls of one of its negotiations, answered ones included; None where no cost was written down."""
    costs = stage.costs(one)
    return sum(cost.calls + cost.cached_calls for cost in costs) / len(costs) if costs else None
