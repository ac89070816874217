"""What the negotiator's words are about, without a figure: what the debtor said last, and what the creditor does now.

A small model that is shown figures repeats them, and a sentence with figures may not leave; so it is shown none.
"""

from __future__ import annotations

import re

from data.dimensions import Dimension
from data.domain import Move, MoveKind, Speaker, Turn
from data.steps import claimed
from data.terms import Terms
from programs.creditor.briefing import Briefing
from programs.reader.message_parts import sentences_of
from programs.table import words
from wording import english_name

NOTHING_SAID = "(Nothing yet: you speak first. Greet them and say that you call about their debt.)"
_TOLD = {
    "monthly_income": "your income",
    "monthly_expenses": "your living costs",
    "assets": "your savings",
    "reason": "why you fell behind",
}
_EASED: dict[Dimension, str] = {
    "discount_pct": "we ask you for a little less in all",
    "immediate_payment_pct": "we ask you for a smaller first payment",
    "immediate_payment_days": "we give you longer for the first payment",
    "installment_periods": "we give you more months for the rest",
}
_FIGURE = re.compile(r"[\d%]")
_PLACEHOLDER = re.compile(r"[\[\]<>{}_]|(?<![A-Za-z])[Xx]{2,}(?![A-Za-z])")
"""What a model leaves for somebody else to fill in: "[name]", "XXX", "____"."""


def last_words(turns: tuple[Turn, ...]) -> str:
    """What the debtor said last, safe for a prompt; empty before they have said anything."""
    said = (turn.dialogue for turn in reversed(turns) if turn.speaker is Speaker.DEBTOR)
    return words.heard(next(said, ""))


def parts(text: str) -> list[str]:
    """The sentences of a text as they are written."""
    return [found for one in sentences_of(text) if (found := one.strip())]


def sayable(reply: str) -> str:
    """A model's reply with each sentence once, and none that holds a place to be filled in."""
    return " ".join(dict.fromkeys(one for one in parts(reply) if not _PLACEHOLDER.search(one)))


def they_said(briefing: Briefing) -> str:
    """The debtor's last message: its sentences without figures, and what the others told, as one would say it back."""
    turns = briefing.table.turns
    said = last_words(turns)
    if not said:
        return NOTHING_SAID
    plain = " ".join(one for one in parts(said) if not _FIGURE.search(one))
    return " ".join(part for part in (plain, f"({_told(turns)})") if part)


def our_step(briefing: Briefing, move: Move) -> str:
    """What the creditor does now, in words."""
    tag = words.other_tongue(briefing.view)
    return _moved(briefing.table.own, move) + "." + (f" Write in {english_name(tag)}." if tag else "")


def _told(turns: tuple[Turn, ...]) -> str:
    before, after = (claimed(some).model_dump(exclude_none=True) for some in (turns[:-1], turns))
    new = [what for name, what in _TOLD.items() if name in after and name not in before]
    told = f"You told us about {' and '.join(new)}, and you" if new else "You"
    return f"{told} asked for easier terms."


def _moved(own: Terms | None, move: Move) -> str:
    if move.kind is MoveKind.ACCEPT:
        return "we accept your offer and thank you"
    after = None if move.terms is None else move.terms.over(own)
    if own is None or after is None:
        return "we make a first offer"
    return " and ".join(_EASED[one] for one in after.softer_in(own)) or "we keep our offer, since it is fair"
