"""The reader as a program that can be compiled: it reads a labelled message as the service would, and keeps a record.

`ReaderProgram.reader` is the module that an app calls; everything else here is for whoever measures it.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import dspy
from pydantic import Field

from data.amounts import minor_digits
from data.domain import MoveKind
from data.frozen import Frozen
from data.messages.book import MessageCase
from data.messages.corpus import OUTSTANDING, STANDING
from data.messages.labels import ClaimKind, gravest_first
from data.messages.message import DebtorMessage
from data.terms import PartialTerms
from metrics.reading.record import ReadEnding, ReadRecord
from programs.creditor.fingerprints import program_sha256, program_state
from programs.reader.reader import MessageReader
from programs.reader.understanding import understand
from programs.reader.understood import NotClear
from programs.table import words
from programs.table.failures import InfrastructureFailure, ProgramFault
from programs.table.runner import TableState
from signatures.reading import MOST_SAID, NAMES, NOTHING_ELSE, Category, Reading, Said, SaidKind, Stated

NOTICES, READS = "reader.notice", "reader.read"
"""The predictors, by their paths."""
MOST_SHOWN = 64
"""Demonstrations in one prompt."""
LONGEST_WORDS = 80
"""Characters of the words of one figure that an answer has room for."""
TODAY = date(2026, 1, 7)
"""When the labelled messages were written, as far as dates in them are counted; a Wednesday."""
TABLE = TableState(turns=(), round=1, round_limit=10, own=None, theirs=STANDING)
"""The debtor's side of it: the creditor has made an offer, and nothing else was said."""


class ReaderSettings(Frozen):
    """How a reader reads, beside its prompt."""

    nearest: Annotated[int, Field(ge=0, le=MOST_SHOWN)] = 0
    """Of its demonstrations so many, the nearest, are shown to a message (`MessageReader`); 0, as in older artifacts:
    all of them."""

    def fingerprinted(self) -> dict[str, Any]:
        """What the program's hash covers: a later knob only where it changes something, so that older hashes hold."""
        return {"program": "reader", **self.model_dump(mode="json", exclude_defaults=True)}


class ReaderProgram(dspy.Module):
    """Reads one labelled message and says what comes of it.

    Args:
        settings: saved in the artifact.
    """

    def __init__(self, settings: ReaderSettings | None = None) -> None:
        super().__init__()
        self.settings = settings or ReaderSettings()
        self.reader = MessageReader(self.settings.nearest)

    @property
    def sha256(self) -> str:
        """Hash of the settings and of every prompt and demo: equal means the same program; the model is no part of it.

        Raises:
            UserError: a predictor carries a model of its own.
        """
        return program_sha256(self.settings, program_state(self))  # type: ignore[arg-type]

    def with_settings(self, settings: ReaderSettings) -> ReaderProgram:
        """The same prompt and demonstrations under other settings."""
        made = ReaderProgram(settings)
        made.load_state(program_state(self))
        return made

    def forward(self, case: MessageCase, seed: int = 0) -> dspy.Prediction:
        """Read one message.

        Returns:
            `Prediction(negotiation=ReadRecord)`, under the name that a player looks for. A failure of model or provider
            is an ending in the record, not an exception.
        """
        try:
            reading = self.reader(**inputs_of(case)).reading
        except InfrastructureFailure as failure:
            record = ReadRecord(case=case, seed=seed, ending=ReadEnding.INFRASTRUCTURE, failure=str(failure))
        except ProgramFault as fault:
            record = ReadRecord(case=case, seed=seed, ending=ReadEnding.PROGRAM_FAULT, failure=str(fault))
        else:
            record = outcome(reading, case, seed)
        return dspy.Prediction(negotiation=record)


def inputs_of(case: MessageCase) -> dict[str, str]:
    """What the reader is given of a message; never its labels."""
    return {
        "standing_offer": words.package(STANDING),
        "message": case.message.text,
        "currency": case.message.currency,
    }


def right_answers(message: DebtorMessage) -> dict[str, dict[str, Any]]:
    """What each predictor should answer, by the labels; what an answer has no room for is left out."""
    signals = gravest_first(message.signals)
    category = Category(NAMES[signals[0]] if signals else NOTHING_ELSE)
    said = [
        Said(words=stated, kind=SaidKind(kind.value), value=None if value is None else round(value))
        for kind, value, stated in (*message.terms, *message.claims)
        if len(stated) <= LONGEST_WORDS and (value is None or float(value).is_integer())
    ]
    stated = Stated(intent=message.intent, said=said[:MOST_SAID])
    return {NOTICES: {"category": category}, READS: {"stated": stated}}


def outcome(reading: Reading | None, case: MessageCase, seed: int = 0) -> ReadRecord:
    """What comes of a reading after every check by code: signals, a move that can be confirmed, or a question.

    With no reading, what comes of the words alone, which give no signals here.
    """
    message = case.message
    known = {
        "case": case,
        "seed": seed,
        "signals": tuple(dict.fromkeys(reading.signals)) if reading else (),
        "reading": reading.model_dump(mode="json") if reading else {},
    }
    try:
        found = understand(message.text, reading, TABLE, message.currency, _minor(message.currency), TODAY)
    except NotClear as question:
        return ReadRecord(**known, asks_back=str(question))
    told = (
        found.disclosed.model_dump(include={kind.value for kind in ClaimKind}, exclude_none=True)
        if found.disclosed
        else {}
    )
    return ReadRecord(
        **known,
        terms=found.move.terms or PartialTerms(),
        accepts=found.move.kind is MoveKind.ACCEPT,
        leaves=found.leaves,
        claims={ClaimKind(name): amount / 10 ** minor_digits(message.currency) for name, amount in told.items()},
    )


def _minor(currency: str) -> int:
    """What is owed, in minor units."""
    return OUTSTANDING * 10 ** minor_digits(currency)
