"""A piece of personal data in a text, and how most kinds of it are looked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

LONGEST_CHARS = 62
"""Of an IBAN, the longest of numbers, in groups of four with two separators; bounds what a hostile message can cost."""


@dataclass(frozen=True)
class Found:
    """A piece of personal data."""

    kind: str
    start: int
    end: int
    name_of: str = ""
    """Differently written forms of one thing share it."""


def found(kind: str, text: str, start: int, end: int) -> Found:
    """The thing from `start` to `end`, which its letters and digits name."""
    return Found(kind, start, end, re.sub(r"[\W_]", "", text[start:end]).casefold() or text[start:end])


def whole(kind: str, pattern: re.Pattern[str], text: str) -> Iterator[Found]:
    """Whatever a pattern matches, or its group `it` where it has one."""
    group: str | int = "it" if "it" in pattern.groupindex else 0
    for match in pattern.finditer(text):
        yield found(kind, text, *match.span(group))


def longest(text: str, match: re.Match[str], valid: Callable[[str], bool]) -> int | None:
    """Where the longest valid beginning of a match ends; a match may run on into the words behind it."""
    last = min(match.end(), match.start() + LONGEST_CHARS)
    ends = (end for end in range(last, match.start(), -1) if not text[end : end + 1].isalnum())
    return next((end for end in ends if text[end - 1].isalnum() and valid(text[match.start() : end])), None)
