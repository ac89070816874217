"""The program that reads a debtor's message: two typed calls for each part, so that long messages are read whole.

What a message gives notice of and what it offers are two questions. Asked both at once, the embedded model answered
neither; asked one thing at a time, with one name to choose, it is right more often than not without any example.
"""

from __future__ import annotations

import dspy

from data.messages.labels import gravest_first
from programs.models.calls import call
from programs.reader.message_parts import message_parts
from programs.reader.nearest import NearestPredict
from signatures.reading import KIND_OF, Intent, NoticeSignal, Reading, ReadMessage

CALLER = "debtor"
"""The role whose account reading is booked to."""
UNCOMPILED_WEIGHT = 0.5
"""Of what a reader notices of which nobody knows how well it reads: it says so 1.6 times as often where it is true."""
_FIRMEST = (Intent.OFFER, Intent.LEAVE, Intent.REJECT, Intent.ACCEPT, Intent.TALK)
"""Of several parts' intents the first of these is the message's: an acceptance holds only if nothing limits it."""


class MessageReader(dspy.Module):
    """Reads one message; DSPy's optimisers compile it.

    Args:
        nearest: of many demonstrations so many, the nearest, are shown where signals are noticed, and half as many of
            the longer ones where figures are read; 0: all to every message.
    """

    def __init__(self, nearest: int = 0) -> None:
        super().__init__()
        self.weight = UNCOMPILED_WEIGHT
        self.notice = NearestPredict(NoticeSignal, "message", nearest)
        self.read = NearestPredict(ReadMessage, "message", -(-nearest // 2))

    def forward(self, standing_offer: str, message: str, currency: str) -> dspy.Prediction:
        """A `Prediction` with `reading` (signatures.reading.Reading) of the whole message.

        Args:
            standing_offer: the creditor's offer in words (`programs.table.words.package`), or "none yet".
            message: the debtor's words as they were typed.
            currency: ISO code of the debt.

        Raises:
            ProgramFault, InfrastructureFailure: see `programs.models.calls.call`.
        """
        parts = message_parts(message)
        noticed = [call(self.notice, CALLER, 0, 0.0, message=part).category.value for part in parts]
        about = {"standing_offer": standing_offer, "currency": currency}
        stated = [call(self.read, CALLER, 0, 0.0, message=part, **about).stated for part in parts]
        intents = {one.intent for one in stated}
        reading = Reading(
            signals=list(gravest_first({KIND_OF[name] for name in noticed if name in KIND_OF})),
            intent=next(intent for intent in _FIRMEST if intent in intents),
            said=[],
        )
        return dspy.Prediction(
            reading=reading.model_copy(update={"said": [said for one in stated for said in one.said]})
        )
