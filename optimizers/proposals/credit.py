"""Credit by turn: which call of a negotiation failed, for those who reflect on single calls."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from data.domain import Negotiation, Speaker
from metrics.forgone import lost_turns
from programs.creditor.choosing.pick_judge import SENT_BACK, TOLERATED

_ROUND = re.compile(r"Round (\d+) of \d+\.")


def dearest_call(record: Any, calls: Sequence[Mapping[str, Any]]) -> int | None:
    """Which of a predictor's calls made the pick that gave most up against the best option.

    Where a judge sent a pick back, it is the first draft of that round: what was picked unasked.

    Args:
        record: the negotiation, or another kind's record.
        calls: the inputs of one predictor's calls, in order.

    Returns:
        Its place; None where no turn is known to have given anything up, or the calls do not say their round.
    """
    costs = _costs(record) if isinstance(record, Negotiation) else {}
    rounds = [_round(call) for call in calls]
    dear = [number for number in rounds if number in costs]
    if not dear:
        return None
    return rounds.index(max(dear, key=lambda number: costs[number]))


def _costs(record: Negotiation) -> dict[int | None, float]:
    """By round; a pick that was sent back cost at least what a judge tolerates."""
    ours = [turn for turn in record.turns if turn.speaker is Speaker.CREDITOR]
    sent_back = [n for n, turn in enumerate(ours, 1) if any(note.startswith(SENT_BACK) for note in turn.notes)]
    return {**dict.fromkeys(sent_back, TOLERATED), **{lost.round: lost.cost for lost in lost_turns(record)}}


def _round(inputs: Mapping[str, Any]) -> int | None:
    found = _ROUND.search(str(inputs.get("situation", "")))
    return int(found[1]) if found else None
