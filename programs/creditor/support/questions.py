"""Which question is worth most: by how much knowing the answer would better the choice of an offer.

The expected value of partial perfect information by regression (Strong, Oakley and Brennan 2014): what each plan is
worth is regressed on the quantity over the belief's draws, and the best plan is chosen with and without it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from data.domain import Inquiry
from programs.creditor.support.facts import Facts
from programs.creditor.support.learned.finances import Belief
from programs.creditor.support.plans import Floats

ASKED_AT_MOST = 3
"""Times that one question is put: more is nagging."""

_QUANTITY = {Inquiry.INCOME: "income", Inquiry.EXPENSES: "expenses", Inquiry.ASSETS: "savings"}


def question_values(facts: Facts, belief: Belief, gains: Floats) -> Mapping[Inquiry, float]:
    """Questions that may be asked now, the most valuable first, with their worth in CCI.

    A question that was refused before is worth half as much each time. Why the debtor fell behind is asked last and
    once: it moves no figure, and everybody wants to be asked.

    Args:
        facts: of the table.
        belief: about the household.
        gains: (K, N), what each candidate is worth under each draw of the belief.
    """
    found = {
        inquiry: _known_better(belief, getattr(belief, _QUANTITY[inquiry]), gains) * 0.5 ** facts.asked.get(inquiry, 0)
        for inquiry in facts.untold
        if facts.asked.get(inquiry, 0) < ASKED_AT_MOST
    }
    if facts.claims.reason is None and Inquiry.REASON not in facts.asked:
        found[Inquiry.REASON] = 0.0
    return dict(sorted(found.items(), key=lambda item: (facts.asked.get(item[0], 0), -item[1])))


def _known_better(belief: Belief, quantity: Floats, gains: Floats) -> float:
    """How much better one would choose if `quantity` were known; 0 or more."""
    weights, spread = belief.weights, np.log(np.maximum(quantity, 1.0))
    inputs = np.column_stack([np.ones(len(weights)), spread - spread.mean()])
    if np.ptp(spread) < 1e-9:
        return 0.0
    root = np.sqrt(weights)[:, None]
    coefficients = np.linalg.lstsq(root * inputs, root * gains, rcond=None)[0]
    known = float(weights @ (inputs @ coefficients).max(axis=1))
    return max(0.0, known - float((weights @ gains).max()))
