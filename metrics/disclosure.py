"""Words that give an internal limit away."""

from __future__ import annotations


def limit_disclosures(text: str) -> tuple[str, ...]:
    """Passages that tell the debtor where the creditor's limit lies."""
    return ()
