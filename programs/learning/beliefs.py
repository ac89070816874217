"""Stated beliefs against the truth: what a household has, and whether any plan could be kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from data.domain import DebtCase, Speaker
from metrics.money.oracle import firmest_kept
from programs.creditor.rational import RationalCreditor
from programs.creditor.support.decision import DecisionSupport
from programs.creditor.support.learned.support_model import SupportModel
from programs.creditor.support.support_options import Household, Support
from programs.debtor.simulated import SimulatedDebtor
from programs.learning.forecast_reliability import reliability
from programs.learning.games import POLICY
from programs.table.runner import play, view

_AMOUNTS = {"income": "monthly_income", "expenses": "monthly_expenses", "savings": "assets"}


def beliefs_scored(model: SupportModel, cases: Sequence[DebtCase], seed: int = 0) -> dict[str, Any]:
    """How near the support's beliefs are to the truth when a negotiation of its own ends.

    Args:
        model: what it learned.
        cases: simulated debtors that taught nothing.
        seed: of the debtors.

    Returns:
        `any_kept`: reliability of the chance that any plan can be kept; `error`: median relative error of what is
        believed of each amount, and of what was claimed where it was.
    """
    last = [(case, *_at_the_end(case, model, seed)) for case in cases]
    kept = np.array([firmest_kept(case, POLICY) is not None for case in cases], dtype=np.float64)
    stated = np.array([support.chance_any_kept for _, support, _ in last])
    errors = {}
    for name, field in _AMOUNTS.items():
        true = [max(getattr(case.finances, field), 1) for case, _, _ in last]
        believed = [_mean(support.household, name) for _, support, _ in last]
        told = [(claims[field], one) for (_, _, claims), one in zip(last, true, strict=True) if field in claims]
        errors[name] = {"believed": _error(list(zip(believed, true, strict=True))), "claimed": _error(told)}
    return {"any_kept": reliability(stated, kept).model_dump(), "error": errors}


def _at_the_end(case: DebtCase, model: SupportModel, seed: int) -> tuple[Support, dict[str, int]]:
    """What the support said in its last turn, and what had been claimed by then."""
    account = case.creditor_view()
    record = play(case, RationalCreditor(account, POLICY, seed, model), SimulatedDebtor(case, seed), POLICY, seed)
    last = max(n for n, turn in enumerate(record.turns) if turn.speaker is Speaker.CREDITOR)
    support = DecisionSupport(account, POLICY, model).consider(view(record.turns[:last], Speaker.CREDITOR, POLICY))
    claims: dict[str, int] = {}
    for turn in record.turns[:last]:
        if turn.disclosed is not None:
            claims |= turn.disclosed.model_dump(exclude_none=True, exclude={"reason"})
    return support, claims


def _mean(household: Household, name: str) -> float:
    return float(getattr(household, name).mean)


def _error(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Median of |stated / true - 1|; None of nothing."""
    return float(np.median([abs(stated / true - 1) for stated, true in pairs])) if pairs else None
