"""What a package is worth to the creditor if the debtor keeps it: the yardstick for ladders and offers.

The value is CRI with every payment made, so it needs no finances and creditor-side code may use it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from data.domain import CreditorPolicy, Debt, DebtCase, Finances, Reason
from data.terms import Terms
from metrics.money.indices import recovery_index
from metrics.money.simulation import PlanBatch, simulate
from metrics.money.weights import Weights, default_weights

NOMINAL_DEBT = 10_000_000
"""Minor units; CRI of a kept plan depends on the terms alone, up to rounding."""


@lru_cache(maxsize=65536)
def creditor_value(terms: Terms, policy: CreditorPolicy) -> float:
    """CRI in 0..1 of `terms` under `policy`, every payment made; higher is better for the creditor."""
    return creditor_values([terms], policy)[0]


def creditor_values(
    packages: Sequence[Terms], policy: CreditorPolicy, outstanding: int = NOMINAL_DEBT, weights: Weights | None = None
) -> list[float]:
    """CRI in 0..1 of each package with every payment made within the horizon, in one simulation.

    Args:
        packages: the terms.
        policy: its discounts are the scale of what is recovered.
        outstanding: debt today, minor units.
        weights: of the CRI; default the shipped ones.

    Raises:
        UserError: the debt is too large to be simulated exactly.
    """
    flow = simulate(PlanBatch.of([who_can_pay(outstanding)] * len(packages), packages))
    return recovery_index(flow, policy, weights or default_weights()).tolist()


@lru_cache(maxsize=4096)
def who_can_pay(outstanding: int) -> DebtCase:
    """A debtor who can make every payment of any plan for this debt, in minor units."""
    return DebtCase(
        case_id="nominal",
        debt=Debt(product="any", principal=outstanding, outstanding=outstanding, overdue_days=0, currency="XXX"),
        finances=Finances(monthly_income=0, monthly_expenses=0, assets=outstanding, reason=Reason.OTHER),
    )


def rung_matched(offer: Terms, ladder: tuple[Terms, ...], policy: CreditorPolicy) -> int | None:
    """Index of the firmest rung that `offer` is at least as good as, None if it is worse than the whole ladder."""
    value = creditor_value(offer, policy)
    return next((i for i, rung in enumerate(ladder) if value >= creditor_value(rung, policy) - 1e-12), None)
