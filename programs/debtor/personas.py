"""The six personas of the simulated debtor, read from personas.toml, where each value has its reason."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from data.dimensions import DIMENSIONS, Dimension
from data.domain import DebtCase, Persona
from data.frozen import Frozen

PERSONAS_FILE = Path(__file__).with_name("personas.toml")

Share = Annotated[float, Field(ge=0, le=1)]
Rounds = Annotated[float, Field(ge=0, le=100)]


class Traits(Frozen):
    """One persona's parameters; meaning and unit of each stand at the top of personas.toml."""

    effort: Annotated[float, Field(gt=0, le=1)]
    buffer_months: Annotated[float, Field(ge=0, le=12)]
    buffer_share: Share
    relief_floor: Share
    ambition: Share
    beta: Annotated[float, Field(gt=0, le=10)]
    reciprocity: Share
    horizon: Annotated[int, Field(ge=2, le=100)]
    patience: Rounds
    push_cost: Rounds
    threat_cost: Rounds
    heard_gain: Rounds
    candour: Share
    truth_income: Annotated[float, Field(gt=0, le=2)]
    truth_expenses: Annotated[float, Field(gt=0, le=2)]
    truth_assets: Annotated[float, Field(gt=0, le=2)]
    volunteers: Share
    yields_at: Annotated[int, Field(ge=0, le=20)]
    weights: dict[Dimension, Share]
    manner: Annotated[str, Field(min_length=1)]
    """What a model that plays this debtor is told of it."""

    @model_validator(mode="after")
    def _weighs_every_dimension(self) -> Self:
        if set(self.weights) != set(DIMENSIONS) or abs(sum(self.weights.values()) - 1) > 1e-9:
            raise ValueError("`weights` must name the four dimensions and sum to 1")
        return self

    @property
    def honest(self) -> bool:
        """Whether its claims about its finances are the true figures."""
        return self.truth_income == self.truth_expenses == self.truth_assets == 1


@cache
def all_traits() -> dict[Persona, Traits]:
    """Every persona's parameters.

    Raises:
        ValueError: personas.toml lacks a persona, or a value is out of its range.
    """
    tables = tomllib.loads(PERSONAS_FILE.read_text(encoding="utf-8"))
    return {persona: Traits.model_validate(tables.pop(persona.value)) for persona in Persona}


def persona_of(case: DebtCase) -> Persona:
    """The case's persona; a book without that column gets one drawn from the case id, each as likely as the other."""
    if case.persona is not None:
        return case.persona
    digest = hashlib.sha256(f"persona|{case.case_id}".encode()).digest()
    return list(Persona)[digest[0] * len(Persona) // 256]


@dataclass(frozen=True, eq=False)
class Population:
    """How debtors behave, persona by persona; two of them are never equal, so that it can be a cache's key."""

    traits: Mapping[Persona, Traits]


_POPULATION: ContextVar[Population | None] = ContextVar("maden_population", default=None)


def population() -> Population | None:
    """The changed debtors of the block around, None where they behave as personas.toml says."""
    return _POPULATION.get()


@contextmanager
def other_population(change: Callable[[Persona, Traits], Traits]) -> Iterator[None]:
    """A block in which, in this thread, every persona behaves as `change(persona, traits)` says.

    For asking how much of a result hangs on the parameters of personas.toml.
    """
    changed = Population({persona: change(persona, traits) for persona, traits in all_traits().items()})
    token = _POPULATION.set(changed)
    try:
        yield
    finally:
        _POPULATION.reset(token)


def traits_of(case: DebtCase) -> Traits:
    """How the debtor of `case` behaves."""
    changed = _POPULATION.get()
    return (all_traits() if changed is None else changed.traits)[persona_of(case)]
