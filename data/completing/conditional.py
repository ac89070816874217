"""The synthesis' model of borrowers, given what a lender knows of one: age, income when the loan was made, the loan.

The latent variables of a Gaussian copula are jointly normal, so those of what is unknown are normal given those of what
is known: mean C_uk C_kk^-1 z and covariance C_uu - C_uk C_kk^-1 C_ku (Anderson 2003, "An introduction to multivariate
statistical analysis", theorem 2.5.1).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from data.synthesis import fitted_copula
from data.synthesis.copula import GaussianCopula
from data.synthesis.hardship import Regressors, after_default
from data.synthesis.seed_table import named

Floats = NDArray[np.float64]
CHOICES: dict[str, Any] = tomllib.loads(Path(__file__).with_name("completing.toml").read_text(encoding="utf-8"))


def borrowers(known: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One borrower of the seed table's kind per row, agreeing with what is known of it.

    Args:
        known: columns of the seed table, in its units; NaN where a value is not known.
        rng: takes the same number of draws whatever is known.

    Returns:
        All columns of the seed table, categories as words; known values as they were given.
    """
    copula = fitted_copula()
    noise = rng.standard_normal((len(known), len(copula.columns)))
    latent = np.empty_like(noise)
    present = known.notna().to_numpy()
    for pattern in np.unique(present, axis=0):
        rows = (present == pattern).all(axis=1)
        names = [name for name, there in zip(known.columns, pattern, strict=True) if there]
        latent[rows] = _given(copula, known.loc[rows, names], noise[rows])
    drawn = copula.from_latent(latent)
    return named(drawn.assign(**{name: known[name].fillna(drawn[name]) for name in known.columns}))


def _given(copula: GaussianCopula, known: pd.DataFrame, noise: Floats) -> Floats:
    """Latent rows whose known part is that of the given values."""
    places = {name: index for index, name in enumerate(copula.columns)}
    k = [places[name] for name in known.columns]
    u = [index for index in range(len(copula.columns)) if index not in k]
    latent = np.empty_like(noise)
    for name, place in zip(known.columns, k, strict=True):
        latent[:, place] = copula.latent_of(name, known[name].to_numpy(float))
    c = copula.correlation
    weights = np.linalg.solve(c[np.ix_(k, k)], c[np.ix_(k, u)]).T if k else np.zeros((len(u), 0))
    spread = c[np.ix_(u, u)] - weights @ c[np.ix_(k, u)]
    latent[:, u] = latent[:, k] @ weights.T + noise[:, u] @ np.linalg.cholesky(spread).T
    return latent


@dataclass(frozen=True)
class Reference:
    """What the regressors of the linear models are standardised by: a large synthetic book, the same for everybody.

    So one account's draw does not depend on which others are in the file.
    """

    overdue: tuple[float, float]
    """Mean and standard deviation of the log of overdue days."""
    load: tuple[float, float]
    """Of the log of the balance in monthly incomes."""
    thrift: Floats
    """Expenses by income, sorted."""
    wealth: Floats
    """Assets, sorted."""

    def scores(
        self, applicants: pd.DataFrame, income: Floats, overdue: NDArray[np.int64], outstanding: Floats
    ) -> Regressors:
        """The regressors of borrowers.

        Args:
            applicants: as `borrowers` gives them.
            income: a month before the default, major units.
            overdue: days.
            outstanding: major units.
        """
        return Regressors(
            overdue=_standardised(np.log(np.maximum(overdue, 1)), self.overdue),
            load=_standardised(np.log(outstanding / np.maximum(income, 1)), self.load),
            thrift=_rank_score(self.thrift, (applicants["Expenses"] / applicants["Income"]).to_numpy(float)),
            wealth=_rank_score(self.wealth, applicants["Assets"].to_numpy(float)),
        )


@cache
def reference() -> Reference:
    """Made from the synthesis' own borrowers."""
    rng = np.random.default_rng(CHOICES["reference_seed"])
    applicants = named(fitted_copula().draw(CHOICES["reference_debtors"], rng))
    debtors = after_default(applicants, rng)
    overdue = np.log(debtors["overdue_days"].to_numpy(float))
    load = np.log((debtors["outstanding"].clip(lower=10) / debtors["income_before"].clip(lower=10)).to_numpy(float))
    return Reference(
        overdue=(float(overdue.mean()), float(overdue.std())),
        load=(float(load.mean()), float(load.std())),
        thrift=np.sort((applicants["Expenses"] / applicants["Income"]).to_numpy(float)),
        wealth=np.sort(applicants["Assets"].to_numpy(float)),
    )


def _standardised(values: Floats, moments: tuple[float, float]) -> Floats:
    widest = CHOICES["widest_score"]
    return np.asarray(np.clip((values - moments[0]) / moments[1], -widest, widest))


def _rank_score(ordered: Floats, values: Floats) -> Floats:
    """Normal scores of values among the reference's, ties at their middle rank."""
    below = (np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")) / 2
    return np.asarray(norm.ppf(np.clip(below, 0.5, len(ordered) - 0.5) / len(ordered)))
