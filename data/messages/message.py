"""A labelled message; what a label says must stand in the words."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from data.frozen import Frozen
from data.messages.labels import BreachKind, ClaimKind, Intent, Severity, SignalKind, TermKind

Language = Literal["en", "es", "zh"]
"""Of the conversation; somebody may write another one all the same."""
SPLITS = ("train", "val", "heldout", "fresh")
"""`fresh` holds debtors' messages alone, written to be measured on at the end, and read by nobody here."""
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=60)]


class StatedTerm(NamedTuple):
    """A figure of an offer and the words of the message that state it; a date has no value."""

    kind: TermKind
    value: float | None
    words: str


class StatedClaim(NamedTuple):
    """A figure about the household and the words that state it."""

    kind: ClaimKind
    value: float
    words: str


class DebtorMessage(Frozen):
    """What a debtor wrote, and what it means.

    The creditor's offer that it answers, where it answers one, is `data.messages.STANDING`.
    """

    text: Annotated[str, Field(min_length=1, max_length=4000)]
    language: Language
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    signals: tuple[SignalKind, ...] = ()
    intent: Intent
    terms: tuple[StatedTerm, ...] = ()
    claims: tuple[StatedClaim, ...] = ()
    situation: Slug
    """What it is about; messages of one situation stand in one split."""
    author: Slug
    """Whose batch it comes from; an author's messages stand in one split."""

    @model_validator(mode="after")
    def _words_stand_in_the_text(self) -> Self:
        for kind, _, words in (*self.terms, *self.claims):
            if not words or words not in self.text:
                raise ValueError(f"the words {words!r} of {kind.value} do not stand in the text")
        for kind, value, words in self.terms:
            if value is None and kind is not TermKind.FIRST_DATE:
                raise ValueError(f"{kind.value} ({words!r}) has no value; only a first_date may lack one")
        return self


class CreditorSentence(Frozen):
    """What a creditor said, and what is improper about it."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]
    language: Language
    breaches: tuple[BreachKind, ...] = ()
    severity: Severity
    situation: Slug
    author: Slug

    @model_validator(mode="after")
    def _a_breach_has_a_severity(self) -> Self:
        if bool(self.breaches) != (self.severity is not Severity.OK):
            raise ValueError("name the breaches of a hard or soft sentence, and none of one that is ok")
        return self
