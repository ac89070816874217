"""What speaks against taking a figure for a term: it is past, refused, another's, only reported or imagined."""

from __future__ import annotations

import re

from programs.reader.stated import cues
from programs.reader.stated.clauses import Clause, Clauses
from programs.reader.stated.no_first_payment import NO_FIRST_PAYMENT

_AFTER_NOW = re.compile(r"\b(?:now|today|but|so|instead|ahora|hoy|pero|entonces)\b|现在|但|所以|那就|今天")
_LASTED = re.compile(
    r"\s?(?:了(?![结吧行可好能成])|多了|ago|old|late|behind|overdue|in arrears|pregnant|left on|sober|clean|already)"
)


def doubt(parts: Clauses, clause: Clause, span: tuple[int, int], *, claim: bool) -> str:
    """Why the figure at `span` is no term, in a word; empty where nothing in its clause speaks against it.

    "No deposit" is a figure, not the denial of one, its own or another's: "no deposit and 24 instalments".

    Args:
        claim: the figure tells of the household, of which work, people and things may well be said.
    """
    words = parts.words(clause, span[0])
    for name, pattern in _CLAIM if claim else _TERM:
        if pattern.search(words):
            return name
    if not claim and _LASTED.match(parts.text, span[1]):
        return "past"
    beside = NO_FIRST_PAYMENT.sub(" ", words.replace(parts.text[slice(*span)], " ", 1))
    if cues.NEGATED.search(beside) and not cues.BOUND.search(words) and not _denied_elsewhere(beside):
        return "negated"
    return _of_the_sentence(parts, clause)


_TERM = (
    ("reported", cues.REPORTED), ("other person", cues.OTHER_PERSON), ("other thing", cues.OTHER_THING),
    ("grace", cues.GRACE), ("hypothetical", cues.HYPOTHETICAL), ("past", cues.PAST),
)  # fmt: skip
_CLAIM = (
    ("other person", cues.OTHER_PERSON),
    ("past", re.compile(r"\b(?:used to|last year|before|antes|back then|was|era)\b|以前|之前|原来")),
)
_HARMLESS = re.compile(
    r"\b(?:dont|do not|no) (?:need|want|require) (?:a |any |the )?(?:discount|favou?rs|sympathy)|\b(?:not (?:un)?till?|not before|no antes de|no hasta|why not|if not|cant you|could(?:nt| not) you|cant we|no problem|no interest|not bad|no discount|no (?:es )?problema|por que no|si no)\b|不行吗|没问题|不好意思|能不能|可不可以|行不行|好不好|是不是|要不"
)


def _denied_elsewhere(words: str) -> bool:
    return bool(_HARMLESS.search(words)) and not cues.NEGATED.search(_HARMLESS.sub(" ", words))


def _of_the_sentence(parts: Clauses, clause: Clause) -> str:
    """A condition or a report that began before the clause, in the same sentence, still holds in it."""
    for before in parts.before(clause):
        words = parts.words(before)
        if cues.HYPOTHETICAL.search(words) and not cues.OFFERED_TO_YOU.search(words):
            return "hypothetical"
        if cues.REPORTED.search(words) and not _AFTER_NOW.search(parts.words(clause)):
            return "reported"
    return ""
