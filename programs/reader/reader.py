"""The program that reads a debtor's message: one typed call for each part, so that long messages are read whole."""

from __future__ import annotations

import dspy

from programs.models.calls import call
from programs.reader.message_parts import message_parts
from signatures.reading import Intent, Reading, ReadMessage

CALLER = "debtor"
"""The role whose account reading is booked to."""
_FIRMEST = (Intent.OFFER, Intent.LEAVE, Intent.REJECT, Intent.ACCEPT, Intent.TALK)
"""Of several parts' intents the first of these is the message's: an acceptance holds only if nothing limits it."""


class MessageReader(dspy.Module):
    """Reads one message; DSPy's optimisers compile it."""

    def __init__(self) -> None:
        super().__init__()
        self.predict = dspy.Predict(ReadMessage)

    def forward(self, standing_offer: str, message: str, currency: str) -> dspy.Prediction:
        """A `Prediction` with `reading` (signatures.reading.Reading) of the whole message.

        Args:
            standing_offer: the creditor's offer in words (`programs.table.words.package`), or "none yet".
            message: the debtor's words as they were typed.
            currency: ISO code of the debt.

        Raises:
            ProgramFault, InfrastructureFailure: see `programs.models.calls.call`.
        """
        readings: list[Reading] = []
        for part in message_parts(message):
            answer = call(self.predict, CALLER, 0, 0.0, standing_offer=standing_offer, message=part, currency=currency)
            readings.append(answer.reading)
        return dspy.Prediction(reading=joined(readings))


def joined(readings: list[Reading]) -> Reading:
    """The readings of a message's parts as one."""
    if len(readings) == 1:
        return readings[0]
    intents = {one.intent for one in readings}
    return Reading.model_construct(
        signals=list(dict.fromkeys(signal for one in readings for signal in one.signals)),
        intent=next(intent for intent in _FIRMEST if intent in intents),
        said=[said for one in readings for said in one.said],
    )
