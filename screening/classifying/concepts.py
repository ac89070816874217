"""What words are about: concepts of concepts.toml, so that words that were never seen in training say something too."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from pathlib import Path

CONCEPTS_FILE = Path(__file__).with_name("concepts.toml")


@lru_cache(maxsize=16384)
def concepts(word: str) -> tuple[int, ...]:
    """Numbers of the concepts of a word in `plain_words` form; none for most."""
    exact, beginnings, longest = _lexicon()
    found = set(exact.get(word, ()))
    for length in range(2, min(len(word), longest) + 1):
        found.update(beginnings.get(word[:length], ()))
    return tuple(sorted(found))


def chinese_concepts(text: str, at: int) -> tuple[int, tuple[int, ...]]:
    """(length, concepts) of the longest Chinese word of the file that begins at a place; (1, ()) for none."""
    exact, _, _ = _lexicon()
    if text[at] not in _beginnings():
        return 1, ()
    for length in (4, 3, 2, 1):
        if found := exact.get(text[at : at + length]):
            return min(length, len(text) - at), found
    return 1, ()


@cache
def _beginnings() -> frozenset[str]:
    return frozenset(word[0] for word in _lexicon()[0])


@cache
def _lexicon() -> tuple[dict[str, tuple[int, ...]], dict[str, tuple[int, ...]], int]:
    exact: dict[str, tuple[int, ...]] = {}
    beginnings: dict[str, tuple[int, ...]] = {}
    for number, words in enumerate(tomllib.loads(CONCEPTS_FILE.read_text(encoding="utf-8")).values()):
        for word in words.split():
            table, key = (beginnings, word[:-1]) if word.endswith("*") else (exact, word)
            table[key] = (*table.get(key, ()), number)
    return exact, beginnings, max(map(len, beginnings))
