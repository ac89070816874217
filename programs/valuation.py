"""What a package is worth to the creditor if the debtor keeps it: the yardstick for ladders and offers.

The value is CRI with every payment made, so it needs no finances and creditor-side code may use it.
"""

from __future__ import annotations

from functools import lru_cache

from data.domain import CreditorPolicy, Terms
from metrics.indices import recovery_index_if_kept


@lru_cache(maxsize=65536)
def creditor_value(terms: Terms, policy: CreditorPolicy) -> float:
    """CRI in 0..1 of `terms` under `policy`, every payment made; higher is better for the creditor."""
    return recovery_index_if_kept(terms, policy)


def rung_matched(offer: Terms, ladder: tuple[Terms, ...], policy: CreditorPolicy) -> int | None:
    """Index of the firmest rung that `offer` is at least as good as, None if it is worse than the whole ladder."""
    value = creditor_value(offer, policy)
    return next((i for i, rung in enumerate(ladder) if value >= creditor_value(rung, policy) - 1e-12), None)
