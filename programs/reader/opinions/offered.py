"""A trained second opinion: is this figure offered, now and for this debt, or does the writer only speak of it?

Words around a figure can be counted up for ever; what the labelled messages say of others like it cannot be. A figure
that the rules are sure of and the opinion doubts is asked about, and so is one that only the opinion believes in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from programs.reader.stated import cues
from programs.reader.stated.clauses import Clauses, clauses
from programs.reader.stated.roles import Role, roles
from screening.classifying.classifier import kept_classifier

SHIPPED = Path(__file__).with_name("offered.npz")
LABEL = "offered"
BESIDE = 60
"""Characters on either side that the opinion is formed on."""
MOST = 16
"""Figures of one message that it is asked about; a message of more is a table of numbers, no offer in words."""
_CUES = {name.lower().replace("_", ""): value for name, value in vars(cues).items() if name.isupper()}


@dataclass(frozen=True)
class Opinion:
    """A figure, what the rules make of it, and how likely it is offered (0 to 1)."""

    role: Role
    offered: float


@lru_cache(maxsize=256)
def opinions(plain_text: str, today: date, path: Path = SHIPPED) -> tuple[Opinion, ...]:
    """The figures of a `plain` text; from the `MOST`-th on none counts as offered."""
    found = roles(plain_text, today)
    asked = found[:MOST]
    if not asked:
        return ()
    trained = kept_classifier(path)
    parts = clauses(plain_text)
    likely = [trained.whole_scores(described(parts, role))[LABEL] for role in asked]
    return tuple(Opinion(*one) for one in zip(found, (*likely, *([0.0] * (len(found) - len(asked)))), strict=True))


def described(parts: Clauses, role: Role) -> str:
    """A figure as the classifier sees it: the words beside it, what it is taken for, and the cues of its clause."""
    start, end = role.span
    kind = "none" if role.kind is None else role.kind.value.replace("_", "")
    words = parts.words(parts.at(start), start)
    seen = " ".join(f"f{name}" for name, pattern in sorted(_CUES.items()) if _found(pattern, words))
    left, right = parts.text[max(0, start - BESIDE) : start], parts.text[end : end + BESIDE]
    marks = f"d{role.doubt.replace(' ', '')} {'sure' if role.sure else 'unsure'}{' instead' if role.instead else ''}"
    nothing = f" {parts.text[start:end]}" if role.value == 0 else ""
    return f"{left} qq{kind}qq{nothing} {right} . {seen} {marks}"


def _found(pattern: object, words: str) -> bool:
    return hasattr(pattern, "search") and pattern.search(words) is not None
