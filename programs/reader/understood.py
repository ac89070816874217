"""What comes of a message: a move with the sentence that says it back, or a question."""

from __future__ import annotations

from dataclasses import dataclass

from data.domain import Disclosure, Move
from data.messages.labels import SignalKind


@dataclass(frozen=True)
class ReadSignal:
    """A signal that a reader noticed, and that the trained classifier does not find unlikely."""

    kind: SignalKind
    words: str
    """That say so."""
    sure: bool
    """False: the person is to be asked."""


Signals = tuple[ReadSignal, ...]


class NotClear(Exception):
    """The message cannot be taken as a move; the text asks back.

    Attributes:
        signals: what a reader noticed in it all the same.
    """

    def __init__(self, question: str, signals: Signals = ()) -> None:
        super().__init__(question)
        self.signals = signals


@dataclass(frozen=True)
class Understood:
    """A message as a move, and the sentence that says so to the person.

    Nothing of it binds before the person has seen the sentence: an acceptance and a leave are to be confirmed, an
    offer can be corrected.
    """

    move: Move
    sentence: str
    disclosed: Disclosure | None = None
    leaves: bool = False
    """To be confirmed: neither a model's word nor a rule's ends the talks."""
    signals: Signals = ()
    """What a reader noticed beside the move."""
