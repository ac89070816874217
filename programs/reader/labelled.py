"""A labelled message and the reader: the reading that its labels ask for, and what comes of the one that was made."""

from __future__ import annotations

from data.dimensions import DIMENSIONS
from data.messages.book import MessageCase
from data.messages.labels import ClaimKind, SignalKind
from data.messages.message import DebtorMessage
from data.terms import PartialTerms
from metrics.reading.record import ReadRecord
from programs.reader.reader import Item, Reading


def right_reading(message: DebtorMessage) -> Reading:
    """What a reader should answer, by the labels; what an answer has no room for is left out."""
    said = [*message.terms, *message.claims]
    items = [
        Item(kind=kind.value, value=None if value is None else round(value), words=words)
        for kind, value, words in said
        if len(words) <= 60 and (value is None or float(value).is_integer())
    ]
    return Reading(signals=[kind.value for kind in message.signals][:3], intent=message.intent.value, items=items[:6])


def outcome(reading: Reading, case: MessageCase, seed: int = 0) -> ReadRecord:
    """What comes of a reading after every check by code."""
    text = case.message.text
    sound = [item for item in reading.items if item.words in text and item.value is not None]
    terms = {item.kind: item.value for item in sound if item.kind in DIMENSIONS}
    claims = {ClaimKind(item.kind): float(item.value) for item in sound if item.kind in set(ClaimKind)}
    return ReadRecord(
        case=case,
        seed=seed,
        signals=tuple(SignalKind(kind) for kind in reading.signals),
        terms=PartialTerms.model_validate(terms),
        accepts=reading.intent == "accept",
        leaves=reading.intent == "leave",
        claims=claims,
        reading=reading.model_dump(mode="json"),
    )
