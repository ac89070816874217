"""The debtor's name in a text: whole, in parts, however it is spelt, and not where its words are only words.

Many names are words that debtors use ("Loan", "Will", "Grace", "Do"). Hiding those would hide what is said, so they are
a name only where they stand as one: beside another part, after "my name is", or with a capital that nothing else
accounts for.
"""

from __future__ import annotations

import calendar
import json
import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from itertools import permutations
from pathlib import Path

from app.privacy.found import Found
from data.messages.corpus import SHIPPED

CORPUS = SHIPPED / "debtor-train.jsonl"
"""Messages of debtors: what at least `COMMON` of them write in lower case, and something else not, is a word."""
COMMON = 3
NEAR = 40
"""Characters before a word in which it may be called a name."""
_LISTS = tomllib.loads(Path(__file__).with_name("names.toml").read_text(encoding="utf-8"))
_ALSO_WORDS, _PARTICLES = (frozenset(_LISTS[one].split()) for one in ("words", "particles"))
_CALENDAR = frozenset(one.casefold() for one in (*calendar.month_name, *calendar.month_abbr, *calendar.day_name) if one)
_LETTERS = str.maketrans(
    "’‘ʼ′`´ʹʻ՚‐‑‒–—−øØłŁđĐıðÐħ",
    "'''''''''------oOlLdDidDh",
)
_SPELT = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "å": "aa", "æ": "ae", "ø": "oe", "œ": "oe", "ñ": "ny"}
_HAN = re.compile(r"[\u4e00-\u9fff]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_GAP = r"(?:[ ,'-]{1,3}|\.)"
_CALLED = re.compile(
    r"(?:\b(?:my (?:full |first |last |sur)?name(?:'s| is)?|(?:sur)?name ?[:=]|named|called|call me|me llamo"
    r"|mi nombre es|mr|mrs|ms|miss|mx|dr|sr|sra|señora?|don|doña|sir|madam|dear|hi|hello|regards|sincerely)"
    r"|我叫|我是)[ .,:]{0,3}$",
    re.IGNORECASE,
)
_GREETED = re.compile(r"\b(?:sir|madam|dear|hi|hello)[ .,:]{0,3}$", re.IGNORECASE)
_PRONOUNS = frozenset(["i", "you", "he", "she", "it", "we", "they", "me", "him", "her", "us", "them"])
_I_AM = re.compile(r"\b(?:i am|i'm|im|this is|it is|it's|soy|speaking to|for|from)\s$", re.IGNORECASE)
_DETERMINED = re.compile(
    r"\b(?:the|a|an|my|your|this|that|our|their|his|her|no|any|each|every|some|el|la|un|una|mi|su|este|esta)\s$",
    re.IGNORECASE,
)
_HERE = re.compile(
    r"\s(?:here\b(?! be)|speaking\b|is my name\b)|'s (?:name|account|loan|debt|wife|husband|phone)\b", re.IGNORECASE
)
_BEGINS = frozenset(".!?:;\n。！？")


class Names:
    """Finds one debtor's name; without one, nothing.

    Args:
        name: of the debtor, its parts in any order.
    """

    def __init__(self, name: str) -> None:
        parts = _parts(name)
        forms = sorted({form for part in parts for form in _forms(part)}, key=len, reverse=True)
        self._words = frozenset(form.casefold() for form in forms if _is_word(form))
        self._run = (
            _alternatives(
                [*_joined(parts), *forms], _letters(name), sum(len(re.split("['-]", part)) for part in parts) - 1
            )
            if forms
            else None
        )

    def find(self, text: str) -> Iterator[Found]:
        """Where it stands; of a word that is a name too, only where it stands as one."""
        if self._run is None:
            return
        folded = _folded(text)
        shouted = _mostly_capital(folded, self._words)
        for match in self._run.finditer(folded):
            if self._is_name(match, folded, shouted):
                yield Found("NAME", *match.span(), name_of="NAME")

    def _is_name(self, match: re.Match[str], text: str, shouted: bool) -> bool:
        said = [word.casefold() for word in re.split(_GAP, match[0]) if word]
        if match[0].casefold() not in self._words and any(word not in self._words for word in said):
            return True
        if len(set(said)) > 1:  # all of them words: "how long do I have" of somebody called Do Long
            return not shouted and all(word[:1].isupper() for word in re.split(_GAP, match[0]) if word)
        return stands_as_name(text, *match.span(), shouted=shouted)


def stands_as_name(text: str, start: int, end: int, *, shouted: bool = False) -> bool:
    """Whether a word that is a name too is meant as one there.

    Args:
        text: the whole text, with straight apostrophes.
        start: where the word begins.
        end: where it ends.
        shouted: whether capitals say nothing, since most of the text has them.
    """
    before, word = text[max(0, start - NEAR) : start], text[start:end]
    if _CALLED.search(before):
        return word not in _PRONOUNS or not _GREETED.search(before)  # "dear you" is nobody's name
    capital = word[:1].isupper() and not shouted and word.casefold() not in _PARTICLES
    if not capital or _DETERMINED.search(before):
        return False
    if _I_AM.search(before) or _HERE.match(text, end):
        return True
    if word.casefold() in _CALENDAR:
        return False
    left = before.rstrip(" \"'(")
    begins = not text[:start].strip(" \"'(") or (left and left[-1] in _BEGINS)
    if not begins:
        return True
    alone = text[end : end + 3].lstrip(" ")[:1]
    return bool(text[:start].strip()) and (not alone or alone in "\n")  # a last line of its own: a signature


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Words of debtors' messages, in lower case and without accents."""
    counts: Counter[str] = Counter()
    for line in CORPUS.read_text(encoding="utf-8").splitlines():
        text = _folded(json.loads(line)["text"])
        if not text.islower():  # who writes everything small writes names so, too
            counts.update({word for word in _WORD.findall(text) if word.islower()})
    return frozenset(word for word, number in counts.items() if number >= COMMON) | _ALSO_WORDS


def _is_word(form: str) -> bool:
    return form.casefold() in _PARTICLES or form.casefold() in _CALENDAR or form.casefold() in common_words()


def _parts(name: str) -> list[str]:
    """The parts that a name is written in; a single letter is none, a single Chinese character only within a name."""
    return [part for part in re.split(r"[\s,.]+", name.translate(_LETTERS)) if len(part) > 1]


def _letters(name: str) -> str:
    """The single letters that the name has: between two of its parts they belong to it, as in "Sean O'Briain"."""
    return "".join(
        one for part in re.split(r"[\s,.]+", _folded(name)) if len(part) == 1 for one in part if one.isalpha()
    )


def _forms(part: str) -> Iterator[str]:
    """The ways to write one part: as it is, without accents, without marks inside, and each half of it."""
    pieces = [one for one in re.split(r"['-]", part) if len(one) > 2]
    given = [part[1:]] if len(part) > 2 and _HAN.search(part) else []
    for form in (part, *given, re.sub(r"['-]", "", part), *(pieces if "-" in part or len(pieces) > 1 else pieces[-1:])):
        yield _folded(form)
        spelt = form.lower()
        for letter, letters in _SPELT.items():
            spelt = spelt.replace(letter, letters)
        yield _folded(spelt)


def _joined(parts: list[str]) -> list[str]:
    """Two parts written as one word: "annemarie", "wangxiaoming"."""
    few = [re.sub(r"['-]", "", _folded(part)) for part in parts[:4]]
    return [a + b for a, b in permutations(few, 2) if not _HAN.search(a + b)]


def _alternatives(forms: list[str], letters: str, more: int) -> re.Pattern[str]:
    """A form, or a run of them with at most as many more as the name has parts, and its single `letters` between."""
    gap = rf"(?:{_GAP}[{letters}][ '.]{{1,2}}|{_GAP})" if letters else _GAP
    one = "|".join(map(_bounded, sorted(set(forms), key=len, reverse=True)))
    return re.compile(rf"(?:{one})(?:{gap}(?:{one})){{0,{more}}}", re.IGNORECASE)


def _bounded(form: str) -> str:
    inner = re.escape(form).replace("'", "['-]?").replace(r"\-", "[ '-]?")
    return inner if _HAN.search(form) else rf"(?<![^\W_]){inner}(?![^\W\d_])"


def _folded(text: str) -> str:
    """`text` with plain letters, apostrophes and hyphens, character for character."""
    plain = text.translate(_LETTERS)
    return plain if plain.isascii() else "".join(map(_base, plain))


@lru_cache(maxsize=4096)
def _base(letter: str) -> str:
    return unicodedata.normalize("NFD", letter)[0] if unicodedata.category(letter)[0] == "L" else letter


def _mostly_capital(text: str, names: frozenset[str]) -> bool:
    """Whether capitals say nothing here: most words that are no names have one."""
    words = [word for word in _WORD.findall(text) if word.casefold() not in names]
    return len(words) > 2 and sum(word[0].isupper() for word in words) * 2 > len(words)
