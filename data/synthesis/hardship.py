"""From a borrower to a debtor: how much is still owed, why nothing was paid, and what is left to live on.

Linear models with Gaussian noise on the scale given in hardship.toml, conditioned on the reason of the default, the
overdue days and the outstanding balance; every coefficient stands there with its reason.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit
from scipy.stats import norm

from data.domain import Persona, Reason

Floats = NDArray[np.float64]

PARAMETERS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("hardship.toml").read_text(encoding="utf-8"))

LONG_OVERDUE_DAYS = 180
_OLDER, _YOUNGER = 45, 30
_STEP = 10
"""Amounts are rounded to this many yuan, as people state them."""


def after_default(applicants: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One overdue debtor per applicant; amounts in whole major units.

    Args:
        applicants: rows with the columns of data/synthesis/seed_table.py, categories as words, amounts in the seed's
            unit.
        rng: the only source of chance; its draws are taken in a fixed order.

    Returns:
        The columns product, principal, outstanding, overdue_days, monthly_income, income_before, monthly_expenses,
        assets, reason, persona, age.
    """
    scale = PARAMETERS["yuan_per_thousand_pesetas"]
    income_before = applicants["Income"].to_numpy() * scale
    principal = applicants["Amount"].to_numpy() * scale
    overdue = _overdue_days(applicants, rng)
    outstanding = _outstanding(principal, income_before, overdue, rng)
    scores = Regressors(
        overdue=_z(np.log(overdue)),
        load=_z(np.log(outstanding / income_before)),
        thrift=_normal_scores(applicants["Expenses"] / applicants["Income"]),
        wealth=_normal_scores(applicants["Assets"]),
    )
    left = what_is_left(applicants, income_before, overdue, outstanding, scores, rng)
    debtors = {
        "product": _products(applicants),
        "principal": rounded(principal),
        "outstanding": rounded(outstanding),
        "overdue_days": overdue,
        "monthly_income": rounded(left.income),
        "income_before": rounded(income_before),
        "monthly_expenses": rounded(left.expenses),
        "assets": rounded(left.assets),
        "reason": left.reason,
        "persona": left.persona,
        "age": applicants["Age"].to_numpy(int),
    }
    return pd.DataFrame(debtors)


class Regressors(NamedTuple):
    """The standardised regressors of the linear models."""

    overdue: Floats
    """Of the log of the overdue days."""
    load: Floats
    """Of the log of the outstanding balance in monthly incomes before the default."""
    thrift: Floats
    """How dearly they lived before: normal score of expenses by income."""
    wealth: Floats
    """Normal score of the assets before."""


class Left(NamedTuple):
    """What the default left; amounts in major units."""

    reason: NDArray[np.str_]
    income: Floats
    expenses: Floats
    assets: Floats
    persona: NDArray[np.str_]


def what_is_left(
    applicants: pd.DataFrame,
    income_before: Floats,
    overdue: NDArray[np.int64],
    outstanding: Floats,
    scores: Regressors,
    rng: np.random.Generator,
    parameters: Mapping[str, Any] = PARAMETERS,
) -> Left:
    """Draw what nobody but the debtors knows, given what is owed and for how long.

    Args:
        applicants: rows as for `after_default`.
        income_before: a month before the default, major units.
        overdue: days.
        outstanding: major units.
        scores: the regressors, on whatever scale they were standardised.
        rng: the only source of chance; its draws are taken in a fixed order.
        parameters: of the models, as in hardship.toml.
    """
    reason = _reasons(applicants, rng)
    known = {"overdue": scores.overdue, "load": scores.load}
    shock = parameters["income_shock"]
    lost = np.clip(_of_reason("shock", reason) + _linear(shock, known, rng), 0, shock["highest"])
    income = income_before * (1 - lost)
    share = _surplus_share(parameters["surplus"], reason, {**known, "thrift": scores.thrift}, rng)
    ratio = _asset_ratio(parameters["assets"], reason, {**known, "wealth": scores.wealth}, rng)
    return Left(reason, income, income * (1 - share), outstanding * ratio, _personas(reason, overdue, rng))


def _overdue_days(applicants: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.int64]:
    p = PARAMETERS["overdue_days"]
    log_days = np.log(p["median"]) + p["log_sd"] * rng.standard_normal(len(applicants))
    log_days += p["records"] * (applicants["Records"] == "yes").to_numpy()
    return np.clip(np.exp(log_days), p["lowest"], p["highest"]).round().astype(np.int64)


