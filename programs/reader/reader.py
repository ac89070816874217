"""The reader of messages."""

from __future__ import annotations

from typing import Literal

import dspy
from pydantic import Field

from data.messages.labels import ClaimKind, Intent, SignalKind, TermKind
from programs.models.calls import call
from signatures.answer import Answer


class Item(Answer):
    """One figure with the words that state it."""

    kind: Literal[tuple(kind.value for kind in (*TermKind, *ClaimKind))]  # type: ignore[valid-type]
    value: int | None = None
    words: str = Field(max_length=60)


class Reading(Answer):
    """What the message says."""

    signals: list[Literal[tuple(kind.value for kind in SignalKind)]] = Field(default=[], max_length=3)  # type: ignore[valid-type]
    intent: Literal[tuple(kind.value for kind in Intent)]  # type: ignore[valid-type]
    items: list[Item] = Field(default=[], max_length=6)


class ReadMessage(dspy.Signature):
    """Read a debtor's message and say what it is about."""

    standing_offer: str = dspy.InputField()
    currency: str = dspy.InputField()
    message: str = dspy.InputField()
    reading: Reading = dspy.OutputField()


class MessageReader(dspy.Module):
    """Reads one message."""

    def __init__(self) -> None:
        super().__init__()
        self.predict = dspy.Predict(ReadMessage)

    def forward(self, standing_offer: str, message: str, currency: str) -> dspy.Prediction:
        """Read it."""
        found = call(
            self.predict, "debtor", 0, 0.0, standing_offer=standing_offer, message=message, currency=currency
        )
        return dspy.Prediction(reading=found.reading)
