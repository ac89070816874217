"""What a turn gave up against the best option that was computed for it: credit by turn, kept in the turn's notes.

A record made by a program that chooses among options says it of every turn; others say nothing.
"""

from __future__ import annotations

import re

from data.domain import MoveKind, Turn

_NOTE = re.compile(r"support: (-?\d\.\d{4}) of expected CCI below the best option \((an offer|the acceptance)\)")


def forgone_note(cost: float, best: MoveKind) -> str:
    """The note for the record.

    Args:
        cost: expected CCI of the best option less that of the pick.
        best: what the best option was.
    """
    what = "the acceptance" if best is MoveKind.ACCEPT else "an offer"
    return f"support: {cost:.4f} of expected CCI below the best option ({what})"


def forgone(turn: Turn) -> float | None:
    """Expected CCI that the turn gave up; None where no option was computed for it."""
    found = next((match for note in turn.notes if (match := _NOTE.fullmatch(note))), None)
    return float(found[1]) if found else None
