"""The form in which a classifier and patterns see a message: one spelling of what people type in many ways."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from plumbing.plain_text import comparable

_APOSTROPHES = re.compile("['`´\u2032\uff07\u02bc\u02b9\u055a\ua78c]")
_REPEATED = re.compile(r"(\w)\1{2,}")
_SPLIT = re.compile(r"(?<=[.!?;\u3002\uff01\uff1f\uff1b])\s*|\n+")
_SPACE = re.compile(r"\s+")


@lru_cache(maxsize=4096)
def plain_words(text: str) -> str:
    """`text` in lower case, without apostrophes, accents and drawn-out letters: "I DON´T oweee" is "i dont owee".

    Chinese stays as it is; full-width letters and invisible characters are gone (`plumbing.plain_text`).
    """
    plain = _APOSTROPHES.sub("", comparable(text, keep_newlines=True)).casefold()
    plain = _REPEATED.sub(r"\1\1", _unaccented(plain))
    return "\n".join(line for part in plain.split("\n") if (line := _SPACE.sub(" ", part).strip()))


MOST_PARTS = 40


def parts(plain: str) -> list[str]:
    """Sentences of text in `plain_words` form; a line's end ends one too. Of more than `MOST_PARTS` some go together."""
    found = [part.strip() for part in _SPLIT.split(plain) if part.strip()]
    together = -(-len(found) // MOST_PARTS)
    return found if together <= 1 else [" ".join(found[at : at + together]) for at in range(0, len(found), together)]


def _unaccented(text: str) -> str:
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
