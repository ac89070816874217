"""The reader as a program that can be compiled: it reads a labelled message as the service would, and keeps a record.

`ReaderProgram.reader` is the module that an app calls; everything else here is for whoever measures it.
"""

from __future__ import annotations

from typing import Annotated, Any

import dspy
from pydantic import Field

from data.frozen import Frozen
from data.messages.book import MessageCase
from data.messages.corpus import OUTSTANDING, STANDING
from metrics.reading.record import ReadEnding, ReadRecord
from programs.creditor.fingerprints import program_sha256, program_state
from programs.reader.labelled import outcome
from programs.reader.reader import MessageReader
from programs.table import words
from programs.table.failures import InfrastructureFailure, ProgramFault


class ReaderSettings(Frozen):
    """How a reader reads, beside its prompt."""

    temperature: Annotated[float, Field(ge=0, le=2)] | None = 0.0
    """Of its calls; None leaves it to the model."""

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
        "message": words.heard(case.message.text),
        "currency": case.message.currency,
    }
