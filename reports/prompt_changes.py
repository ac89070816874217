"""A prompt diff laid out in two columns: old words to the left, new words to the right."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from programs.artifact_diff import ArtifactDiff, Change, PredictorDiff
from reports.chats import clean


@dataclass(frozen=True)
class Piece:
    """A run of words, changed or not."""

    text: str
    changed: bool


@dataclass(frozen=True)
class Line:
    """One line of both sides; None where a side has none."""

    old: tuple[Piece, ...] | None
    new: tuple[Piece, ...] | None
    gap: bool = False
    """Stands for lines that are equal and left out."""


@dataclass(frozen=True)
class Predictor:
    """What changed in one predictor."""

    name: str
    lines: tuple[Line, ...]
    """Of its instruction."""
    fields: tuple[Change, ...]
    demos_removed: tuple[str, ...]
    demos_added: tuple[str, ...]


@dataclass(frozen=True)
class PromptDiff:
    """What changed between two artifacts."""

    a: str
    b: str
    same_program: bool
    settings: tuple[Change, ...]
    predictors: tuple[Predictor, ...]


def prompt_diff(found: ArtifactDiff) -> PromptDiff:
    """`found` for the page."""
    predictors = tuple(_predictor(name, one) for name, one in found.predictors.items())
    return PromptDiff(found.a, found.b, found.same_program, found.settings, predictors)


def _predictor(name: str, found: PredictorDiff) -> Predictor:
    removed, added = (tuple(_demo(demo) for demo in demos) for demos in (found.demos_removed, found.demos_added))
    return Predictor(name, tuple(side_by_side(found.instructions)), found.fields, removed, added)


def _demo(demo: dict[str, Any]) -> str:
    return clean(json.dumps(demo, ensure_ascii=False, indent=2))


def side_by_side(unified: Sequence[str]) -> list[Line]:
    """A unified diff without its file headers as lines of two columns; removed lines face the added ones after them."""
    lines: list[Line] = []
    removed: list[str] = []
    added: list[str] = []
    for line in (*unified, "@@"):
        kind, text = line[:1], clean(line[1:])
        if kind == "-" and added:
            lines += _facing(removed, added)
            removed, added = [], []
        if kind == "-":
            removed.append(text)
        elif kind == "+":
            added.append(text)
        else:
            lines += _facing(removed, added)
            removed, added = [], []
            same = (Piece(text, False),)
            lines.append(Line(None, None, gap=True) if kind == "@" else Line(same, same))
    return _without_outer_gaps(lines)


def _facing(removed: Sequence[str], added: Sequence[str]) -> list[Line]:
    """Removed and added lines beside each other, the words that differ marked."""
    lines = []
    for number in range(max(len(removed), len(added))):
        old = removed[number] if number < len(removed) else None
        new = added[number] if number < len(added) else None
        if old is None or new is None:
            left, right = (None if side is None else (Piece(side, True),) for side in (old, new))
            lines.append(Line(left, right))
        else:
            lines.append(Line(*_changed_words(old, new)))
    return lines


def _changed_words(old: str, new: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    a, b = re.findall(r"\s+|\S+", old), re.findall(r"\s+|\S+", new)
    left: list[Piece] = []
    right: list[Piece] = []
    for kind, a0, a1, b0, b1 in difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        left.append(Piece("".join(a[a0:a1]), kind != "equal"))
        right.append(Piece("".join(b[b0:b1]), kind != "equal"))
    return tuple(piece for piece in left if piece.text), tuple(piece for piece in right if piece.text)


def _without_outer_gaps(lines: list[Line]) -> list[Line]:
    """Gaps between hunks only: the unified form opens every hunk with one, and the end was marked with one."""
    while lines and lines[0].gap:
        lines = lines[1:]
    while lines and lines[-1].gap:
        lines = lines[:-1]
    return lines