def _outstanding(principal: Floats, income: Floats, overdue: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    p = PARAMETERS["outstanding"]
    latent = p["base"] + p["load"] * _z(np.log(principal / income)) + p["sd"] * rng.standard_normal(len(principal))
    return principal * expit(latent) * (1 + p["interest_per_day"] * overdue)


def _surplus_share(
    p: Mapping[str, float], reason: NDArray[np.str_], known: Mapping[str, Floats], rng: np.random.Generator
) -> Floats:
    """Share of today's income that is left after living costs; a few live beyond their income."""
    latent = p["base"] + _of_reason("surplus", reason) + _linear(p, known, rng)
    return p["lowest"] + (p["highest"] - p["lowest"]) * expit(latent)


def _asset_ratio(
    p: Mapping[str, float], reason: NDArray[np.str_], known: Mapping[str, Floats], rng: np.random.Generator
) -> Floats:
    """Liquid assets as a multiple of the outstanding debt."""
    return np.exp(p["base"] + _of_reason("assets", reason) + _linear(p, known, rng))


def _linear(parameters: Mapping[str, float], regressors: Mapping[str, Floats], rng: np.random.Generator) -> Floats:
    """Coefficients times regressors, plus Gaussian noise of the standard deviation `sd`."""
    noise = parameters["sd"] * rng.standard_normal(len(regressors["overdue"]))
    return noise + sum(parameters[name] * values for name, values in regressors.items())


def _of_reason(parameter: str, reason: NDArray[np.str_]) -> Floats:
    table = PARAMETERS["reasons"]
    return np.array([table[name][parameter] for name in reason], dtype=np.float64)


def _reasons(applicants: pd.DataFrame, rng: np.random.Generator) -> NDArray[np.str_]:
    """Why each of them stopped paying, by weights that the circumstances multiply."""
    holds = {
        **{job: (applicants["Job"] == job).to_numpy() for job in ("fixed", "partime", "freelance")},
        **{state: (applicants["Marital"] == state).to_numpy() for state in ("single", "married")},
        "parted": applicants["Marital"].isin(["divorced", "separated"]).to_numpy(),
        "records": (applicants["Records"] == "yes").to_numpy(),
        "older": (applicants["Age"] >= _OLDER).to_numpy(),
        "younger": (applicants["Age"] < _YOUNGER).to_numpy(),
    }
    table = {reason.value: PARAMETERS["reasons"][reason.value] for reason in Reason}
    return _chosen({name: _weights(p["weight"], p["when"], holds) for name, p in table.items()}, rng)


def _personas(reason: NDArray[np.str_], overdue: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.str_]:
    holds = {name.value: reason == name.value for name in Reason} | {"long_overdue": overdue > LONG_OVERDUE_DAYS}
    table = {persona.value: dict(PARAMETERS["personas"][persona.value]) for persona in Persona}
    return _chosen({name: _weights(p.pop("weight"), p, holds) for name, p in table.items()}, rng)


def _weights(base: float, factors: Mapping[str, float], holds: Mapping[str, NDArray[np.bool_]]) -> Floats:
    """`base` for everyone, times each factor where its circumstance holds."""
    weights = np.full(len(next(iter(holds.values()))), float(base))
    for circumstance, factor in factors.items():
        weights = np.where(holds[circumstance], weights * factor, weights)
    return weights


def _chosen(weights: Mapping[str, Floats], rng: np.random.Generator) -> NDArray[np.str_]:
    """One name per row, with chances in proportion to the weights."""
    limits = np.cumsum(np.column_stack(list(weights.values())), axis=1)
    drawn = rng.random(len(limits)) * limits[:, -1]
    return np.array(list(weights))[(drawn[:, None] >= limits).sum(axis=1)]


def _products(applicants: pd.DataFrame) -> NDArray[np.str_]:
    """What the loan bought, by the price of the goods in the seed's unit."""
    price = applicants["Price"].to_numpy()
    names = ["appliance loan", "consumer loan", "home improvement loan"]
    return np.select([price < 700, price < 1300, price < 1900], names, "car loan")


def _z(values: Floats) -> Floats:
    spread = values.std()
    return (values - values.mean()) / (spread if spread > 0 else 1.0)


def _normal_scores(values: pd.Series[float]) -> Floats:
    """Ranks on the scale of a standard normal, ties at their middle rank."""
    return np.asarray(norm.ppf((values.rank().to_numpy() - 0.5) / len(values)))


def rounded(amounts: Floats, step: int = _STEP) -> NDArray[np.int64]:
    """Amounts in major units as people state them: whole multiples of `step`, never negative."""
    return (np.maximum(amounts / step, 0).round() * step).astype(np.int64)
