"""A debtor's words as the service would take them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.conduct.profile import Profile, SignalOutcome
from app.conduct.signals import Noticed, joined, noticed, outcome_of, read_signals
from app.conversation.answering import LEAVE, UNREADABLE, question_about
from data.domain import Debt, Move, Speaker, Turn
from data.policy import CreditorPolicy
from data.terms import Terms
from programs.reader.understood import NotClear, Understood
from programs.table.failures import ProgramFault
from programs.table.runner import TableState, view

NOTHING = "-"
"""The outcome of a message in which nothing is noticed, or nothing surely."""
SILENT = frozenset(one.value for one in SignalOutcome if one.silences)
"""Outcomes after which the program says no more."""
ReadMessage = Callable[[str, TableState, Debt], Understood]
"""Reads a message at a table about a debt, as the service does; raises what the service's reading raises."""


@dataclass(frozen=True)
class ScreenedMessage:
    """What the service would make of a message."""

    text: str
    outcome: str
    """`stop`, `hand_over`, `pause`, `answer`, `note`, or `-`."""
    signals: tuple[Noticed, ...]
    understood: Understood | None
    asks_back: str | None

    def row(self) -> dict[str, Any]:
        """As a line of output."""
        meant = self.understood
        named = {name: value for name, value in meant.move.named.items()} if meant else {}
        move = {"kind": meant.move.kind.value, "terms": named or None, "leaves": meant.leaves} if meant else None
        return {
            "text": self.text,
            "outcome": self.outcome,
            "signals": [_signal(one) for one in self.signals],
            "move": move,
            "asks_back": self.asks_back,
            "understood": meant.sentence if meant else None,
        }


def _signal(one: Noticed) -> dict[str, Any]:
    return {
        "id": one.signal.id,
        "outcome": one.signal.outcome.value,
        "words": one.excerpt,
        "found_by": list(one.found_by),
        "sure": one.sure,
    }


def screen_message(
    text: str, debt: Debt, standing: Terms | None, profile: Profile, read: ReadMessage | None
) -> ScreenedMessage:
    """What the service would make of a message that answers the creditor's `standing` offer.

    Args:
        text: the debtor's words.
        debt: what is owed.
        standing: the creditor's offer; None before there is one.
        profile: the rules of conduct.
        read: reads what no signal silences; None for code and classifier alone.

    Raises:
        InfrastructureFailure: the model could not be reached.
    """
    found = noticed(text, profile)
    meant, asks = None, None
    if read is not None and not any(one.silences for one in found):
        try:
            meant = read(text, _table(standing), debt)
            found = joined(found, read_signals(meant.signals, profile))
            asks = LEAVE if meant.leaves else None
        except NotClear as question:
            found = joined(found, read_signals(question.signals, profile))
            asks = str(question)
        except ProgramFault:
            asks = UNREADABLE
    outcome = outcome_of(found)
    if any(one.silences for one in found):
        meant, asks = None, None
    elif any(one.asks for one in found):  # it comes before whatever else the message means
        meant, asks = None, question_about(found)
    return ScreenedMessage(text, outcome.value if outcome else NOTHING, found, meant, asks)


def _table(standing: Terms | None) -> TableState:
    opening = (Turn(speaker=Speaker.CREDITOR, move=Move.ask(standing), dialogue=""),) if standing else ()
    return view(opening, Speaker.DEBTOR, CreditorPolicy())
