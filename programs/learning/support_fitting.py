"""Fitting: boosted trees with monotone constraints by scikit-learn, taken over as plain arrays; the chain by ridge."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from data.domain import DebtCase, Inquiry
from plumbing.errors import UserError
from programs.creditor.support.learned.finances import SAVINGS_FLOOR_MONTHS, FinanceModel, account
from programs.creditor.support.learned.forest import Forest
from programs.creditor.support.plans import Floats
from programs.debtor.claims import claim, claimed_amount
from programs.debtor.personas import traits_of
from programs.learning.worlds import drawn, world

DEPTH = 5
RESIDUALS = 6
"""Representative joint residuals of the chain of finances."""


def boosted(features: Sequence[str], rising: Mapping[str, int], trees: int, seed: int) -> Any:
    """An unfitted classifier of scikit-learn.

    Raises:
        UserError: scikit-learn is not installed.
    """
    try:
        from sklearn.ensemble import HistGradientBoostingClassifier
    except ImportError as error:
        raise UserError(
            'learning needs scikit-learn, which is not installed; run pip install "maden[classifiers]"'
        ) from error
    return HistGradientBoostingClassifier(
        max_iter=trees,
        max_depth=DEPTH,
        max_leaf_nodes=2**DEPTH,
        learning_rate=0.15,
        min_samples_leaf=60,
        l2_regularization=5.0,
        monotonic_cst=[rising.get(name, 0) for name in features],
        early_stopping=False,
        random_state=seed,
    )


def forest(
    examples: tuple[Floats, Floats, np.ndarray],
    features: Sequence[str],
    rising: Mapping[str, int],
    trees: int,
    seed: int,
) -> Forest:
    """Fitted to all examples, calibrated on a fifth of the debtors that a first fit never saw (Platt 1999)."""
    seen, answers, debtors = examples
    aside = _a_fifth(debtors, seed)
    first = arrays_of(boosted(features, rising, trees, seed).fit(seen[~aside], answers[~aside]))
    slope, offset = _platt(first.log_odds(seen[aside]), answers[aside])
    return replace(arrays_of(boosted(features, rising, trees, seed).fit(seen, answers)), slope=slope, offset=offset)


def arrays_of(fitted: Any) -> Forest:
    """A fitted classifier of scikit-learn as arrays, every tree laid out as a whole binary tree."""
    trees = [stage[0].nodes for stage in fitted._predictors]
    depth = max(1, *(int(nodes["depth"].max()) for nodes in trees))
    inner = 2**depth - 1
    feature = np.zeros((len(trees), inner), dtype=np.int64)
    threshold, leaf = np.full((len(trees), inner), 1e300), np.zeros((len(trees), inner + 1))
    for tree, nodes in enumerate(trees):
        _lay_out(nodes, feature[tree], threshold[tree], leaf[tree])
    return Forest(float(np.ravel(fitted._baseline_prediction)[0]), feature, threshold, leaf)


def _lay_out(nodes: np.ndarray, feature: np.ndarray, threshold: Floats, leaf: Floats) -> None:
    """A leaf above the bottom becomes nodes that always go left."""
    inner, open_ = len(feature), [(0, 0)]
    while open_:
        place, index = open_.pop()
        node = nodes[index]
        if place >= inner:
            leaf[place - inner] = node["value"]
        elif node["is_leaf"]:
            open_.append((2 * place + 1, index))
        else:
            feature[place], threshold[place] = node["feature_idx"], node["num_threshold"]
            open_ += [(2 * place + 1, int(node["left"])), (2 * place + 2, int(node["right"]))]


def _a_fifth(debtors: np.ndarray, seed: int) -> np.ndarray:
    names = np.unique(debtors)
    chosen = np.random.default_rng(seed).permutation(names)[: max(1, len(names) // 5)]
    return np.isin(debtors, chosen)


def _platt(log_odds: Floats, answers: Floats) -> tuple[float, float]:
    """(slope, offset) of a logistic regression of the answers on the log-odds, by Newton's method."""
    design, coefficients = np.column_stack([log_odds, np.ones(len(log_odds))]), np.array([1.0, 0.0])
    for _ in range(25):
        chance = 1 / (1 + np.exp(-np.clip(design @ coefficients, -30, 30)))
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + 1e-6 * np.eye(2)
        coefficients = coefficients + np.linalg.solve(curvature, design.T @ (answers - chance))
    return float(coefficients[0]), float(coefficients[1])


