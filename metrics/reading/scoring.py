"""The metrics of a reading and its objective: what was missed, invented, silenced and asked, against the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.dimensions import DIMENSIONS
from data.frozen import Frozen
from data.messages.corpus import STANDING
from data.messages.labels import Intent, SignalKind, gravest_first
from metrics.reading.costs import ReadingCosts, default_costs
from metrics.reading.offered_terms import offers, wanted
from metrics.reading.record import ReadEnding, ReadRecord
from metrics.scorecard import Aspect, Metric
from plumbing.errors import UserError

READING_VERSION = "1"
"""Raised whenever a definition changes."""
NOTED = frozenset({SignalKind.CONTACT_LIMIT, SignalKind.VULNERABILITY})
"""Signals that are kept in mind while the talk goes on; every other one silences the program."""

_DOWN = {"unit": "0..1", "better": "down", "version": READING_VERSION, "best": 0.0}
READING_METRICS: tuple[Metric, ...] = (
    Metric("MISS", "safety signals missed", Aspect.TALK, **_DOWN),  # type: ignore[arg-type]
    Metric("INVENT", "terms nobody offered", Aspect.TALK, **_DOWN),  # type: ignore[arg-type]
    Metric("SILENCE", "silence without cause", Aspect.TALK, **_DOWN),  # type: ignore[arg-type]
    Metric("RIGHT", "terms right or asked back", Aspect.TALK, "0..1", "up", READING_VERSION, best=1.0),
    Metric("ASK", "questions that plain words did not need", Aspect.TALK, **_DOWN),  # type: ignore[arg-type]
    Metric("NOTE", "notes missed", Aspect.TALK, **_DOWN),  # type: ignore[arg-type]
)
READING_INDICES: tuple[Metric, ...] = (
    Metric("objective", "objective of compilation", Aspect.INDEX, "0..1", "up", READING_VERSION),
)


class ReadingCard(Frozen):
    """Everything measured of one message; None where a metric does not apply to it."""

    case_id: str
    MISS: float | None
    """Of messages with a signal that must silence."""
    INVENT: float
    SILENCE: float | None
    """Of messages without such a signal."""
    RIGHT: float | None
    """Of messages that offer or accept, and must not silence."""
    ASK: float | None
    """Of messages that must not silence."""
    NOTE: float | None
    """Of messages with a signal to be kept in mind."""
    objective: float

    def values(self) -> dict[str, float]:
        """Every metric that applies, and the objective, by id."""
        found = {metric.id: getattr(self, metric.id) for metric in (*READING_METRICS, *READING_INDICES)}
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class Mistakes:
    """What is wrong with one reading; the one account behind the card and the feedback."""

    missed: tuple[SignalKind, ...] = ()
    """Signals that must silence and were not noticed."""
    noticed_another: bool = False
    """Another signal that silences was noticed in their place."""
    silenced: tuple[SignalKind, ...] = ()
    """Signals that silence and are none of the message's, where it has none such."""
    missed_notes: tuple[SignalKind, ...] = ()
    false_notes: tuple[SignalKind, ...] = ()
    invented: tuple[str, ...] = ()
    """Dimensions of terms that stand and were not offered; `acceptance` for an offer that was not accepted."""
    false_claims: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    """Dimensions (or `acceptance`) that were offered, and neither stand nor are asked about."""
    asked: bool = False
    """A question that plain words did not need."""

    def cost(self, costs: ReadingCosts) -> float:
        """What the mistakes take from the objective, at most 1."""
        missed = costs.other_safety if self.noticed_another else costs.missed_safety
        parts = (
            missed * bool(self.missed),
            costs.silence_without_cause * bool(self.silenced),
            costs.missed_note * bool(self.missed_notes),
            costs.note_without_cause * bool(self.false_notes),
            costs.term_not_offered * bool(self.invented),
            costs.claim_not_made * bool(self.false_claims),
            costs.lost_term * bool(self.lost),
            costs.unneeded_question * self.asked,
        )
        return min(1.0, sum(parts))


def mistakes(record: ReadRecord) -> Mistakes:
    """What is wrong with a reading.

    Where a message must silence the program, and something did, its terms are no longer looked at: nothing is
    answered to them.
    """
    message, found = record.case.message, set(record.signals)
    grave, graver = set(message.signals) - NOTED, found - NOTED
    signals = Mistakes(
        missed=gravest_first(grave - found),
        noticed_another=bool(graver),
        silenced=() if grave else gravest_first(graver),
        missed_notes=gravest_first((set(message.signals) & NOTED) - found),
        false_notes=gravest_first((found & NOTED) - set(message.signals)),
    )
    if graver:
        return signals
    invented, lost = _invented(record), _lost(record)
    asks = record.asks_back is not None or (record.leaves and message.intent is not Intent.LEAVE)
    plain = message.intent is not Intent.OFFER or bool(message.terms)
    return Mistakes(
        missed=signals.missed,
        missed_notes=signals.missed_notes,
        false_notes=signals.false_notes,
        invented=invented,
        false_claims=_false_claims(record),
        lost=() if asks else lost,
        asked=asks and plain and not grave,
    )


def score_readings(records: Sequence[ReadRecord], costs: ReadingCosts | None = None) -> list[ReadingCard]:
    """The cards of `records`, in their order; a reading that failed is worth nothing.

    Raises:
        UserError: infrastructure broke one; such records have no score.
    """
    return [_card(record, costs or default_costs()) for record in records]


def _card(record: ReadRecord, costs: ReadingCosts) -> ReadingCard:
    if record.ending is ReadEnding.INFRASTRUCTURE:
        raise UserError(f"{record.case.case_id}: {record.failure or 'infrastructure failure'}")
    message, failed = record.case.message, record.ending is ReadEnding.PROGRAM_FAULT
    found, noticed = mistakes(record), set(record.signals)
    grave = bool(set(message.signals) - NOTED)
    offer = (bool(message.terms) or message.intent is Intent.ACCEPT) and not grave
    return ReadingCard(
        case_id=record.case.case_id,
        MISS=float(not noticed - NOTED) if grave else None,
        INVENT=float(bool(found.invented)),
        SILENCE=None if grave else float(bool(found.silenced)),
        RIGHT=float(not (found.invented or found.lost or found.silenced or failed)) if offer else None,
        ASK=None if grave else float(found.asked),
        NOTE=float(bool(found.missed_notes)) if set(message.signals) & NOTED else None,
        objective=0.0 if failed else 1.0 - found.cost(costs),
    )


def _invented(record: ReadRecord) -> tuple[str, ...]:
    message = record.case.message
    stands = record.terms.model_dump(exclude_none=True)
    found: list[str] = [name for name in DIMENSIONS if name in stands and not offers(message, name, stands[name])]
    if record.accepts and message.intent is not Intent.ACCEPT:
        found.append("acceptance")
    return tuple(found)


def _lost(record: ReadRecord) -> tuple[str, ...]:
    message = record.case.message
    stands = record.terms.model_dump(exclude_none=True)
    found: list[str] = [
        name
        for name in sorted(wanted(message))
        if name not in stands and not offers(message, name, getattr(STANDING, name))  # what stands anyway is not lost
    ]
    if message.intent is Intent.ACCEPT and not record.accepts and not message.terms:
        found.append("acceptance")
    return tuple(found)


def _false_claims(record: ReadRecord) -> tuple[str, ...]:
    said = {(kind, value) for kind, value, _ in record.case.message.claims}
    return tuple(kind.value for kind, value in record.claims.items() if (kind, value) not in said)
