"""The record of one message that was read: what came of it after every check by code."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from data.frozen import Frozen
from data.messages.book import MessageCase
from data.messages.labels import ClaimKind, SignalKind
from data.terms import PartialTerms


class ReadEnding(StrEnum):
    """How a reading ended; the last two are called as a negotiation's, and mean the same."""

    READ = "read"
    PROGRAM_FAULT = "program_fault"
    INFRASTRUCTURE = "infrastructure"


class ReadRecord(Frozen):
    """One message, and what finally happens to it."""

    schema_version: Literal[1] = 1
    case: MessageCase
    seed: int = 0
    ending: ReadEnding = ReadEnding.READ
    failure: str | None = None
    signals: tuple[SignalKind, ...] = ()
    """Found by the reader alone: code and classifier would hide what it misses."""
    terms: PartialTerms = PartialTerms()
    """Those that stand, sums and dates made into them."""
    accepts: bool = False
    """The standing offer is taken."""
    leaves: bool = False
    claims: dict[ClaimKind, float] = Field(default_factory=dict)
    """Those that stand, in major units a month."""
    asks_back: str | None = None
    """The sentence with which the person is asked what is meant."""
    reading: dict[str, Any] = Field(default_factory=dict)
    """The model's answer before the checks."""
