"""A Gaussian copula with empirical margins: new rows with the margins and rank correlations of a table.

The latent correlations are matched so that the *ranks* of what is drawn correlate like those of the table although
many values are tied (NORTA: Cario & Nelson 1997, "Modeling and generating random vectors with arbitrary marginal
distributions and correlation matrix"). Plain numpy and a Cholesky factor instead of a library's sampler, since that
factor is unique: samplers built on an eigen-decomposition may give other draws with another linear-algebra build.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm
from statsmodels.stats.correlation_tools import corr_nearest

Floats = NDArray[np.float64]

_MATCHING_ROUNDS = 8
_MATCHING_DRAWS = 20_000
_MATCHING_SEED = 1254
"""The fit has a seed of its own: it is a property of the table, the same for every seed of the draw."""

_LARGEST_CORRELATION = 0.98


@dataclass(frozen=True)
class GaussianCopula:
    """A fitted copula; `draw` makes rows."""

    columns: tuple[str, ...]
    margins: tuple[Floats, ...]
    """The values that each column has in the table, sorted."""
    stepwise: tuple[bool, ...]
    """Columns whose values are codes or whole numbers: drawn as they occur, never in between."""
    correlation: Floats
    """Of the latent normal variables."""

    def draw(self, rows: int, rng: np.random.Generator) -> pd.DataFrame:
        """`rows` new rows; none has a missing value."""
        return self._rows(rng.standard_normal((rows, len(self.columns))))

    def latent_of(self, column: str, values: Floats) -> Floats:
        """Where values of a column lie on the scale of its latent normal variable; ties at their middle rank."""
        margin = self.margins[self.columns.index(column)]
        below = (np.searchsorted(margin, values, "left") + np.searchsorted(margin, values, "right")) / 2
        return np.asarray(norm.ppf(np.clip(below, 0.5, len(margin) - 0.5) / len(margin)))

    def _rows(self, noise: Floats) -> pd.DataFrame:
        return self.from_latent(noise @ np.linalg.cholesky(self.correlation).T)

    def from_latent(self, latent: Floats) -> pd.DataFrame:
        """Rows from values of the latent normal variables, one column each."""
        uniform = norm.cdf(latent)
        drawn = {
            name: np.quantile(margin, uniform[:, index], method="inverted_cdf" if steps else "linear")
            for index, (name, margin, steps) in enumerate(zip(self.columns, self.margins, self.stepwise, strict=True))
        }
        return pd.DataFrame(drawn, columns=list(self.columns))


def fit(table: pd.DataFrame, stepwise: frozenset[str]) -> GaussianCopula:
    """Fit a copula to numeric columns.

    A margin is the empirical distribution of the values that are there; a rank correlation uses the rows where both
    columns have a value. So a missing value is neither filled in nor reproduced.

    Args:
        table: numeric columns, NaN where a value is missing.
        stepwise: columns whose values are drawn as they occur; the others are interpolated between neighbours.
    """
    target = _rank_correlation(table)
    copula = GaussianCopula(
        columns=tuple(table.columns),
        margins=tuple(np.sort(table[name].dropna().to_numpy()) for name in table.columns),
        stepwise=tuple(name in stepwise for name in table.columns),
        correlation=_nearest(2 * np.sin(np.pi / 6 * target)),  # exact for columns without ties
    )
    return _matched(copula, target)


def _matched(copula: GaussianCopula, target: Floats) -> GaussianCopula:
    """Move the latent correlations until the drawn ranks correlate like the target."""
    noise = np.random.default_rng(_MATCHING_SEED).standard_normal((_MATCHING_DRAWS, len(copula.columns)))
    for _ in range(_MATCHING_ROUNDS):
        drawn = _rank_correlation(copula._rows(noise))
        copula = GaussianCopula(
            copula.columns, copula.margins, copula.stepwise, _nearest(copula.correlation + target - drawn)
        )
    return copula


def _rank_correlation(table: pd.DataFrame) -> Floats:
    return table.corr("spearman").to_numpy()


def _nearest(matrix: Floats) -> Floats:
    """The nearest proper correlation matrix, its entries rounded so that it is the same on every machine."""
    clipped = np.clip(matrix, -_LARGEST_CORRELATION, _LARGEST_CORRELATION)
    np.fill_diagonal(clipped, 1.0)
    return np.asarray(corr_nearest(clipped, threshold=1e-6)).round(9)
