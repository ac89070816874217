"""Draw what a lender does not know of its accounts: today's income and expenses, assets, reason, story and persona."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import norm

from data.accounts.account import Account
from data.amounts import minor_digits
from data.completing.conditional import CHOICES, borrowers, reference
from data.domain import DebtCase, Finances, Persona, Reason
from data.synthesis import fitted_copula
from data.synthesis.hardship import PARAMETERS, Left, Regressors, rounded, what_is_left
from data.synthesis.stories import Situation, story

DRAWN = ("monthly_income", "monthly_expenses", "assets", "reason", "story", "persona")
"""The columns of a book that are drawn."""
_STATED_STEP_SHARE = 6.0
"""Amounts are rounded to the power of ten nearest to this part of the currency's scale: to 10 yuan at 60 the unit."""

Floats = NDArray[np.float64]


def completed(
    accounts: Sequence[Account],
    seed: int,
    draw: int = 1,
    parameters: Mapping[str, Any] = PARAMETERS,
    median_income: float | None = None,
) -> tuple[DebtCase, ...]:
    """The accounts as debtors who can answer, in their order.

    Args:
        accounts: one or more.
        seed: of all draws.
        draw: which of them, from 1; each is independent of the others.
        parameters: of the model (data/synthesis/hardship.toml), or calibrated ones.
        median_income: see `scales`.
    """
    scale = scales(accounts, median_income)
    drawn = drawn_once(accounts, seed, draw, parameters, median_income)
    tellings = _streams(seed, draw)[2]
    return tuple(
        _case(account, _figures(drawn, index, _step(scale[account.debt.currency])), tellings)
        for index, account in enumerate(accounts)
    )


class Drawn(NamedTuple):
    """One draw of what is unknown; amounts in major units."""

    before: Floats
    """Income a month before the default: as it is known, or drawn."""
    scores: Regressors
    left: Left


def _streams(seed: int, draw: int) -> list[np.random.Generator]:
    """Independent random numbers for borrowers, hardship and stories."""
    return [np.random.default_rng(child) for child in np.random.SeedSequence([seed, draw]).spawn(3)]


def scales(accounts: Sequence[Account], median_income: float | None = None) -> dict[str, float]:
    """Major units of each currency that one unit of the seed table stands for.

    They make the median income when the loans were made, or without any the median loan, that of the seed table.

    Args:
        accounts: of one lender.
        median_income: a month when the loans were made, major units, for currencies in which no account names one.
    """
    medians = {name: float(np.median(margin)) for name, margin in _margins().items()}
    found = {}
    for currency in sorted({account.debt.currency for account in accounts}):
        mine = [account for account in accounts if account.debt.currency == currency]
        incomes = [income for account in mine if (income := account.monthly_income_at_origination)]
        loans = [account.debt.principal or account.debt.outstanding for account in mine]
        if not incomes and median_income is not None:
            found[currency] = median_income / medians["Income"]
            continue
        typical = float(np.median(incomes or loans)) / 10 ** minor_digits(currency)
        found[currency] = typical / medians["Income" if incomes else "Amount"]
    return found


def _margins() -> dict[str, Floats]:
    copula = fitted_copula()
    return dict(zip(copula.columns, copula.margins, strict=True))


def drawn_once(
    accounts: Sequence[Account],
    seed: int,
    draw: int,
    parameters: Mapping[str, Any] = PARAMETERS,
    median_income: float | None = None,
) -> Drawn:
    """What the default left of the accounts' debtors, and what it was drawn from; arguments as for `completed`."""
    rows, hardships, _ = _streams(seed, draw)
    scale = scales(accounts, median_income)
    units = np.array([scale[account.debt.currency] for account in accounts])
    major = 10.0 ** np.array([minor_digits(account.debt.currency) for account in accounts])
    known = pd.DataFrame(
        {
            "Age": [account.debtor.age or np.nan for account in accounts],
            "Income": _positive([account.monthly_income_at_origination for account in accounts]) / major / units,
            "Amount": _positive([account.debt.principal for account in accounts]) / major / units,
        }
    )
    applicants = borrowers(known, rows)
    before = applicants["Income"].to_numpy(float) * units
    outstanding = np.array([float(account.debt.outstanding) for account in accounts]) / major
    overdue = np.array([account.debt.overdue_days for account in accounts], dtype=np.int64)
    scores = reference().scores(applicants, before, overdue, outstanding)
    scores = scores._replace(thrift=_with_debts(accounts, scores.thrift))
    left = what_is_left(applicants, before, overdue, outstanding, scores, hardships, parameters)
    return Drawn(before, scores, left)


def _positive(minor: Sequence[int | None]) -> Floats:
    """Amounts as floats; NaN where nobody knows one, and for the 0 that tapes write then."""
    return np.array([float(amount) if amount else np.nan for amount in minor])


def _with_debts(accounts: Sequence[Account], thrift: Floats) -> Floats:
    """How dearly they live, given their debt to income among the accounts of the file, where it is known."""
    ratios = pd.Series([account.debt_to_income_pct for account in accounts], dtype=float)
    ranks = (ratios.rank() - 0.5) / max(int(ratios.notna().sum()), 1)
    score = norm.ppf(ranks.fillna(0.5).to_numpy(float))
    weight = np.where(ratios.notna(), CHOICES["debt_to_income_weight"], 0.0)
    return np.asarray(weight * score + np.sqrt(1 - weight**2) * thrift)


def _step(scale: float) -> int:
    """What amounts of a currency are rounded to, major units: 10 where the median income is 600 to 6,000 or so."""
    return int(10 ** max(round(float(np.log10(max(scale / _STATED_STEP_SHARE, 1e-9)))), 0))


def _figures(drawn: Drawn, index: int, step: int) -> dict[str, Any]:
    left = drawn.left
    amounts = {"income_before": drawn.before, "monthly_income": left.income}
    amounts |= {"monthly_expenses": left.expenses, "assets": left.assets}
    whole = {name: int(rounded(values[index : index + 1], step)[0]) for name, values in amounts.items()}
    return whole | {"reason": Reason(str(left.reason[index])), "persona": Persona(str(left.persona[index]))}


def _case(account: Account, figures: dict[str, Any], rng: np.random.Generator) -> DebtCase:
    debt, minor = account.debt, 10 ** minor_digits(account.debt.currency)
    told = {name: figures[name] for name in ("income_before", "monthly_income", "monthly_expenses", "assets", "reason")}
    situation = Situation(
        product=debt.product, overdue_days=debt.overdue_days, outstanding=round(debt.outstanding / minor), **told
    )
    unit = "yuan" if debt.currency == "CNY" else debt.currency
    return DebtCase(
        case_id=account.case_id,
        debt=debt,
        debtor=account.debtor,
        finances=Finances(
            **{name: figures[name] * minor for name in ("monthly_income", "monthly_expenses", "assets")},
            reason=figures["reason"],
            story=story(situation, rng, unit),
        ),
        persona=figures["persona"],
        family_id=account.family_id,
    )
