"""Sentences and clauses of `plain` text: a figure is what its own clause says of it."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_SENTENCE_END = re.compile(r"[!?;。！？；\n]+|\.+(?!\d)(?:\s|$)|\.{2,}")
_CLAUSE_END = re.compile(
    r"[,:，：、](?!\d)|,(?=\d{1,2}\b(?![.,]?\d))(?<=\s,)|\s[-–—]+\s|[()（）]"
    r"|\b(?:but|because|becuz|bcoz|cuz|coz|bc|since|so|although|though|unless|while|then|and then|(?:and|n|&) (?=i\b|im\b|ill\b|my\b|we\b|the rest|rest|then)"
    r"|rather than|instead of|insted of|en vez de|en lugar de|(?:not|no)(?= (?:in |en )?(?:\d|the \d))|or else|pero|porque|xq|ya que|pues|aunque|sino|mientras|luego|despues|y (?=el resto|lo demas|luego|despues|mi\b|yo\b|la\b|lo\b|tengo))\b"
    r"|但是|但|不过|因为|所以|可是|而不是|然后|剩下|剩余|余下|其余|而且"
    r"|(?<=[\u4e00-\u9fff])\s(?=[\u4e00-\u9fff\d])"
)


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
        starts = [clause.start for clause in self.all]
        return self.all[max(0, bisect_right(starts, position) - 1)]

    def words(self, clause: Clause) -> str:
        """What the clause says, with the word that begins it."""
        return f"{clause.begun_by} {self.text[clause.start : clause.end]}"

    def sentence(self, number: int) -> str:
        """What a sentence says."""
        own = [clause for clause in self.all if clause.sentence == number]
        return self.text[own[0].start : own[-1].end] if own else ""

    def neighbour(self, clause: Clause, by: int) -> Clause | None:
        """The clause before (-1) or after (+1), within the sentence."""
        at = self.all.index(clause) + by
        if not 0 <= at < len(self.all) or self.all[at].sentence != clause.sentence:
            return None
        return self.all[at]


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
