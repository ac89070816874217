"""The debtor's inner course over a dialogue: how far it has come down, how long it stays, how pressed it feels.

Concession follows Faratin, Sierra and Jennings (1998): a time-dependent tactic mixed with a tit-for-tat one.
A creditor who pushes shortens the patience but not the time tactic, so pushing never buys a faster concession.
"""

from __future__ import annotations

from dataclasses import dataclass

from programs.debtor.hearing import Heard
from programs.debtor.personas import Traits

MAX_HEARD = 3.0
"""Rounds of patience that listening can win in all: kind words alone do not stretch a negotiation for ever."""

MAX_EMPATHY = 2
"""How often kind words count."""


@dataclass(frozen=True, slots=True)
class Temper:
    """The debtor's state after a creditor turn."""

    target: float
    """Relief that its next offer aims at, between the opening's and the least it insists on."""
    patience: float
    """Rounds left before it leaves; 0 or less: it leaves now."""
    pressure: int
    """Pushes and threats felt and not yet made good."""


def temper(heard: tuple[Heard, ...], traits: Traits, opening: float, patience: float) -> Temper:
    """The state after all of `heard`.

    Args:
        heard: every creditor turn, oldest first; at least one.
        traits: the persona.
        opening: relief of its opening demand.
        patience: rounds of patience at the start.
    """
    target, pressure, won, empathy = opening, 0, 0.0, 0
    for index, turn in enumerate(heard):
        empathy += turn.tone.empathy
        kind = turn.tone.empathy and not turn.hurt and empathy <= MAX_EMPATHY
        listened = bool(turn.better) or kind or (turn.question is not None and not turn.repeated_question)
        pressure = max(0, pressure + turn.stuck + turn.tone.ultimatum + 2 * turn.hurt - (listened and not turn.hurt))
        patience -= traits.threat_cost * turn.hurt + traits.push_cost * (turn.stuck or turn.tone.ultimatum)
        won = min(MAX_HEARD, won + traits.heard_gain * (listened and not turn.hurt))
        if index and not turn.hurt:
            target = _next_target(target, turn.gained, index, traits, opening)
    return Temper(target=target, patience=patience + won - len(heard), pressure=pressure)


def _next_target(target: float, gained: float, index: int, traits: Traits, opening: float) -> float:
    """Mixture of the time tactic (where the clock says it should be) and tit-for-tat (as much as the other gave)."""
    floor = min(traits.relief_floor, opening)
    alpha = min(1.0, index / (traits.horizon - 1)) ** (1 / traits.beta)
    by_time = opening - alpha * (opening - floor)
    in_kind = max(floor, target - max(0.0, gained))
    return min(target, (1 - traits.reciprocity) * by_time + traits.reciprocity * in_kind)
