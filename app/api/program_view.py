"""Which program negotiates, and where it comes from: what an artifact's file tells of itself, for operators."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from app.conversation.house import House
from app.database.tables import NegotiationRow
from metrics.scorecard import INDICES
from programs.artifacts.document import Artifact
from wording import say_many

OBJECTIVE = INDICES[-1]


class Estimate(BaseModel):
    """The objective on the validation debtors, with its 95 % interval where there is one."""

    program: str
    """uncompiled or compiled."""
    mean: float
    low: float | None
    high: float | None
    debtors: int


class Origin(BaseModel):
    """An artifact's provenance; None where its file does not say."""

    reference: str
    """name@version."""
    content_sha256: str
    created: str
    parent: str | None
    notes: str
    optimizer: str | None
    seed: int | None
    lm: str | None
    """The model it was compiled with."""
    book: str | None
    book_sha256: str | None
    train_debtors: int | None
    val_debtors: int | None
    revision: str | None
    """Of the code that compiled it."""
    objective: list[Estimate]


class ProgramView(BaseModel):
    """The program of a negotiation."""

    name: str
    """As it was named when the negotiation began."""
    sha256: str
    lm: str
    origin: Origin | None
    """None for an uncompiled variant, and for a program that this service does not run any more."""
    now: str | None
    """The program that answers now, where it is another one than at the beginning."""


def program_view(row: NegotiationRow, house: House) -> ProgramView:
    """The program that the negotiation began with, as far as this service knows it."""
    same = row.program_sha256 == house.program_sha256
    artifact: Artifact | None = getattr(house.program, "artifact", None) if same else None
    return ProgramView(
        name=row.artifact,
        sha256=row.program_sha256,
        lm=row.lm,
        origin=_origin(artifact) if artifact else None,
        now=None if same else f"{house.artifact} ({house.program_sha256[:12]})",
    )


def _origin(artifact: Artifact) -> Origin:
    told = artifact.provenance
    debtors = _in(told, "book", "debtors")
    return Origin(
        reference=artifact.reference,
        content_sha256=artifact.content_sha256,
        created=artifact.created,
        parent=artifact.parent,
        notes=artifact.notes,
        optimizer=_in(told, "optimizer", "name"),
        seed=_in(told, "seed"),
        lm=_in(told, "lm", "model"),
        book=f"{_in(told, 'book', 'source')}, {say_many('{n} debtor', '{n} debtors', debtors)}" if debtors else None,
        book_sha256=_in(told, "book", "sha256"),
        train_debtors=_number(told, "train"),
        val_debtors=_number(told, "val"),
        revision=_in(told, "code", "revision"),
        objective=_estimates(artifact),
    )


def _estimates(artifact: Artifact) -> list[Estimate]:
    return [
        Estimate(program=stage, mean=found.mean, low=found.low, high=found.high, debtors=found.n)
        for stage in ("uncompiled", "compiled")
        if stage in artifact.scores and (found := artifact.scores[stage].estimates.get(OBJECTIVE.id))
    ]


def _number(told: dict[str, Any], split: str) -> int | None:
    ids = _in(told, "split", split, "ids")
    return len(ids) if ids is not None else None


def _in(told: Any, *path: str) -> Any:
    """What stands there; None where a file does not say."""
    for key in path:
        told = told.get(key) if isinstance(told, dict) else None
    return told
