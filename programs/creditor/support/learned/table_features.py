"""Features of a table and of an offer on it, for the learned chances: of the dialogue, the offers and the account only.

No feature looks at the digits of a figure or at words, so that nothing is learned that another language or another
simulator would not show. `RISING` names those in which a chance of acceptance may only rise or only fall: an offer
that is easier in that way is never less likely to be taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from data.dimensions import DIMENSIONS
from data.domain import CreditorView
from programs.creditor.support.facts import Facts
from programs.creditor.support.learned.finances import Belief
from programs.creditor.support.plans import Floats, Plans, ease, lowest_balance, paid_by_month, payments

ABSENT = -1.0
"""Of what cannot be known yet."""

_THEIRS = (
    *(f"first_demand_{d}" for d in DIMENSIONS),
    *(f"demand_{d}" for d in DIMENSIONS),
    *(f"came_down_{d}" for d in DIMENSIONS),
    "demand_monthly", "demand_first", "first_demand_monthly", "demand_held", "demand_last_step", "demand_balance",
)  # fmt: skip
_OWN = ("own_first_ease", "own_ease", "own_repeats")

TABLE_FEATURES = (
    "round", "claims", "knows_surplus", "knows_savings", "refused", "questions", "surplus", "expenses", "savings",
    "log_income", "shrinking", *_THEIRS, *_OWN, "log_debt", "log_overdue",
)  # fmt: skip
OFFER_FEATURES = (
    *(f"ease_{d}" for d in DIMENSIONS), *(f"beyond_demand_{d}" for d in DIMENSIONS), "ease", "beyond_demand",
    "least_beyond_demand", "gained", "monthly", "first", "monthly_to_demand", "most_ahead", "mean_ahead", "balance",
    "careful_balance", "monthly_to_surplus", "first_to_savings", "careful_balance_months",
)  # fmt: skip
FEATURES = TABLE_FEATURES + OFFER_FEATURES

RISING: dict[str, int] = {
    "ease_discount_pct": 1,
    "beyond_demand_discount_pct": 1,
    "ease": 1,
    "beyond_demand": 1,
    "least_beyond_demand": 1,
    "most_ahead": -1,
    "mean_ahead": -1,
    "balance": 1,
    "careful_balance": 1,
    "monthly_to_surplus": -1,
    "first_to_savings": -1,
    "careful_balance_months": 1,
}
"""+1: the chance may only rise with it, -1 only fall. Days, periods and the first payment alone are left free: to
someone whose living costs exceed the income, waiting is no help."""


@dataclass(frozen=True, eq=False)
class TableFeatures:
    """What does not depend on the offer."""

    facts: Facts
    surplus: float
    """Believed, as the other two, share of the debt."""
    expenses: float
    savings: float
    fixed: Floats
    """(len(TABLE_FEATURES),)."""


def table_features(facts: Facts, view: CreditorView, belief: Belief) -> TableFeatures:
    """The table's half of the features.

    Args:
        facts: of the table.
        view: the account.
        belief: what the household may have, claims taken as they are.
    """
    debt = float(view.debt.outstanding)
    income, expenses, savings = (belief.mean(name) / debt for name in ("income", "expenses", "savings"))
    surplus = income - expenses
    told = [facts.income is not None, facts.expenses is not None, facts.assets is not None]
    known = float(told[0] and told[1])
    fixed = [
        facts.round, sum(told), known, float(told[2]), facts.refused, len(facts.asked), surplus, expenses, savings,
        math.log(max(income, 1e-6)), float(surplus < 0) if known else 0.5, *_demand(facts, surplus, savings),
        *_own(facts), math.log(debt), math.log1p(view.debt.overdue_days),
    ]  # fmt: skip
    return TableFeatures(facts, surplus, expenses, savings, np.array(fixed, dtype=np.float64))


def _demand(facts: Facts, surplus: float, savings: float) -> list[float]:
    if not facts.theirs:
        return [ABSENT] * len(_THEIRS)
    first, now = facts.theirs[0], facts.theirs[-1]
    was, is_ = ease(first)[0], ease(now)[0]
    _, paid_first, monthly = payments(now[None])
    earlier = [float(not np.array_equal(one, now)) for one in reversed(facts.theirs[:-1])]
    held = earlier.index(1.0) if 1.0 in earlier else len(earlier)
    step = float(ease(facts.theirs[-2])[0].mean() - is_.mean()) if len(facts.theirs) > 1 else 0.0
    low = float(lowest_balance(now[None], surplus, savings)[0])
    monthly_before = float(payments(first[None])[2][0])
    return [*was, *is_, *(was - is_), float(monthly[0]), float(paid_first[0]), monthly_before, held, step, low]


def _own(facts: Facts) -> list[float]:
    if not facts.own:
        return [ABSENT] * len(_OWN)
    repeats = sum(np.array_equal(a, b) for a, b in zip(facts.own, facts.own[1:], strict=False))
    return [float(ease(facts.own[0]).mean()), float(ease(facts.own[-1]).mean()), repeats]


def rows(table: TableFeatures, plans: Plans) -> Floats:
    """(N, len(FEATURES)): the table's features beside those of each offer."""
    return np.concatenate([np.broadcast_to(table.fixed, (len(plans), len(table.fixed))), _offers(table, plans)], axis=1)


def _offers(table: TableFeatures, plans: Plans) -> Floats:
    facts, easy = table.facts, ease(plans)
    _, first, each = payments(plans)
    own = float(ease(facts.own[-1]).mean()) if facts.own else 0.0
    surplus, savings, expenses = table.surplus, table.savings, table.expenses
    kept_back = min(0.5 * expenses, 0.4 * savings)
    careful = lowest_balance(plans, surplus * 0.8 if surplus > 0 else surplus, max(savings - kept_back, 0))
    gap, against = _against_demand(facts, plans, easy, each)
    other = np.stack([
        easy.mean(axis=1), *against[:2], easy.mean(axis=1) - own, each, first, *against[2:],
        np.clip(lowest_balance(plans, surplus, savings), -3, 3), np.clip(careful, -3, 3),
        np.clip(each / max(surplus, 0.01), 0, 5), np.clip(first / max(savings, 0.01), 0, 5),
        np.clip(careful / max(expenses, 0.01), -20, 20),
    ], axis=1)  # fmt: skip
    return np.concatenate([easy, gap, other], axis=1)


def _against_demand(facts: Facts, plans: Plans, easy: Floats, each: Floats) -> tuple[Floats, list[Floats]]:
    """(N, 4) by how much an offer is easier than the demand, and five summaries of it."""
    if not facts.theirs:
        return np.zeros_like(easy), [np.zeros(len(plans))] * 5
    demand = facts.theirs[-1][None]
    gap = easy - ease(demand)
    ahead = paid_by_month(plans) - paid_by_month(demand)
    ratio = np.log((each + 1e-4) / (payments(demand)[2][0] + 1e-4))
    return gap, [gap.mean(axis=1), gap.min(axis=1), ratio, ahead.max(axis=1), ahead.mean(axis=1)]
