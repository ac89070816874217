"""What the service negotiates with: one program, its model, the rules of conduct, the book of cases."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

import dspy

from app.conduct.profile import Profile
from data.book import DebtorBook
from programs.maden import Maden
from programs.person import Reader


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

    def playing(self) -> AbstractContextManager[object]:
        """A block in which the program's model answers."""
        return dspy.context(lm=self.lm)
