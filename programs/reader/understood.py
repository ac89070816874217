"""What comes of a message: a move with the sentence that says it back, or a question."""

from __future__ import annotations

from dataclasses import dataclass

from data.domain import Disclosure, Move


class NotClear(Exception):
    """The message cannot be taken as a move; the text asks back."""


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
