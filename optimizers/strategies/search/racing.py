"""Racing: a candidate meets growing sets of debtors and drops out as soon as it does worse than the best so far.

Every candidate meets the same debtors in the same order with the same seed (common random numbers), so that it is
compared debtor by debtor: F-Race (Birattari et al. 2002) with irace's paired t-test. Wilcoxon's signed-rank test, which
Optuna's pruner uses, counts how often a candidate is worse and not by how much. Here most debtors come out much the
same with every candidate and a few make no agreement: by rank, a candidate that loses those runs on to the end, and one
that is a hair worse on the others is out.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
import scipy.stats

from metrics.feedback import WORTH_SAYING
from optimizers.runs.halt import Halted
from optimizers.runs.player import Player
from programs.kinds.kind import Case

FIRST = 2
"""Debtors of the first set; each further set is twice as large."""
P_WORSE = 0.25
"""One-sided p at which a candidate is out: behind by about 0.75 standard errors (1.0 after two debtors). So large
because the sets are small and a wrong exit costs one candidate of many; successive halving drops half of them at each
set, whatever they did."""
TOO_MANY_LOST = (
    "the model's infrastructure failed in most negotiations of a candidate; a resumed run tries that candidate again"
)

Gains = dict[int, float]
"""By place in the order: the objective less the uncompiled program's with the same debtor and seed."""


@dataclass(frozen=True)
class Race:
    """What came of one candidate."""

    gains: Gains
    finished: bool
    """Whether it met all debtors; False where it dropped out."""
    objective: float | None
    """Mean over the debtors it met; None where none has a score."""
    met: int
    """How far in the order it came; debtors that it was not to be judged by, or that infrastructure lost, included."""

    @property
    def gain(self) -> float:
        """Mean over the debtors that both have a score with; 0 without any."""
        return fmean(self.gains.values()) if self.gains else 0.0


def starting_order(scores: Mapping[str, float], seed: int) -> list[str]:
    """The case ids in the order in which every candidate of a run meets the debtors.

    Each debtor is the one whose rank is farthest from those before it, so that already the first few are easy, hard and
    in between (a stratified sample has less variance than a random one).

    Args:
        scores: the uncompiled program's objective by case id.
        seed: orders debtors of equal score, and decides the first.
    """
    rng = random.Random(f"race {seed}")
    shuffled = rng.sample(sorted(scores), len(scores))
    ranks = {case_id: rank for rank, case_id in enumerate(sorted(shuffled, key=scores.__getitem__))}
    order = shuffled[:1]
    while len(order) < len(ranks):
        left = [case_id for case_id in shuffled if case_id not in order]
        order.append(max(left, key=lambda case_id: min(abs(ranks[case_id] - ranks[met]) for met in order)))
    return order


def set_sizes(debtors: int) -> list[int]:
    """2, 4, 8, ... up to all `debtors`; a last step of less than half the one before is taken with it."""
    sizes = []
    size = FIRST
    while size * 1.5 <= debtors:
        sizes.append(size)
        size *= 2
    return [*sizes, debtors]


def worse(gains: Mapping[int, float], rival: Mapping[int, float]) -> bool:
    """Whether a candidate is out: worse by more than `WORTH_SAYING` than `rival`, on the debtors that both met."""
    places = sorted(gains.keys() & rival.keys())
    differences = np.array([gains[place] - rival[place] + WORTH_SAYING for place in places])
    if len(places) < FIRST or differences.mean() >= 0:
        return False
    with np.errstate(divide="ignore"):  # equal differences leave no doubt
        t = differences.mean() / (differences.std(ddof=1) / np.sqrt(len(places)))
    return bool(scipy.stats.t.cdf(t, len(places) - 1) <= P_WORSE)


def race(
    player: Player,
    program: Any,
    order: Sequence[Case],
    seed: int,
    uncompiled: Mapping[str, float],
    rival: Callable[[], Mapping[int, float]],
    *,
    left_out: frozenset[str] = frozenset(),
) -> Race:
    """Let `program` meet growing sets of `order`.

    Args:
        player: plays; what is in the ledger is not played again.
        program: the candidate.
        order: the debtors in `starting_order`.
        seed: of every negotiation.
        uncompiled: the uncompiled program's objective by case id; debtors that are not in it give no pair.
        rival: the gains of the best candidate so far; asked again after each set, since other workers go on.
        left_out: case ids of debtors that the candidate must not be judged by.

    Raises:
        Halted: a cap was reached, someone stopped the run, or infrastructure lost most of the negotiations; a single
            one is left out.
    """
    gains: Gains = {}
    scores: list[float] = []
    met = unscored = 0
    for size in set_sizes(len(order)):
        places = {order[i].case_id: i for i in range(met, size) if order[i].case_id not in left_out}
        met = size
        found = player.evaluate(program, [order[place] for place in places.values()], seed)
        unscored += found.unscored
        if unscored > found.scored + len(scores):
            raise player.halt(Halted("infrastructure", TOO_MANY_LOST))
        for case_id, values in found.values("objective").items():
            scores += values
            if case_id in uncompiled:
                gains[places[case_id]] = fmean(values) - uncompiled[case_id]
        if size < len(order) and worse(gains, rival()):
            return Race(gains, False, fmean(scores), met)
    return Race(gains, True, fmean(scores) if scores else None, met)
