"""Feedback on a reading in words: what was missed or made up, and which of the person's words said it.

A prompt optimiser shows it to a model that writes instructions. The messages are written for this project and nobody's,
so they may be quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from textwrap import shorten

from data.messages.labels import SignalKind
from data.messages.message import DebtorMessage
from metrics.reading.record import ReadEnding, ReadRecord
from metrics.reading.scoring import Mistakes, ReadingCard, mistakes

QUOTED = 160
"""Characters of a message that are quoted at most."""


def told_of_reading(
    record: ReadRecord, card: ReadingCard, names: Mapping[SignalKind, str], *, signals: bool, terms: bool
) -> str:
    """One paragraph: the score, each mistake by its cost, and what would have been right.

    Args:
        record: the reading.
        card: its score.
        names: what the model calls each signal.
        signals: whether the paragraph is about what was noticed.
        terms: whether it is about what was read as offered, accepted or claimed.
    """
    parts = [f"Score {card.objective:.2f}.", f'The message: "{_quoted(record.case.message.text)}".']
    if record.ending is ReadEnding.PROGRAM_FAULT:
        parts.append("The answer could not be used: fill in every field, and nothing beside the fields.")
        return " ".join(parts)
    found = mistakes(record)
    told = [*(_of_signals(found, names) if signals else ()), *(_of_terms(found, record.case.message) if terms else ())]
    return " ".join(parts + (told or ["The reading was right."]))


def _of_signals(found: Mistakes, names: Mapping[SignalKind, str]) -> Iterator[str]:
    if found.missed:
        yield f"It gives notice of {_kinds(found.missed, names)}, which was missed; that costs most."
    if found.silenced:
        taken = _kinds(found.silenced, names)
        yield f"It was taken for {taken}, which it is not: the words are harmless or speak of others."
    if found.missed_notes:
        yield f"It gives notice of {_kinds(found.missed_notes, names)}, which was missed."
    if found.false_notes:
        yield f"It does not give notice of {_kinds(found.false_notes, names)}."


def _of_terms(found: Mistakes, message: DebtorMessage) -> Iterator[str]:
    if found.invented:
        yield f"Made up: {_list(found.invented)}; {_offers(message)}"
    if found.lost:
        yield f"Not read: {_list(found.lost)}; {_offers(message)}"
    if found.false_claims:
        yield f"Not stated by the person as totals of now: {_list(found.false_claims)}."
    if found.asked:
        yield f"The person was asked back, though the words are plain: {_offers(message)}"


def _offers(message: DebtorMessage) -> str:
    if not message.terms:
        return f"the person offers no terms, the intent is {message.intent.value}."
    said = (
        f'{kind.value}{"" if value is None else f" {value:g}"} by the words "{words}"'
        for kind, value, words in message.terms
    )
    return f"the person offers {'; '.join(said)}."


def _kinds(kinds: Iterable[SignalKind], names: Mapping[SignalKind, str]) -> str:
    return " and ".join(names[kind] for kind in kinds)


def _list(names: Iterable[str]) -> str:
    return ", ".join(name.replace("_", " ") for name in names)


def _quoted(text: str) -> str:
    return shorten(text, QUOTED, placeholder=" ...")
