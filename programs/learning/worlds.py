"""Worlds other than the simulator's: debtors whose parameters are changed, and debtors who follow a rule of their own.

What is learned from the simulated debtors must not rest on the values of personas.toml: training plays in changed
worlds as well, and every claim is shown in them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext

from data.domain import Persona
from data.terms import Terms
from programs.debtor.personas import Traits, other_population
from programs.debtor.simulated import SimulatedDebtor
from programs.debtor.temper import Temper

Change = Callable[[Persona, Traits], Traits]

BY = 0.3
"""Share by which a parameter is raised or lowered."""

_UNIT = ("effort", "buffer_share", "relief_floor", "ambition", "reciprocity", "candour", "volunteers")
_TRUTH = ("truth_income", "truth_expenses", "truth_assets")
_LEAST = {"beta": 0.05, "horizon": 3}


def scaled(name: str, times: float) -> Change:
    """One parameter of every persona times a number, inside its range; the truth of claims by its distance from 1."""

    def change(_: Persona, traits: Traits) -> Traits:
        return traits.model_copy(update={name: _times(name, getattr(traits, name), times)})

    return change


def _times(name: str, value: float, times: float) -> float:
    if name in _TRUTH:
        return 1 + (value - 1) * times
    raised = max(value * times, _LEAST.get(name, 0.0))
    raised = min(raised, 1.0) if name in _UNIT else raised
    return round(raised) if name == "horizon" else raised


def _one_by_one(names: tuple[str, ...], times: float) -> Change:
    def change(persona: Persona, traits: Traits) -> Traits:
        for name in names:
            traits = scaled(name, times)(persona, traits)
        return traits

    return change


def other_weights(seed: int) -> Change:
    """Other preferences: each weight times a number of its own within 30 %, to a sum of 1 again."""

    def change(persona: Persona, traits: Traits) -> Traits:
        rng = random.Random(f"weights {persona} {seed}")
        weights = {d: weight * rng.uniform(1 - BY, 1 + BY) for d, weight in traits.weights.items()}
        return traits.model_copy(update={"weights": {d: w / sum(weights.values()) for d, w in weights.items()}})

    return change


def everything(seed: int) -> Change:
    """Every parameter of every persona times a number of its own within 30 %."""
    numbers = (
        *("effort", "buffer_months", "buffer_share", "relief_floor", "ambition", "beta", "reciprocity", "horizon"),
        *("patience", "push_cost", "threat_cost", "heard_gain", "candour", "volunteers", *_TRUTH),
    )

    def change(persona: Persona, traits: Traits) -> Traits:
        rng = random.Random(f"everything {persona} {seed}")
        for name in numbers:
            traits = scaled(name, rng.uniform(1 - BY, 1 + BY))(persona, traits)
        return other_weights(seed)(persona, traits)

    return change


def shading(income: float = 0.93, expenses: float = 1.07, assets: float = 0.8) -> Change:
    """Honest personas shade their claims too."""

    def change(_: Persona, traits: Traits) -> Traits:
        bent = dict(zip(_TRUTH, (income, expenses, assets), strict=True))
        return traits.model_copy(update=bent) if traits.honest else traits

    return change


def drawn(seed: int) -> Change:
    """A world for a training negotiation: everything changed, and in one of four some shade their claims."""
    rng = random.Random(f"world {seed}")
    shade = shading(rng.uniform(0.85, 1), rng.uniform(1, 1.15), rng.uniform(0.6, 1)) if rng.random() < 0.25 else None

    def change(persona: Persona, traits: Traits) -> Traits:
        changed = everything(seed)(persona, traits)
        return changed if shade is None else shade(persona, changed)

    return change


_SINGLE = (
    "beta",
    "reciprocity",
    "relief_floor",
    "horizon",
    "ambition",
    "patience",
    "candour",
    "effort",
    "buffer_months",
)

PERTURBATIONS: Mapping[str, Change | None] = {
    "as simulated": None,
    **{f"{name} {sign}30 %": scaled(name, times) for name in _SINGLE for sign, times in (("-", 0.7), ("+", 1.3))},
    "lies -30 %": _one_by_one(_TRUTH, 0.7),
    "lies +30 %": _one_by_one(_TRUTH, 1.3),
    "everybody shades": shading(),
    "other weights, 1st draw": other_weights(1),
    "other weights, 2nd draw": other_weights(2),
    "everything, 1st draw": everything(1),
    "everything, 2nd draw": everything(2),
    "everything, 3rd draw": everything(3),
}
"""By name: how the debtors are changed; None where they are not."""


@contextmanager
def world(change: Change | None) -> Iterator[None]:
    """A block in which the debtors are changed so."""
    with nullcontext() if change is None else other_population(change):
        yield


class RefusesSmallFirstPayments(SimulatedDebtor):
    """Takes no plan whose first payment is under a sixth: a rule that no training negotiation shows."""

    def _takes(self, offer: Terms | None, state: Temper, wish: Terms) -> bool:
        small = offer is not None and offer.immediate_payment_pct < 100 / 6
        return not small and super()._takes(offer, state, wish)
