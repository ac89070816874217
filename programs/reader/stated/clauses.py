"""Sentences and clauses of `plain` text: a figure is what its own clause says of it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

_SENTENCE_END = re.compile(r"[!?;。！？；\n]+|\.+(?!\d)(?:\s|$)|\.{2,}")
_CLAUSE_END = re.compile(
    r"[,:，：、](?!\d)|(?<=[\u4e00-\u9fff]),(?=\d)|,(?=\d{1,2}\b(?![.,]?\d))(?<=\s,)|\s[-–—]+\s|[()（）]"
    r"|\b(?:but|because|becuz|bcoz|cuz|coz|bc|since|so|although|though|unless|while|then|and then|(?:and|n|&) (?=i\b|im\b|ill\b|my\b|we\b|the rest|rest|then)"
    r"|rather than|instead of|insted of|en vez de|en lugar de|(?:not|no)(?= (?:in |en )?(?:\d|the \d))|or else|pero|porque|xq|ya que|pues|aunque|sino|mientras|luego|despues|y (?=el resto|lo demas|luego|despues|mi\b|yo\b|la\b|lo\b|tengo))\b"
    r"|但是|但|不过|因为|所以|可是|而不是|然后|剩下|剩余|余下|其余|而且"
    r"|(?<=[\u4e00-\u9fff])\s(?=[\u4e00-\u9fff\d])"
)


REACH = 120
"""Characters on either side of a figure beyond which a clause no longer speaks of it: keeps the work linear."""
MOST_BEFORE = 6


@dataclass(frozen=True)
class Clause:
    """A clause and the sentence that it stands in, as bounds in the text."""

    start: int
    end: int
    sentence: int
    """Number of the sentence."""
    begun_by: str
    """The word or mark in front of it."""


@dataclass(frozen=True)
class Clauses:
    """All clauses of a text in order."""

    text: str
    all: tuple[Clause, ...]

    def at(self, position: int) -> Clause:
        """The clause that a position of the text stands in."""
        return self.all[self._at(position)]

    def _at(self, position: int) -> int:
        return max(0, bisect_right(self.starts, position) - 1)

    @cached_property
    def starts(self) -> list[int]:
        """Where the clauses begin."""
        return [clause.start for clause in self.all]

    def words(self, clause: Clause, near: int | None = None) -> str:
        """What the clause says, with the word that begins it; of a very long one what stands around `near`."""
        near = clause.start if near is None else near
        start, end = max(clause.start, near - REACH), min(clause.end, near + REACH)
        return f"{clause.begun_by} {self.text[start:end]}"

    def sentence(self, clause: Clause, near: int) -> str:
        """What the clause's sentence says, of a very long one what stands around `near`."""
        at = self._at(near)
        first = last = at
        while first > 0 and self.all[first - 1].sentence == clause.sentence and self.all[first].start > near - REACH:
            first -= 1
        while (
            last + 1 < len(self.all)
            and self.all[last + 1].sentence == clause.sentence
            and self.all[last].end < near + REACH
        ):
            last += 1
        return self.text[max(self.all[first].start, near - REACH) : min(self.all[last].end, near + REACH)]

    def before(self, clause: Clause) -> list[Clause]:
        """The clauses of its sentence before a clause, the nearest first, at most `MOST_BEFORE`."""
        at = self._at(clause.start)
        found = self.all[max(0, at - MOST_BEFORE) : at]
        return [one for one in reversed(found) if one.sentence == clause.sentence]


def clauses(plain_text: str) -> Clauses:
    """The clauses of a `plain` text."""
    found: list[Clause] = []
    start = 0
    number = 0
    for end in [*_SENTENCE_END.finditer(plain_text), None]:
        stop = end.start() if end else len(plain_text)
        found += _parts(plain_text, start, stop, number)
        start, number = (end.end() if end else stop), number + 1
    return Clauses(plain_text, tuple(found) or (Clause(0, len(plain_text), 0, ""),))


def _parts(text: str, start: int, stop: int, sentence: int) -> list[Clause]:
    parts: list[Clause] = []
    begun, word = start, ""
    for match in _CLAUSE_END.finditer(text, start, stop):
        if text[begun : match.start()].strip():
            parts.append(Clause(begun, match.start(), sentence, word))
            word = ""
        begun, word = match.end(), f"{word} {match[0]}".strip()
    if text[begun:stop].strip():
        parts.append(Clause(begun, stop, sentence, word))
    return parts
