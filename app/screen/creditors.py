"""A creditor's words as the service would let them leave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.conduct.outgoing import checked
from app.conduct.profile import Profile
from metrics.talk.conduct import Breach, conduct_breaches


@dataclass(frozen=True)
class ScreenedWords:
    """What the rules of conduct make of words."""

    text: str
    breaches: tuple[Breach, ...]
    leaves: str
    """What remains to be said, without notices; empty where nothing leaves."""

    @property
    def worst(self) -> str:
        """`hard`, `soft` or `ok`."""
        grades = {one.severity for one in self.breaches}
        return "hard" if "hard" in grades else "soft" if grades else "ok"

    def row(self) -> dict[str, Any]:
        """As a line of output."""
        breaches = [{"rule": one.rule, "severity": one.severity, "words": one.excerpt} for one in self.breaches]
        return {"text": self.text, "breaches": breaches, "worst": self.worst, "leaves": self.leaves}


def screen_words(text: str, profile: Profile) -> ScreenedWords:
    """What of a creditor's words leaves, and which rules they break."""
    return ScreenedWords(text, tuple(conduct_breaches(text)), checked(text, profile, first=False).said)
