"""Feedback in the words of the business: what cost most, and which module caused it."""

from __future__ import annotations

from data.domain import Negotiation
from metrics.scorecard import Scorecard


def feedback(negotiation: Negotiation, scorecard: Scorecard) -> str:
    """One short text for a prompt optimiser; never a private figure of the debtor."""
    return f"The negotiation ended: {negotiation.ending.value.replace('_', ' ')}; objective {scorecard.objective:.2f}."
