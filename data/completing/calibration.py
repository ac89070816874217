"""Fit the level and the spread of what debtors have left to what a lender knows afterwards.

A debtor carries a plan when the surplus, as a share of today's income, reaches what the softest legal plan asks for a
month. On the model's latent scale that is a probit, P = Phi((base + x - t) / sd), where x is the debtor's part of the
model and t the threshold. Both hang on what nobody knows, so P is averaged over draws of it, and the level `base` and
the spread `sd` are those of the largest likelihood (Train 2009, "Discrete choice methods with simulation", section
10.5); everything else of the model stays. Whoever did not agree for other reasons than money counts as somebody who
could not pay, so the level is a lower bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import logit
from scipy.stats import chi2, norm

from data.accounts import Accounts
from data.accounts.account import Account
from data.amounts import minor_digits
from data.completing.drawing import drawn_once
from data.completing.outcomes import AccountOutcome
from data.domain import CreditorPolicy
from data.synthesis.hardship import PARAMETERS
from plumbing.errors import UserError

FEWEST = 50
"""Outcomes that a fit needs; and of each kind at least a tenth of them."""
_DRAWS = 100
"""Draws of what is unknown that are averaged over; with twenty, the noise of the average passes for a wide spread."""
_FAITH = 0.7
"""Standard deviation of the log of the spread around the model's own: where outcomes say little, the model is kept."""
_EDGE = 1e-3
_SPREADS = (0.05, 3.0)
"""Between which the spread is looked for."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """A model whose surplus was fitted."""

    parameters: dict[str, Any]
    """As hardship.toml has them, with another level and spread of the surplus."""
    told: str
    """What was found, as a sentence."""


def calibrated(accounts: Accounts, outcomes: Sequence[AccountOutcome], seed: int) -> Fit:
    """Fit the surplus of the model to the outcomes of some of the accounts.

    Raises:
        UserError: too few outcomes, or outcomes that have nothing to do with how heavy the debts are.
    """
    carried = {one.case_id: one.carried for one in outcomes}
    unknown = [name for name in carried if name not in {one.case_id for one in accounts.accounts}]
    if unknown:
        raise UserError(f"no account {unknown[0]!r} in {accounts.source}, which the outcomes name; take such rows out")
    known = [one for one in accounts.accounts if one.case_id in carried]
    yes = np.array([carried[one.case_id] for one in known], dtype=float)
    _check_enough(yes)
    base, spread = _likeliest(yes, np.array([_ease(known, seed, draw) for draw in range(1, _DRAWS + 1)]))
    surplus = PARAMETERS["surplus"] | {"base": base, "sd": spread}
    before = PARAMETERS["surplus"]
    told = (
        f"calibrated on {len(yes)} outcomes ({yes.mean():.0%} carried a plan): level of the surplus "
        f"{before['base']:.2f} -> {surplus['base']:.2f}, spread {before['sd']:.2f} -> {surplus['sd']:.2f}"
    )
    return Fit({**PARAMETERS, "surplus": surplus}, told)


def _check_enough(yes: Floats) -> None:
    rare = min(yes.sum(), len(yes) - yes.sum())
    if len(yes) < FEWEST or rare < len(yes) / 10:
        raise UserError(
            f"{len(yes)} outcomes with {int(rare)} of the rarer kind are too few to calibrate on; give {FEWEST} or "
            "more, at least a tenth of them of each kind"
        )


def _ease(accounts: Sequence[Account], seed: int, draw: int) -> Floats:
    """x - t: how far what is known of each debtor's surplus lies above what the softest plan asks."""
    drawn = drawn_once(accounts, seed, draw)
    p: Mapping[str, float] = PARAMETERS["surplus"]
    reasons = np.array([PARAMETERS["reasons"][str(name)]["surplus"] for name in drawn.left.reason])
    scores = drawn.scores
    known = reasons + p["thrift"] * scores.thrift + p["overdue"] * scores.overdue + p["load"] * scores.load
    owed = np.array([one.debt.outstanding / 10 ** minor_digits(one.debt.currency) for one in accounts])
    policy = CreditorPolicy()
    month = owed * (1 - policy.max_discount_pct / 100) / policy.max_installment_periods
    share = month / np.maximum(drawn.left.income, 1.0)
    inside = np.clip((share - p["lowest"]) / (p["highest"] - p["lowest"]), _EDGE, 1 - _EDGE)
    return np.asarray(known - logit(inside))


def _likeliest(yes: Floats, ease: Floats) -> tuple[float, float]:
    """Level and spread of the largest simulated likelihood.

    Args:
        yes: 1 for every debtor who carried a plan, else 0.
        ease: (draws, debtors).
    """

    def loss(point: Floats) -> float:
        chance = norm.cdf((point[0] + ease) / np.exp(point[1])).mean(axis=0)
        return -_log_likelihood(yes, chance) + ((point[1] - start[1]) / _FAITH) ** 2 / 2

    start = np.array([PARAMETERS["surplus"]["base"], np.log(PARAMETERS["surplus"]["sd"])])
    limits = [(-8.0, 8.0), (np.log(_SPREADS[0]), np.log(_SPREADS[1]))]
    found = minimize(loss, start, method="Nelder-Mead", bounds=limits)
    gain = 2 * (-float(found.fun) - _log_likelihood(yes, np.full(len(yes), yes.mean())))
    if gain < chi2.ppf(0.95, 1):
        raise UserError(
            "the outcomes do not follow how heavy the debts are, so nothing can be calibrated on them; look whether "
            "`agreed` means that a plan was carried"
        )
    return float(found.x[0]), float(np.exp(found.x[1]))


def _log_likelihood(yes: Floats, chance: Floats) -> float:
    sure = np.clip(chance, _EDGE, 1 - _EDGE)
    return float((yes * np.log(sure) + (1 - yes) * np.log(1 - sure)).sum())
