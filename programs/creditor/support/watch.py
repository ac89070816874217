"""Notices, while it plays, that the forecasts are wrong: offers are refused far more often than was said.

Every refusal of an offer that was forecast to be accepted with chance p multiplies the evidence by 1 / (1 - p), an
acceptance ends the negotiation. If the forecasts are right this is a martingale that begins at 1, so it ever reaches
1/α with chance α at most (Ville 1939; as a test, Shafer et al. 2011, "Test martingales, Bayes factors and p-values").
"""

from __future__ import annotations

from collections.abc import Sequence

LIMIT = 20.0
"""Evidence from which on the forecasts are not believed: α = 5 %."""
SUREST = 0.95
"""No single refusal counts for more than twenty to one."""


def evidence(refused: Sequence[float]) -> float:
    """How strongly refusals speak against the forecasts; 1 or more.

    Args:
        refused: the chances with which offers that were refused had been forecast to be accepted.
    """
    product = 1.0
    for chance in refused:
        product /= 1 - min(chance, SUREST)
    return product
