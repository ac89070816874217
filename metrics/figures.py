"""Figures stated in words."""

from __future__ import annotations

from data.domain import Debt, Terms


def stray_figures(text: str, terms: Terms | None, debt: Debt) -> tuple[str, ...]:
    """Figures in a creditor's words that are not the move's."""
    return ()
