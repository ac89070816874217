"""What comes of a message on the debt of these tests: 6,000 owed, nothing off, 20 % in 7 days, 12 instalments."""

from __future__ import annotations

from datetime import date

from data.amounts import minor_digits
from data.domain import CreditorPolicy, Move, Speaker, Turn
from data.messages.corpus import STANDING
from data.terms import PartialTerms
from programs.reader.understanding import understand
from programs.reader.understood import NotClear, Understood
from programs.table.runner import view
from signatures.reading import Reading

TODAY = date(2026, 11, 26)
"""A Thursday."""
TABLE = view(
    (Turn(speaker=Speaker.CREDITOR, move=Move.ask(PartialTerms.of(STANDING)), dialogue=""),),
    Speaker.DEBTOR,
    CreditorPolicy(),
)


def meant(text: str, reading: Reading | None = None, currency: str = "USD") -> Understood:
    return understand(text, reading, TABLE, currency, 6000 * 10 ** minor_digits(currency), TODAY)


def terms(text: str, reading: Reading | None = None, currency: str = "USD") -> dict[str, float] | str:
    """The terms that stand, or the question."""
    try:
        move = meant(text, reading, currency).move
    except NotClear as question:
        return str(question)
    return move.terms.named if move.terms else {}


def reading(intent: str, *said: tuple[str, str, int | None]) -> Reading:
    figures = [{"words": words, "kind": kind, "value": value} for words, kind, value in said]
    return Reading.model_validate({"intent": intent, "said": figures}, strict=False)