# ---- households


def finance_model(cases: Sequence[DebtCase], seed: int) -> FinanceModel:
    """The chain of log-linear models, fitted to the records of the train split."""
    about = np.array([account(case.creditor_view()) for case in cases])
    debt = np.array([case.debt.outstanding for case in cases], dtype=np.float64)
    income, expenses, savings = (
        np.array([max(getattr(case.finances, name), least) for case in cases], dtype=np.float64)
        for name, least in (("monthly_income", 1), ("monthly_expenses", 1), ("assets", 0))
    )
    earned, spent = np.log(income / debt), np.log(expenses / income)
    saved = np.log(savings / expenses + SAVINGS_FLOOR_MONTHS)
    by_account, rest_0 = _ridge(about, earned)
    by_costs, rest_1 = _ridge(np.column_stack([about, np.log(expenses / debt)]), earned)
    costs, rest_2 = _ridge(np.column_stack([about, earned]), spent)
    kept, rest_3 = _ridge(np.column_stack([about, earned, spent]), saved)
    centres, weights = _centres(np.column_stack([rest_0, rest_1, rest_2, rest_3]), RESIDUALS, seed)
    return FinanceModel(by_account, by_costs, costs, kept, centres, weights)


def _ridge(inputs: Floats, wanted: Floats, penalty: float = 1e-3) -> tuple[Floats, Floats]:
    """(intercept and coefficients, residuals)."""
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0) + 1e-9
    design = np.column_stack([np.ones(len(inputs)), (inputs - mean) / spread])
    shrink = penalty * len(inputs) * np.diag([0.0] + [1.0] * inputs.shape[1])
    solved = np.linalg.solve(design.T @ design + shrink, design.T @ wanted)
    slopes = solved[1:] / spread
    return np.concatenate([[solved[0] - mean @ slopes], slopes]), wanted - design @ solved


def _centres(points: Floats, number: int, seed: int) -> tuple[Floats, Floats]:
    """(centres, share of the points of each) by k-means on standardised points (Lloyd 1982)."""
    mean, spread = points.mean(axis=0), points.std(axis=0) + 1e-9
    scaled = (points - mean) / spread
    number = min(number, len(points))
    centres = scaled[np.random.default_rng(seed).choice(len(scaled), number, replace=False)]
    for _ in range(50):
        nearest = ((scaled[:, None] - centres[None]) ** 2).sum(axis=-1).argmin(axis=1)
        centres = np.array(
            [scaled[nearest == n].mean(axis=0) if (nearest == n).any() else centres[n] for n in range(number)]
        )
    shares = np.bincount(nearest, minlength=number) / len(points)
    return centres * spread + mean, shares


def bent_times(cases: Sequence[DebtCase], seed: int) -> tuple[tuple[float, float, float], ...]:
    """By what bent claims have to be multiplied to be true: on the whole, and for those who bend less and more.

    Bent as in training: half of the debtors as they are, half in a changed world. Empty where nobody bends.
    """
    found = []
    for number, case in enumerate(cases):
        with world(drawn(seed * 10_007 + number) if number % 2 else None):
            if not traits_of(case).honest:
                found.append(_times(case))
    if not found:
        return ()
    ordered = sorted(found)
    half = max(1, len(ordered) // 2)
    return tuple(_mean(some) for some in (ordered, ordered[:half], ordered[-half:]))


def _times(case: DebtCase) -> tuple[float, float, float]:
    money = case.finances
    true = (money.monthly_income, money.monthly_expenses, money.assets)
    told = (claimed_amount(claim(i, case)) for i in (Inquiry.INCOME, Inquiry.EXPENSES, Inquiry.ASSETS))
    income, expenses, savings = (max(t, 1) / max(c, 1) for t, c in zip(true, told, strict=True))
    return min(income, 3.0), min(expenses, 3.0), min(savings, 5.0)


def _mean(some: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    income, expenses, savings = (math.exp(float(np.mean(np.log(column)))) for column in zip(*some, strict=True))
    return income, expenses, savings
