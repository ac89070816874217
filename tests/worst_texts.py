"""Texts that make a regular expression work hardest: what it reads on its way to a match, over and over."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator
from functools import cache
from re import _constants as ops  # type: ignore[attr-defined]  # no other parser knows all of the syntax
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

TAILS = ("", "!")
Piece = tuple[str, str]
"""What a text begins with, and what it then repeats."""
COMMON: tuple[str, ...] = (
    "a", "a ", "1", "1 ", "1,", "1.", "1-", "1/", "0", " ", "\n", "\t", ".", ",", "!", "-", "'", '"', "(", "[", "@",
    "@a", "$", "%", "A", "A ", "A-", "Ab ", "A1", "AB12 ", "no ", "not ", "i ", "if ", "you ", "one ", "and ", "to ",
    "a.b", "a@b.", "a-b ", "www.a", "://", "百", "一",
    "一二", "不", "我", "路", "\u00e9", "\u0301", "+1", "(1", "1) ", "th",
)  # fmt: skip
"""Short pieces that some pattern here may stumble over when they are all that a text is."""
SAMPLES = 4
"""Random ways through each part of a pattern."""
LONGEST = 60
MOST = 12
"""Pieces of one pattern."""


@cache
def pieces(pattern: re.Pattern[str]) -> tuple[Piece, ...]:
    """Pieces of text that a pattern reads: its repetitions alone, after what stands before them, and whole matches."""
    tree = list(parser.parse(pattern.pattern, pattern.flags))
    rng = random.Random(0)
    found = [one for _ in range(SAMPLES) for one in _ways(tree, "", rng)]
    some = list(dict.fromkeys(one for one in found if 0 < len(one[1]) <= LONGEST))
    return tuple(rng.sample(some, min(MOST, len(some))))


def most_steps(pattern: re.Pattern[str]) -> float:
    """How often a part of a pattern may be read again at one place of a text, at most; infinite where there is no end.

    A pattern without an endless repetition reads each place so often, however long the text is.
    """
    return _most(list(parser.parse(pattern.pattern, pattern.flags)))


def _most(tree: Iterable[Any]) -> float:
    return max((_most_of(op, argument) for op, argument in tree), default=1.0)


def _most_of(op: Any, argument: Any) -> float:
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        times = float("inf") if argument[1] is ops.MAXREPEAT else float(argument[1])
        return times * _most(argument[2])
    if op is ops.BRANCH:
        return max(map(_most, argument[1]))
    if op in (ops.SUBPATTERN, ops.ASSERT, ops.ASSERT_NOT):
        return _most(argument[-1])
    return _most(argument) if op is ops.ATOMIC_GROUP else 1.0


def worst_texts(piece: Piece, chars: int) -> Iterator[str]:
    """A piece over and over, `chars` characters long, with what makes a match fail at the very end."""
    head, body = piece
    for tail in TAILS:
        yield (head + body * (chars // len(body) + 1))[: chars - len(tail)] + tail


def _ways(tree: Iterable[Any], before: str, rng: random.Random) -> Iterator[Piece]:
    """One random way through a pattern: its repetitions on the way, and all that was read."""
    said = ""
    for op, argument in tree:
        if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
            body = _sample(argument[2], rng)
            near = (before + said)[-LONGEST // 2 :]
            yield from (("", body), ("", near + body), (near, body))
            yield from _ways(argument[2], before + said, rng)
        elif op is ops.BRANCH:
            yield from _ways(rng.choice(argument[1]), before + said, rng)
        elif op in (ops.SUBPATTERN, ops.ASSERT, ops.ASSERT_NOT):
            yield from _ways(argument[-1], before + said, rng)
        said += _one(op, argument, rng)
    yield "", said
    yield "", before[-LONGEST // 2 :] + said


def _sample(tree: Iterable[Any], rng: random.Random) -> str:
    return "".join(_one(op, argument, rng) for op, argument in tree)


def _one(op: Any, argument: Any, rng: random.Random) -> str:
    """A text that a part of a pattern matches, or nearly does."""
    if op is ops.LITERAL:
        return chr(argument)
    if op is ops.IN:
        return _of_class(argument, rng)
    if op in (ops.NOT_LITERAL, ops.ANY):
        return rng.choice("a 1")
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT):
        least, most, body = argument
        times = rng.randint(min(least, 8), max(min(least, 8), min(int(most), least + 3)))
        return "".join(_sample(body, rng) for _ in range(times))
    if op is ops.BRANCH:
        return _sample(rng.choice(argument[1]), rng)
    if op is ops.SUBPATTERN:
        return _sample(argument[-1], rng)
    return _sample(argument, rng) if op is ops.ATOMIC_GROUP else ""


def _of_class(members: list[tuple[Any, Any]], rng: random.Random) -> str:
    if members[0][0] is ops.NEGATE:
        return rng.choice([c for c in "a 1.,-\n" if not any(_holds(one, c) for one in members[1:])] or ["a"])
    op, argument = rng.choice(members)
    if op is ops.LITERAL:
        return chr(argument)
    if op is ops.RANGE:
        return chr(rng.choice(argument))
    return next((c for c in "1 a.\u00e9" if _holds((op, argument), c)), "a")


def _holds(member: tuple[Any, Any], character: str) -> bool:
    """Whether a member of a class stands for a character."""
    op, argument = member
    if op is ops.LITERAL:
        return bool(argument == ord(character))
    if op is ops.RANGE:
        return bool(argument[0] <= ord(character) <= argument[1])
    kinds = {
        ops.CATEGORY_DIGIT: r"\d", ops.CATEGORY_NOT_DIGIT: r"\D", ops.CATEGORY_SPACE: r"\s",
        ops.CATEGORY_NOT_SPACE: r"\S", ops.CATEGORY_WORD: r"\w", ops.CATEGORY_NOT_WORD: r"\W",
    }  # fmt: skip
    return op is ops.CATEGORY and re.match(kinds.get(argument, "a^"), character) is not None
