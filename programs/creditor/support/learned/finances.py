"""What accounts like this one tell of a household: income, then living costs, then savings, each given the rest.

A chain of log-linear models with representative joint residuals, fitted to the training records (programs.learning).
It holds coefficients only, so a file of it gives no household away.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from data.domain import CreditorView
from programs.creditor.support.facts import Facts
from programs.creditor.support.plans import Floats

SAVINGS_FLOOR_MONTHS = 0.1
"""Added to savings in months of living costs, so that none at all has a logarithm."""


@dataclass(frozen=True, eq=False)
class Belief:
    """Weighted draws of a household's money, minor units; arrays of one length, weights summing to 1."""

    weights: Floats
    income: Floats
    expenses: Floats
    savings: Floats

    def mean(self, name: str) -> float:
        """Expected `income`, `expenses` or `savings`, minor units."""
        return float(self.weights @ getattr(self, name))

    @property
    def surplus(self) -> Floats:
        """Income less living costs, minor units a month."""
        return self.income - self.expenses


def mixed(parts: list[tuple[float, Belief]]) -> Belief:
    """Several beliefs, each as likely as its share says."""
    columns = zip(*((b.weights * share, b.income, b.expenses, b.savings) for share, b in parts), strict=True)
    return Belief(*(np.concatenate(column) for column in columns))


@dataclass(frozen=True, eq=False)
class FinanceModel:
    """The fitted chain. Coefficients: an intercept, then one for each input."""

    income: Floats
    """Log (income / debt) given the account."""
    income_from_costs: Floats
    """The same given the account and log (living costs / debt), for who told the costs alone."""
    costs: Floats
    """Log (living costs / income) given the account and log (income / debt)."""
    savings: Floats
    """Log (savings in months of living costs + floor), given those and log (living costs / income)."""
    residuals: Floats
    """(K, 4): representative joint residuals of the four."""
    weights: Floats
    """(K,): share of the records that each stands for."""

    def draws(self, view: CreditorView, told: Facts, claims_times: tuple[float, float, float] = (1, 1, 1)) -> Belief:
        """What a household with this account, which told this, may have.

        Args:
            view: the account.
            told: what it claimed.
            claims_times: by what the claimed (income, expenses, savings) are multiplied before they are believed.
        """
        income, expenses, savings = (
            None if claim is None else max(claim, 1) * times
            for claim, times in zip((told.income, told.expenses, told.assets), claims_times, strict=True)
        )
        debt, known = float(view.debt.outstanding), None not in (income, expenses, savings)
        residuals = np.zeros((1, 4)) if known else self.residuals
        weights = np.ones(1) if known else self.weights
        about = np.tile(account(view), (len(weights), 1))
        earned = self._income(about, debt, income, expenses, residuals)
        share = np.column_stack([about, np.log(earned / debt)])
        spent = earned * np.exp(_applied(self.costs, share) + residuals[:, 2])
        if expenses is not None:
            spent = np.full(len(weights), expenses)
        kept = _applied(self.savings, np.column_stack([share, np.log(spent / earned)])) + residuals[:, 3]
        saved = spent * np.maximum(0, np.exp(kept) - SAVINGS_FLOOR_MONTHS)
        if savings is not None:
            saved = np.full(len(weights), savings if told.assets else 0.0)
        return Belief(weights, earned, spent, saved)

    def _income(
        self, about: Floats, debt: float, income: float | None, expenses: float | None, residuals: Floats
    ) -> Floats:
        if income is not None:
            return np.full(len(about), income)
        if expenses is None:
            return debt * np.exp(_applied(self.income, about) + residuals[:, 0])
        given = np.column_stack([about, np.full(len(about), math.log(expenses / debt))])
        return debt * np.exp(_applied(self.income_from_costs, given) + residuals[:, 1])

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {name: getattr(self, name).tolist() for name in self.__dataclass_fields__}

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Self:
        """From `document()`.

        Raises:
            ValueError, KeyError, TypeError: it is none.
        """
        return cls(**{name: np.array(document[name], dtype=np.float64) for name in cls.__dataclass_fields__})


def account(view: CreditorView) -> Floats:
    """(5,): what is known of every account, as the chain takes it."""
    debt, age = view.debt, (view.debtor.age or 40) / 10
    return np.array(
        [math.log(debt.outstanding), math.log(max(debt.principal, 1)), math.log1p(debt.overdue_days), age, age**2]
    )


def _applied(coefficients: Floats, inputs: Floats) -> Floats:
    return np.asarray(coefficients[0] + inputs @ coefficients[1:])
