"""The decision of a reply exchanged, its words kept: the same JSON to the byte but for the choice and the four figures.

So of a pair made this way nothing tells the sides apart but what was decided: no other wording, no other length, no
other hand. That is what a preference is to be about.
"""

from __future__ import annotations

import json
import re

from pydantic import ValidationError

from data.dimensions import DIMENSIONS
from data.domain import MoveKind
from data.terms import Terms
from optimizers.preferences.moves import Decision
from signatures.turn import FreeTurn

_CHOICE = re.compile(r'("choice"\s*:\s*")(?:ask|accept|reject)(")')
_FIGURES = {name: re.compile(rf'("{name}"\s*:\s*)-?\d+(?:\.\d+)?') for name in DIMENSIONS}
"""A key inside a string has its quotes escaped, so none of these stands in a message."""


def read_reply(reply: str) -> FreeTurn | None:
    """The turn that a reply holds; None where it is not plainly the JSON that was asked for.

    What DSPy would still mend (a fence, a missing brace) is usable at a table and no example of how to write.
    """
    try:
        return FreeTurn.model_validate(json.loads(reply)["turn"])
    except (ValueError, ValidationError, KeyError, TypeError, RecursionError):
        return None


def decision_of(turn: FreeTurn) -> Decision:
    """What a turn decides; the terms count for an offer alone."""
    kind = MoveKind(turn.choice)
    return Decision(kind, turn.terms.terms() if kind is MoveKind.ASK else None)


def swapped(reply: str, kind: MoveKind, terms: Terms) -> str | None:
    """`reply` with another decision in it; None where its JSON does not hold each field exactly once.

    Args:
        reply: as the student wrote it.
        kind: what is chosen instead.
        terms: what stands in the terms, in whole numbers: the offer, the debtor's package for an acceptance, the own
            one for a rejection.
    """
    text, changed = _CHOICE.subn(rf"\g<1>{kind.value}\g<2>", reply)
    counts = [changed]
    for name, figure in _FIGURES.items():
        text, changed = figure.subn(rf"\g<1>{round(getattr(terms, name))}", text)
        counts.append(changed)
    return text if set(counts) == {1} and read_reply(text) is not None else None
