"""What the service negotiates with: one program, its model, the rules of conduct, the book of cases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import dspy
from dspy.utils.callback import BaseCallback

from app.conduct.profile import Profile
from data.book import DebtorBook
from programs.maden import Maden
from programs.person import Reader


class Told(BaseCallback):
    """What the model was told in a block: the system part of each prompt and the messages of the user's side.

    Lines of the creditor's own, in this conversation or in a demonstration, are how it is to speak, and no secret.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        """DSPy's callback before a call."""
        for message in inputs.get("messages") or ():
            if message.get("role") != "assistant":
                lines = str(message.get("content", "")).splitlines()
                self.texts.append("\n".join(line for line in lines if not line.startswith("Creditor: ")))


@dataclass(frozen=True)
class House:
    """Everything a negotiation needs besides its own record."""

    program: Maden
    artifact: str
    """The program as it was named."""
    program_sha256: str
    lm: dspy.LM
    reader: Reader
    """Reads what a person writes (`programs.person.model_reader`)."""
    profile: Profile
    book: DebtorBook
    redact: bool = False
    """Whether personal data is kept from the model (`app.redaction`)."""

    @contextmanager
    def playing(self) -> Iterator[Told]:
        """A block in which the program's model answers; conversations stay in no history and no trace of DSPy's."""
        told = Told()
        callbacks = [*dspy.settings.callbacks, told]
        with dspy.context(lm=self.lm, callbacks=callbacks, trace=None, disable_history=True):
            yield told
