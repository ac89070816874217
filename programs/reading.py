"""The reader as a program that can be compiled: it reads a labelled message as the service would, and keeps a record.

`ReaderProgram.reader` is the module that an app calls; everything else here is for whoever measures it.
"""

from __future__ import annotations

from typing import Any

import dspy

from data.dimensions import DIMENSIONS
from data.frozen import Frozen
from data.messages.book import MessageCase
from data.messages.corpus import STANDING
from data.messages.labels import ClaimKind, Intent
from data.messages.message import DebtorMessage
from data.terms import PartialTerms
from metrics.reading.record import ReadEnding, ReadRecord
from programs.creditor.fingerprints import program_sha256, program_state
from programs.reader.reader import MessageReader
from programs.table import words
from programs.table.failures import InfrastructureFailure, ProgramFault
from signatures.reading import MOST_SAID, Reading, Said, SaidKind

LONGEST_WORDS = 80
"""Characters of the words of one figure that an answer has room for."""
MOST_SIGNALS = 4


class ReaderSettings(Frozen):
    """How a reader reads, beside its prompt: nothing so far."""

    def fingerprinted(self) -> dict[str, Any]:
        """What the program's hash covers."""
        return {"program": "reader", **self.model_dump(mode="json")}


class ReaderProgram(dspy.Module):
    """Reads one labelled message and says what comes of it.

    Args:
        settings: saved in the artifact.
    """

    def __init__(self, settings: ReaderSettings | None = None) -> None:
        super().__init__()
        self.settings = settings or ReaderSettings()
        self.reader = MessageReader()

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


def right_reading(message: DebtorMessage) -> Reading:
    """What a reader should answer, by the labels; what an answer has no room for is left out."""
    said = [
        Said(words=stated, kind=SaidKind(kind.value), value=None if value is None else round(value))
        for kind, value, stated in (*message.terms, *message.claims)
        if len(stated) <= LONGEST_WORDS and (value is None or float(value).is_integer())
    ]
    return Reading(signals=list(message.signals)[:MOST_SIGNALS], intent=message.intent, said=said[:MOST_SAID])


def outcome(reading: Reading, case: MessageCase, seed: int = 0) -> ReadRecord:
    """What comes of a reading after every check by code."""
    text = case.message.text
    sound = [said for said in reading.said if said.words in text and said.value is not None]
    return ReadRecord(
        case=case,
        seed=seed,
        signals=tuple(dict.fromkeys(reading.signals)),
        terms=PartialTerms.model_validate({s.kind.value: s.value for s in sound if s.kind.value in DIMENSIONS}),
        accepts=reading.intent is Intent.ACCEPT,
        leaves=reading.intent is Intent.LEAVE,
        claims={ClaimKind(s.kind.value): float(s.value or 0) for s in sound if s.kind.value in set(ClaimKind)},
        reading=reading.model_dump(mode="json"),
    )
