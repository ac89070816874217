"""How good stated chances are: Brier score, discrimination, and how often what was given a chance came true."""

from __future__ import annotations

import numpy as np

from data.frozen import Frozen
from programs.creditor.support.plans import Floats

BANDS = 10


class Band(Frozen):
    """Statements of about the same chance."""

    stated: float
    """Mean chance."""
    came_true: float
    """Share."""
    number: int


class Reliability(Frozen):
    """How good one kind of stated chances is."""

    number: int
    share: float
    """Of all that came true: what a forecaster who knows nothing says every time."""
    brier: float
    """Mean squared error (Brier 1950); 0 is perfect."""
    brier_of_share: float
    """The same of that forecaster."""
    auc: float | None
    """Chance that something that came true was given the higher one; None where all or nothing came true."""
    bands: tuple[Band, ...]


def reliability(chances: Floats, answers: Floats) -> Reliability:
    """Of N stated chances and what came true (0 or 1)."""
    share = float(answers.mean())
    place = np.minimum((chances * BANDS).astype(int), BANDS - 1)
    bands = [
        Band(stated=float(chances[place == n].mean()), came_true=float(answers[place == n].mean()), number=int(count))
        for n in range(BANDS)
        if (count := (place == n).sum())
    ]
    return Reliability(
        number=len(answers),
        share=share,
        brier=float(((chances - answers) ** 2).mean()),
        brier_of_share=share * (1 - share),
        auc=_auc(chances, answers),
        bands=tuple(bands),
    )


def _auc(chances: Floats, answers: Floats) -> float | None:
    yes, no = int(answers.sum()), int((1 - answers).sum())
    if not yes or not no:
        return None
    values, place = np.unique(chances, return_inverse=True)
    counts = np.bincount(place, minlength=len(values))
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[answers == 1].sum() - yes * (yes + 1) / 2) / (yes * no))
