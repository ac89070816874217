"""Two texts in two columns: equal lines beside each other, changed ones with the words that differ marked."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

CONTEXT = 2
"""Equal lines that are kept around a change."""
ALIKE = 0.4
"""Similarity from which two lines are the same one reworded (as `difflib.SequenceMatcher.ratio`)."""


@dataclass(frozen=True)
class Piece:
    """A run of words, changed or not."""

    text: str
    changed: bool


@dataclass(frozen=True)
class DiffLine:
    """One line of both sides; None where a side has none."""

    old: tuple[Piece, ...] | None
    new: tuple[Piece, ...] | None
    gap: bool = False
    """Stands for lines that are equal and left out."""


def side_by_side(old: str, new: str, context: int | None = CONTEXT) -> tuple[DiffLine, ...]:
    """The lines of two texts beside each other; empty where they are equal.

    Args:
        old, new: the texts.
        context: equal lines that are kept around a change; None keeps all.
    """
    a, b = old.splitlines(), new.splitlines()
    if a == b:
        return ()
    kept = len(a) + len(b) if context is None else context
    found: list[DiffLine] = []
    for group in difflib.SequenceMatcher(None, a, b, autojunk=False).get_grouped_opcodes(kept):
        if found:
            found.append(DiffLine(None, None, gap=True))
        for kind, a0, a1, b0, b1 in group:
            found.extend(_same(a[a0:a1]) if kind == "equal" else _facing(a[a0:a1], b[b0:b1]))
    return tuple(found)


def _same(lines: Iterable[str]) -> Iterator[DiffLine]:
    for line in lines:
        yield DiffLine((Piece(line, False),), (Piece(line, False),))


def _facing(old: Sequence[str], new: Sequence[str]) -> Iterator[DiffLine]:
    """Removed and added lines in their order; as many as there were face each other, else those that are alike."""
    if len(old) == len(new):
        yield from (DiffLine(*_words(line, other)) for line, other in zip(old, new, strict=True))
        return
    place = 0
    for line in old:
        partner = next((i for i in range(place, len(new)) if _ratio(line, new[i]) >= ALIKE), None)
        if partner is None:
            yield DiffLine((Piece(line, True),), None)
            continue
        for added in new[place:partner]:
            yield DiffLine(None, (Piece(added, True),))
        yield DiffLine(*_words(line, new[partner]))
        place = partner + 1
    for added in new[place:]:
        yield DiffLine(None, (Piece(added, True),))


def _ratio(old: str, new: str) -> float:
    return difflib.SequenceMatcher(None, old.split(), new.split(), autojunk=False).ratio()


def _words(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    a, b = (re.findall(r"\s+|\w+|[^\w\s]", line) for line in (old, new))
    opcodes = difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()
    return (
        tuple(Piece("".join(a[a0:a1]), kind != "equal") for kind, a0, a1, _, _ in opcodes if a1 > a0),
        tuple(Piece("".join(b[b0:b1]), kind != "equal") for kind, _, _, b0, b1 in opcodes if b1 > b0),
    )
