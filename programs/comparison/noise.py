"""Where the noise of a comparison comes from, and how many debtors and trials an effect needs.

The variance of a metric's values, or of paired differences, is split into what debtors differ by, what simulators of
debtors differ by (and how differently they see one debtor), and what trials of one debtor differ by. The estimator is
Henderson's method I (Henderson 1953; Searle, Casella and McCulloch, Variance Components, 1992, section 5.3): sums of
squares are set equal to their expectations. It is unbiased whatever the distribution and however uneven the design, it
is the usual analysis of variance where one debtor's trials are all there is, and takes no search. Maximum likelihood
(statsmodels' `MixedLM`) assumes normal values, which shares and 0/1 outcomes are not, and with crossed debtors and
simulators it inverts a matrix as large as all negotiations together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from metrics.statistics.power import POWER, debtors_to_show
from plumbing.errors import UserError
from programs.comparison.difference import LEVEL
from programs.playing.evaluate import Evaluation

MOST_TRIALS = 8
"""More trials a debtor than that are not proposed."""
_SAME = 1e-9
"""Two factors whose sums of squares differ by less, relative to the number of values, cannot be told apart."""


@dataclass(frozen=True)
class Components:
    """Variances, each in the metric's unit squared; an estimate below 0 is given as 0."""

    debtor: float
    """Between debtors; with one trial a debtor it holds the sampling as well."""
    sampling: float | None
    """Between trials of one debtor with one simulator; None where no debtor has two."""
    simulator: float | None = None
    """Between simulators; None with one. More debtors do not lower it: it is outside every interval of a comparison."""
    debtor_by_simulator: float | None = None
    """How differently simulators see one debtor; None with one simulator, with one trial each (it is part of
    `sampling`) and where each debtor met one simulator (part of `debtor`)."""

    def of_a_debtor(self, trials: int = 1, simulators: int = 1) -> float:
        """Variance of one debtor's mean over `trials` with each of `simulators` simulators, these taken as given."""
        sampling = (self.sampling or 0.0) / (trials * simulators)
        return self.debtor + (self.debtor_by_simulator or 0.0) / simulators + sampling


class Design(NamedTuple):
    """How much to play."""

    debtors: int
    trials: int

    @property
    def negotiations(self) -> int:
        """For each program."""
        return self.debtors * self.trials


def components(values: ArrayLike, debtors: Sequence[str], simulators: Sequence[str] | None = None) -> Components:
    """The variance components of values, in balanced or uneven designs.

    Args:
        values: one a negotiation (or a pair of negotiations), all debtors below one another.
        debtors: whose value it is.
        simulators: who played the debtor; None where it was always the same.

    Raises:
        UserError: there are fewer than two debtors, or each simulator met a debtor of its own.
    """
    y = np.asarray(values, dtype=np.float64)
    frame = pd.DataFrame({"value": y, "debtor": pd.factorize(np.asarray(debtors))[0], "mean": 0})
    frame["simulator"] = 0 if simulators is None else pd.factorize(np.asarray(simulators))[0]
    frame["debtor_by_simulator"] = frame.groupby(["debtor", "simulator"], sort=False).ngroup()
    frame["sampling"] = np.arange(len(frame))
    if frame["debtor"].nunique() < 2:
        raise UserError("the noise of one debtor alone cannot be split; play two debtors or more")
    factors = _identifiable(frame)
    found = dict(zip(factors, _henderson(frame, factors), strict=True))
    return Components(
        debtor=found["debtor"],
        sampling=found.get("sampling"),
        simulator=found.get("simulator"),
        debtor_by_simulator=found.get("debtor_by_simulator"),
    )


