"""What a turn gave up against the best option that was computed for it: credit by turn, kept in the turn's notes.

A record made by a program that chooses among options says it of every turn; others say nothing. A note of an earlier
version says what was given up and not for what.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from data.domain import MoveKind, Negotiation, Speaker, Turn

_NOTE = re.compile(
    r"support: (-?\d\.\d{4}) of expected CCI below the best option \((?:an offer|the acceptance)\)"
    r"(?:; picked (.+); better (.+))?"
)
NOTICED = 0.002
"""Expected CCI below which nothing is said of a pick: as good as the best."""


class Lost(NamedTuple):
    """What one creditor turn gave up."""

    round: int
    """From 1."""
    cost: float
    """Expected CCI of the best option less that of the pick."""
    picked: str
    """The pick as the menu called it; "" where the note does not say."""
    better: str
    """The best option; "" where the note does not say."""


def forgone_note(cost: float, best: MoveKind, picked: str = "", better: str = "") -> str:
    """The note for the record.

    Args:
        cost: expected CCI of the best option less that of the pick.
        best: what the best option was.
        picked: what was picked, as the menu called it, on one line.
        better: the best option likewise; both are kept only where the pick cost something.
    """
    what = "the acceptance" if best is MoveKind.ACCEPT else "an offer"
    note = f"support: {cost:.4f} of expected CCI below the best option ({what})"
    return f"{note}; picked {picked}; better {better}" if cost > NOTICED and picked and better else note


def forgone(turn: Turn) -> float | None:
    """Expected CCI that the turn gave up; None where no option was computed for it."""
    found = _read(turn)
    return float(found[1]) if found else None


def lost_turns(negotiation: Negotiation) -> list[Lost]:
    """The creditor turns that gave something up, the dearest first."""
    ours = [turn for turn in negotiation.turns if turn.speaker is Speaker.CREDITOR]
    found = ((number, _read(turn)) for number, turn in enumerate(ours, start=1))
    lost = [Lost(number, float(note[1]), note[2] or "", note[3] or "") for number, note in found if note]
    return sorted((one for one in lost if one.cost > NOTICED), key=lambda one: (-one.cost, one.round))


def _read(turn: Turn) -> re.Match[str] | None:
    return next((match for note in turn.notes if (match := _NOTE.fullmatch(note))), None)
