"""Trained opinions on a whole message: does it take the creditor's offer, does it make an offer of its own?

People say yes in more ways than a list of words holds ("yep", "where do I sign", a page about a savings book), and name
sums that no list of numbers holds ("a pony a week"); the same words say no, or speak of something else. What is likely
is asked about, and an acceptance is confirmed in any case.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data.messages.labels import Intent
from screening.classifying.classifier import kept_classifier

EITHER_END = 300
"""Characters that are looked at, of a long message from its beginning and from its end: there people say yes."""


@dataclass(frozen=True)
class MessageOpinion:
    """What a classifier of one label makes of a message."""

    label: str
    intent: Intent
    """Of the messages that it is to find."""
    possible: float
    """From which likelihood a message is asked about."""
    sure: float
    """From which it is taken for one where nothing speaks against it; above 1 never."""

    @property
    def shipped(self) -> Path:
        """The trained classifier."""
        return Path(__file__).with_name(f"{self.label}.npz")

    def likelihood(self, text: str) -> float:
        """How likely `text` is such a message, 0 to 1."""
        return _likelihood(self.shipped, self.label, text)


# How the second threshold was set, and how many harmless messages pass it, is told in docs/results/reading.md.
ACCEPTED = MessageOpinion("accepted", Intent.ACCEPT, possible=0.15, sure=0.8)
OFFERING = MessageOpinion("offering", Intent.OFFER, possible=0.8, sure=2.0)


@lru_cache(maxsize=256)
def _likelihood(path: Path, label: str, text: str) -> float:
    told = text if len(text) <= 2 * EITHER_END else f"{text[:EITHER_END]} {text[-EITHER_END:]}"
    return kept_classifier(path).whole_scores(told)[label]