def paired_values(
    baseline: Evaluation, program: Evaluation, name: str = "objective"
) -> tuple[NDArray[np.float64], list[str]]:
    """Program minus baseline, trial by trial, and the debtor of each: what `components` splits to plan a comparison.

    Args:
        baseline, program: played with the same seeds; what only one of them scored is left out.
        name: a metric, an index or `objective`.
    """
    old, new = (
        {(p.case_id, p.trial): float(getattr(p.scorecard, name)) for p in side.played if p.scorecard is not None}
        for side in (baseline, program)
    )
    both = [key for key in old if key in new]
    return np.array([new[key] - old[key] for key in both]), [case_id for case_id, _ in both]


def required(
    effect: float,
    noise: Components,
    *,
    power: float = POWER,
    level: float = LEVEL,
    most_trials: int = MOST_TRIALS,
    simulators: int = 1,
) -> list[Design]:
    """The designs with which a comparison shows a difference of `effect` with probability `power`, or more.

    Args:
        effect: the true mean difference, in the metric's unit; its sign does not matter.
        noise: components of the paired difference.
        power: wanted.
        level: of the test; for one of the thirteen metrics the strictest that Holm may ask is 0.05 / 13.
        most_trials: the most trials a debtor to propose.
        simulators: how many simulators play each debtor, `trials` times each. The answer is about these simulators,
            not about others.

    Returns:
        By number of trials, fewest first; one only where it needs fewer debtors than all with fewer trials. With
        unknown sampling, one trial alone. Empty where no number of debtors is enough.

    Raises:
        UserError: the effect is 0, or power or level do not lie between 0 and 1, the power above the level.
    """
    if effect == 0:
        raise UserError("an effect of 0 cannot be shown; give the smallest difference that matters, such as 0.02")
    if not 0 < level < power < 1:
        raise UserError(f"power {power:g} and level {level:g}: both lie between 0 and 1, the power above the level")
    designs: list[Design] = []
    for trials in range(1, 1 + (1 if noise.sampling is None else most_trials)):
        debtors = debtors_to_show(effect, sqrt(noise.of_a_debtor(trials, simulators)), power, level)
        if debtors is not None and (not designs or debtors < designs[-1].debtors):
            designs.append(Design(debtors, trials))
    return designs


def _identifiable(frame: pd.DataFrame) -> list[str]:
    """The factors whose variances the design can tell apart; the last one is what is left over."""
    factors = ["debtor"]
    if frame["simulator"].nunique() > 1:
        factors.append("simulator")
        if frame["debtor"].nunique() < frame["debtor_by_simulator"].nunique() < len(frame):
            factors.append("debtor_by_simulator")
    if frame["debtor"].nunique() < len(frame):
        factors.append("sampling")
    return factors


def _henderson(frame: pd.DataFrame, factors: Sequence[str]) -> list[float]:
    """Solve E[T_f] = Σ_h c_fh σ²_h, where T_f = Σ_g (sum of y in group g)² / n_g over the groups of factor f."""
    terms = ["mean", *factors]
    centred = frame.assign(value=frame["value"] - frame["value"].mean())
    totals = [_total(centred, term) for term in terms]
    expected = np.array([[_coefficient(frame, row, column) for column in terms] for row in terms])
    if np.linalg.cond(expected / len(frame)) > 1 / _SAME:
        raise UserError(
            "debtors and simulators cannot be told apart: each simulator met one debtor only; "
            "play the same debtors with every simulator"
        )
    return [max(0.0, float(one)) for one in np.linalg.solve(expected, totals)[1:]]


def _total(frame: pd.DataFrame, term: str) -> float:
    groups = frame.groupby(term)["value"]
    return float((groups.sum() ** 2 / groups.size()).sum())


def _coefficient(frame: pd.DataFrame, row: str, column: str) -> float:
    """Σ over the groups g of `row` and the levels l of `column` in them: n_gl² / n_g."""
    if row == column:
        return float(len(frame))
    cells = frame.groupby([row, column], sort=False).size()
    sizes = frame.groupby(row, sort=False).size()
    return float((cells**2 / sizes.reindex(cells.index.get_level_values(row)).to_numpy()).sum())
