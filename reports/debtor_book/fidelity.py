"""How like the real table synthetic rows are, and whether they give away any of its people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from scipy.stats import ks_2samp

from data.domain import DebtCase
from data.synthesis.hardship import PARAMETERS

Floats = NDArray[np.float64]

NEAR_SHARE = 0.05
"""A synthetic row is "close" when it is closer to a real one than this share of real rows are to each other."""

BOOK_COLUMNS: dict[str, tuple[str, bool]] = {
    "age": ("Age", False),
    "principal": ("Amount", True),
    "monthly_income": ("Income", True),
    "monthly_expenses": ("Expenses", True),
    "assets": ("Assets", True),
}
"""Column of a book: the seed column that it stems from, and whether that one is an amount."""


@dataclass(frozen=True)
class ColumnFit:
    """Kolmogorov-Smirnov distance of one column: the largest gap between the two distribution functions, 0..1."""

    column: str
    distance: float
    chance: float
    """Distance that two samples of these sizes from one distribution stay below 95 times in 100."""


@dataclass(frozen=True)
class CorrelationFit:
    """Differences of Spearman rank correlations, synthetic less real."""

    columns: tuple[str, ...]
    difference: Floats
    mean: float
    """Mean absolute difference over the pairs of columns."""
    largest: float
    chance: float
    """Mean absolute difference that resampling the real rows alone makes, at the synthetic sample size."""


@dataclass(frozen=True)
class Privacy:
    """Distances to the nearest real row: root mean square of differences in rank, from 0 (same) to 1 (end to end)."""

    synthetic: Floats
    real: Floats
    """Of each real row to the nearest other real row."""
    copies: int
    """Synthetic rows that equal a real one in every column."""

    @property
    def close_share(self) -> float:
        """Share of synthetic rows that are close to a real one; `NEAR_SHARE` is what independent people would give."""
        return float(np.mean(self.synthetic < np.quantile(self.real, NEAR_SHARE)))


def column_fits(synthetic: pd.DataFrame, real: pd.DataFrame) -> list[ColumnFit]:
    """The Kolmogorov-Smirnov distance of every column that both have, missing values left out."""
    fits = []
    for name in (column for column in synthetic.columns if column in real.columns):
        one, other = synthetic[name].dropna(), real[name].dropna()
        chance = 1.358 * np.sqrt(1 / len(one) + 1 / len(other))
        fits.append(ColumnFit(name, float(ks_2samp(one, other).statistic), float(chance)))
    return fits


def correlation_fit(synthetic: pd.DataFrame, real: pd.DataFrame, seed: int = 0) -> CorrelationFit:
    """Rank correlations of the columns that both have, pair by pair on the rows that have both values."""
    columns = [column for column in synthetic.columns if column in real.columns]
    target = real[columns].corr("spearman").to_numpy()
    difference = np.nan_to_num(synthetic[columns].corr("spearman").to_numpy() - target)
    pairs = np.triu_indices(len(columns), 1)
    resampled = real[columns].sample(len(synthetic), replace=True, random_state=seed).corr("spearman").to_numpy()
    return CorrelationFit(
        columns=tuple(columns),
        difference=difference,
        mean=float(np.abs(difference[pairs]).mean()),
        largest=float(np.abs(difference[pairs]).max()),
        chance=float(np.abs(np.nan_to_num(resampled - target)[pairs]).mean()),
    )


def privacy(synthetic: pd.DataFrame, real: pd.DataFrame) -> Privacy:
    """Nearest-record distances over the columns that both have, on the real rows without a missing value."""
    columns = [column for column in synthetic.columns if column in real.columns]
    known = real[columns].dropna().reset_index(drop=True)
    one, other = _ranked(synthetic[columns], known), _ranked(known, known)
    tree = cKDTree(other)
    to_real, _ = tree.query(one, k=1)
    among_real, _ = tree.query(other, k=2)
    copies = int(synthetic[columns].merge(known.drop_duplicates(), how="inner").shape[0])
    width = np.sqrt(len(columns))
    return Privacy(np.asarray(to_real) / width, np.asarray(among_real)[:, 1] / width, copies)


def book_frame(cases: Sequence[DebtCase]) -> pd.DataFrame:
    """The columns of a book that stem from the seed table, in the seed's unit, under the seed's names."""
    scale = 100 * PARAMETERS["yuan_per_thousand_pesetas"]
    values: dict[str, list[float]] = {real: [] for real, _ in BOOK_COLUMNS.values()}
    for case in cases:
        flat = {**dict(case.debt), **dict(case.debtor), **dict(case.finances)}
        for name, (real, is_amount) in BOOK_COLUMNS.items():
            value = np.nan if flat[name] is None else float(flat[name])
            values[real].append(value / scale if is_amount else value)
    return pd.DataFrame(values)


def _ranked(rows: pd.DataFrame, among: pd.DataFrame) -> Floats:
    """Where each value stands among the values of `among`, 0..1, ties in the middle of their place."""
    columns = []
    for name in among.columns:
        values = np.sort(among[name].to_numpy())
        below = np.searchsorted(values, rows[name], "left") + np.searchsorted(values, rows[name], "right")
        columns.append(below / (2 * len(values)))
    return np.column_stack(columns)
