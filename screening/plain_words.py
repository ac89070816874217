"""The form in which a classifier and patterns see a message: one spelling of what people type in many ways."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from plumbing.plain_text import comparable, sentences

_APOSTROPHES = re.compile("['`´\u2032\uff07\u02bc\u02b9\u055a\ua78c]")
_ACCENT = re.compile("[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+")
_REPEATED = re.compile(r"(\w)\1{2,}")
_SPLIT = re.compile(r"(?<=[.!?;\u3002\uff01\uff1f\uff1b])\s*|\n+")
_OTHER_SCRIPT = re.compile(r"(?<=[\u4e00-\u9fff])(?=\s?(?:[a-z]{1,20} ){4}[a-z])|(?<=[a-z] )(?=[\u4e00-\u9fff]{5})")
"""Before four words or five characters: a word or two of the other script belong to the sentence."""
_SPACE = re.compile(r"\s+")
MOST_PARTS = 40
"""Sentences of a text that are looked at one by one."""


@lru_cache(maxsize=4096)
def plain_words(text: str) -> str:
    """`text` in lower case, without apostrophes, accents and drawn-out letters: "I DON´T oweee" is "i dont owee".

    Chinese is in simplified characters; full-width letters and invisible characters are gone (`plumbing.plain_text`).
    """
    # before `comparable`, which takes some of them for a space and an accent
    plain = comparable(_APOSTROPHES.sub("", text), keep_newlines=True).replace("'", "").casefold()
    plain = _REPEATED.sub(r"\1\1", simplified(unaccented(plain)))
    return "\n".join(line for part in plain.split("\n") if (line := _SPACE.sub(" ", part).strip()))


def plain_sentences(text: str) -> list[str]:
    """Sentences as `plain_words` writes them, but with straight apostrophes kept: patterns tell "we'll" from "well"."""
    plain = simplified(unaccented(_APOSTROPHES.sub("'", text)))
    return [_REPEATED.sub(r"\1\1", sentence) for sentence in sentences(plain)]


def parts(plain: str) -> list[str]:
    """Sentences of text in `plain_words` form; a line's end ends one too. Of very many some go together."""
    found = [part.strip() for part in _SPLIT.split(plain) if part.strip()]
    together = -(-len(found) // MOST_PARTS)
    return found if together <= 1 else [" ".join(found[at : at + together]) for at in range(0, len(found), together)]


def scripts_apart(plain: str) -> str:
    """`plain` with a line's end between a Chinese sentence and one in letters that nothing parts."""
    return plain if plain.isascii() else _OTHER_SCRIPT.sub("\n", plain)


def simplified(text: str) -> str:
    """Traditional Chinese characters as simplified ones, each for itself; other text as it is."""
    return text if text.isascii() else text.translate(_simplified_characters())


@cache
def _simplified_characters() -> dict[int, str]:
    import opencc  # only its table: its own conversion takes a thousand times as long

    table = Path(str(opencc.__file__)).with_name("dictionary") / "TSCharacters.txt"
    lines = table.read_text(encoding="utf-8").splitlines()
    return {ord(traditional): plain.split(" ")[0] for traditional, plain in (line.split("\t") for line in lines)}


def unaccented(text: str) -> str:
    """`text` without accents: "cárcel" is "carcel", "mañana" is "manana"."""
    if text.isascii():
        return text
    return _ACCENT.sub("", unicodedata.normalize("NFD", text))
