"""What the people responsible are shown: everything but what only a debtor's own book of finances holds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from app.plans import Plan
from app.records import MessageRow, NegotiationRow, Sender
from app.store import turns_of, view_of
from data.domain import Debt, Ending, Negotiation, Terms, Turn
from metrics.evaluator import score
from metrics.scorecard import INDICES, METRICS
from programs import words
from programs.maden import Maden
from programs.seat import SeatMemory


class Listed(BaseModel):
    """A negotiation in the list."""

    id: str
    case_id: str
    status: str
    artifact: str
    operator: str | None
    messages: int
    waiting: bool
    """Whether a debtor's message has no answer yet."""
    created: datetime
    updated: datetime


class OperatorMessage(BaseModel):
    """A message with what stands behind it."""

    position: int
    sender: Sender
    text: str
    at: datetime
    move: str | None
    """The binding part in words."""
    thoughts: str | None
    notes: list[str]
    """What guard and judge did."""
    findings: list[dict[str, Any]]
    """What the rules of conduct found."""


class OperatorView(BaseModel):
    """One negotiation, whole."""

    id: str
    case_id: str
    status: str
    operator: str | None
    debt: str
    artifact: str
    program_sha256: str
    lm: str
    profile: str
    timezone: str
    ladder: list[str]
    """The rungs in words, firmest first."""
    pending: Plan | None
    agreed: Plan | None
    messages: list[OperatorMessage]
    csrf: str


class ScoreView(BaseModel):
    """The scorecard so far; a negotiation that goes on is scored as if it ended here without an agreement."""

    finished: bool
    values: dict[str, float]


def listed(row: NegotiationRow, messages: int, waiting: bool) -> Listed:
    """A line of the list."""
    return Listed(
        id=row.id,
        case_id=row.case_id,
        status=row.status,
        artifact=row.artifact,
        operator=row.operator,
        messages=messages,
        waiting=waiting,
        created=row.created,
        updated=row.updated,
    )


def operator_view(row: NegotiationRow, messages: list[MessageRow], csrf: str) -> OperatorView:
    """Everything of one negotiation."""
    debt = view_of(row).debt
    return OperatorView(
        id=row.id,
        case_id=row.case_id,
        status=row.status,
        operator=row.operator,
        debt=f"{debt.product}, {words.money(debt.outstanding, debt.currency)}, {debt.overdue_days} days overdue",
        artifact=row.artifact,
        program_sha256=row.program_sha256,
        lm=row.lm,
        profile=row.profile,
        timezone=row.timezone,
        ladder=[words.package(rung) for rung in SeatMemory.model_validate(row.memory).ladder],
        pending=Plan.model_validate(row.pending) if row.pending else None,
        agreed=Plan.model_validate(row.agreed) if row.agreed else None,
        messages=[_message(one, debt) for one in messages],
        csrf=csrf,
    )


def record_of(program: Maden, case: Any, row: NegotiationRow, messages: list[MessageRow]) -> Negotiation:
    """The negotiation as `metrics` reads it; the finances come from the book and are not stored here."""
    terms: Terms | None = Plan.model_validate(row.agreed).terms if row.agreed else None
    return Negotiation(
        case=case,
        turns=turns_of(messages),
        ending=Ending.AGREEMENT if terms else Ending.ROUND_LIMIT,
        agreed=terms,
        policy=program.settings.policy,
        ladder=SeatMemory.model_validate(row.memory).ladder,
    )


def score_view(record: Negotiation) -> ScoreView:
    """The scorecard of a record."""
    card = score(record)
    names = [one.id for one in (*METRICS, *INDICES)]
    return ScoreView(finished=record.agreed is not None, values={name: float(getattr(card, name)) for name in names})


def _message(row: MessageRow, debt: Debt) -> OperatorMessage:
    turn = Turn.model_validate(row.turn) if row.turn else None
    return OperatorMessage(
        position=row.position,
        sender=Sender(row.sender),
        text=row.text,
        at=row.at,
        move=_move(turn) if turn else None,
        thoughts=turn.thoughts if turn else None,
        notes=list(turn.notes) if turn else [],
        findings=row.findings,
    )


def _move(turn: Turn) -> str:
    named = turn.move.terms.model_dump(exclude_none=True) if turn.move.terms else {}
    figures = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in named.items())
    asked = f"; asks about {turn.inquiry.value}" if turn.inquiry else ""
    return f"{turn.move.kind.value}{': ' if figures else ''}{figures}{asked}"
