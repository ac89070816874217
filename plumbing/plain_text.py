"""Words made comparable before rules look at them: nothing invisible, one form of letters and quotes, sentences."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

HALF_CHARACTER = re.compile("[\ud800-\udfff]")
"""A surrogate without its other half: JSON can escape one, and no file or database can then hold the text."""
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs"})
"""Unicode categories without a shape of their own: controls, format marks, unassigned, private use, surrogates."""
_FILLERS = frozenset(
    map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x180E), 0x180F, 0x3164, 0xFFA0))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""Letters and accents that show nothing: what Unicode calls default-ignorable in other categories than these."""
_QUOTES = str.maketrans("‘’ʼ＇`“”", "'''''\"\"")
_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?。！？]+(?=\d)[^.!?。！？\n]*)*[.!?。！？]*")


def visible(text: str, *, keep_newlines: bool) -> str:
    """`text` as a reader sees it: invisible characters, which can hide a word or turn a line around, are gone.

    The one cleaner: what a rule did not see because it was hidden may not leave by another door.

    Args:
        text: of a model, a person or a file.
        keep_newlines: whether line breaks and tabs stay; otherwise they become spaces, as all other breaks do.
    """
    if text.isascii() and text.isprintable():
        return text
    kept = "\n\t" if keep_newlines else ""
    shown = text.replace("\r\n", "\n")
    other = {ord(c): seen for c in set(shown) if c not in kept and (seen := _seen(c)) != c}
    return shown.translate(other) if other else shown


@lru_cache(maxsize=4096)
def _seen(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Zl", "Zp") or (category == "Cc" and character.isspace()):
        return " "
    return "" if category in _UNSEEN or character in _FILLERS else character


def normalised(text: str, *, keep_newlines: bool = False) -> str:
    """`visible` text in one form of letters (Unicode's NFKC): full-width, superscript and plain ones are the same."""
    return unicodedata.normalize("NFKC", visible(text, keep_newlines=keep_newlines))


def comparable(text: str, *, keep_newlines: bool = False) -> str:
    """`normalised` text in which all quotes and apostrophes are straight."""
    return normalised(text, keep_newlines=keep_newlines).translate(_QUOTES)


def sentences(text: str) -> list[str]:
    """The sentences of a text in lower case; a sentence ends at a line's end too."""
    plain = comparable(text, keep_newlines=True).lower()
    return [found for part in _SENTENCE.findall(plain) if (found := " ".join(part.split()))]
