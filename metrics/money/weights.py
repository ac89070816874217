"""The weights of the indices and the objective, read from weights.toml and checked."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import Field, ValidationError, model_validator

from data.frozen import Frozen
from plumbing.errors import UserError

WEIGHTS_FILE = Path(__file__).with_name("weights.toml")

Weight = Annotated[float, Field(ge=0)]
Group = TypeVar("Group", bound=Frozen)


class ObjectiveWeights(Frozen):
    """objective = CCI · weight + CONV · weight."""

    CCI: Weight
    CONV: Weight

    @model_validator(mode="after")
    def _complete(self) -> Self:
        return _sums_to_one(self, self.CCI + self.CONV)


class CriWeights(Frozen):
    """The creditor's recovery index: plan kept, share recovered, speed."""

    SR: Weight
    RR: Weight
    E: Weight

    @model_validator(mode="after")
    def _complete(self) -> Self:
        return _sums_to_one(self, self.SR + self.RR + self.E)


class DhiWeights(Frozen):
    """The debtor's health index: the worth of a day in each tier, and the penalty for an unsteady path."""

    L1: Annotated[float, Field(ge=0, le=1)]
    L2: Annotated[float, Field(ge=0, le=1)]
    L3: Annotated[float, Field(ge=0, le=1)]
    L4: Annotated[float, Field(ge=0, le=1)]
    L5: Annotated[float, Field(ge=0, le=1)]
    ATV: Weight
    ATV_cap: Weight

    @property
    def tiers(self) -> tuple[float, ...]:
        """The worth of tiers 1..5."""
        return self.L1, self.L2, self.L3, self.L4, self.L5

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if list(self.tiers) != sorted(self.tiers):
            raise ValueError("L1 to L5 must not fall: a better tier cannot be worth less")
        return self


class Weights(Frozen):
    """All weights; `load_weights()` reads the shipped ones."""

    objective: ObjectiveWeights
    cri: CriWeights
    dhi: DhiWeights

    @property
    def fingerprint(self) -> str:
        """Eight hex digits that differ whenever a weight differs; part of the metric's version."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:8]


def load_weights(path: Path | str = WEIGHTS_FILE) -> Weights:
    """Read and check a weights file.

    Raises:
        UserError: unreadable, not TOML, an unknown or missing name, a negative weight, or a table that does not
            sum to 1; all faults at once.
    """
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"cannot read the weights file {path}: {error.strerror}; give a readable TOML file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not a TOML file: {error}; see {WEIGHTS_FILE.name} for the form") from error
    try:
        return Weights.model_validate(table)
    except ValidationError as error:
        faults = "; ".join(_sentence(fault["loc"], fault["type"], fault["msg"]) for fault in error.errors())
        raise UserError(f"{path}: {faults}") from error


@cache
def default_weights() -> Weights:
    """The shipped weights."""
    return load_weights()


def _sentence(place: tuple[int | str, ...], kind: str, message: str) -> str:
    name = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        return f"{name} is not a known weight; remove it"
    if kind == "missing":
        return f"{name} is missing; add it"
    return f"{name}: {message.removeprefix('Value error, ')}"


def _sums_to_one(group: Group, total: float) -> Group:
    if abs(total - 1) > 1e-9:
        raise ValueError(f"the weights sum to {total:g}; they must sum to 1")
    return group
