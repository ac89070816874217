"""Hashed features of a text: character n-grams and words, of every sentence and of the whole, in one pass.

NumPy alone, so that a text is read in a fraction of a millisecond and nothing large is imported for it.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from screening.classifying import topics
from screening.classifying.concepts import chinese_concepts, concepts
from screening.plain_words import parts

CHARACTERS, WORDS = 2**16, 2**15
"""Features for character n-grams and for words with their pairs and triples."""
CONCEPTS = 2**14
"""Features for what the words are about, and for two of it in one sentence, in their order."""
HASHED = CHARACTERS + WORDS + CONCEPTS
FEATURES = HASHED + topics.size()
_REACH = 6
"""Words that are about something between two that are taken together."""
_LONGEST_NGRAM, _LONGEST_PHRASE = 5, 3
_WORD = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+|[?!\uff1f\uff01]")
_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_SPACE = ord(" ")


@dataclass(frozen=True)
class Rows:
    """The features of some texts, one row each: a sparse matrix of `ids`, `values`, and where each row begins."""

    ids: NDArray[np.int64]
    values: NDArray[np.float32]
    starts: NDArray[np.int64]
    """Index of each row's first feature, and at last the number of them all."""


def rows(plain: str, rarity: NDArray[np.float32] | None = None) -> Rows:
    """Of text in `plain_words` form: its sentences' features in their order, then the whole text's.

    Args:
        plain: the text.
        rarity: weight of each hashed feature (`rarity_of`); None: all weigh one.
    """
    sentences = parts(plain)
    row, ids = _counted_ids(sentences)
    texts: list[tuple[str, ...]] = [(one,) for one in sentences]
    if len(sentences) != 1:
        row, ids = np.concatenate([row, np.full(len(ids), len(sentences))]), np.concatenate([ids, ids])
        texts.append(tuple(sentences))
    return _with_topics(_normalised(row, ids, len(texts), rarity), texts)


def rarity_of(plain_texts: Sequence[str]) -> NDArray[np.float32]:
    """Weight of each hashed feature: the rarer in these texts, the more (inverse document frequency)."""
    count = np.zeros(HASHED)
    for text in plain_texts:
        found = rows(text)
        whole = found.ids[found.starts[-2] :]
        count[whole[whole < HASHED]] += 1
    return (np.log((1 + len(plain_texts)) / (1 + count)) + 1).astype(np.float32)


def sentence_rows(sentences: Sequence[str], rarity: NDArray[np.float32] | None = None) -> Rows:
    """Of sentences in `plain_words` form, a row each."""
    found = _normalised(*_counted_ids(sentences), len(sentences), rarity)
    return _with_topics(found, [(one,) for one in sentences])


def _counted_ids(sentences: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(sentence, feature) of everything that occurs, with repeats."""
    text = "\n" + "\n".join(sentences) + "\n"
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), dtype=np.uint32).astype(np.uint64)
    breaks = codes == ord("\n")
    sentence = np.maximum(np.cumsum(breaks) - 1, 0)
    codes[breaks] = _SPACE
    found = [*_character_ngrams(codes, sentence), *_phrases(text, sentence), *_subjects(text, sentence)]
    row, ids = zip(*found, strict=True)
    row = np.minimum(np.concatenate(row), max(len(sentences) - 1, 0))
    return row.astype(np.int64), np.concatenate(ids)


def _character_ngrams(codes: NDArray[np.uint64], sentence: NDArray[np.int64]) -> list[tuple[NDArray, NDArray]]:
    """N-grams that lie in a word, with the space before or after it."""
    found = []
    hashed, inside = codes.copy(), np.ones(len(codes), dtype=bool)
    for length in range(2, _LONGEST_NGRAM + 1):
        if len(codes) < length:
            break
        hashed = _mixed(hashed[:-1], codes[length - 1 :])
        inside = inside[:-1] if length == 2 else inside[:-1] & (codes[length - 2 : -1] != _SPACE)
        seen = inside & ~((codes[: len(inside)] == _SPACE) & (codes[length - 1 :] == _SPACE))
        ids = (hashed[seen] >> np.uint64(40)) % np.uint64(CHARACTERS)
        # an n-gram that begins with the break before a sentence is the sentence's own
        found.append((sentence[: len(inside)][seen], ids.astype(np.int64)))
    return found


def _phrases(text: str, sentence: NDArray[np.int64]) -> list[tuple[NDArray, NDArray]]:
    places = [(match.start(), _word_hash(match.group())) for match in _WORD.finditer(text)]
    start, words = (np.array([p[i] for p in places], dtype=np.uint64) for i in (0, 1))
    of = sentence[start.astype(np.int64)]
    found = []
    hashed = words
    for length in range(1, _LONGEST_PHRASE + 1):
        if len(words) < length:
            break
        if length > 1:
            hashed = _mixed(hashed[:-1], words[length - 1 :])
        seen = of[: len(hashed)] == of[length - 1 :]
        ids = (hashed[seen] * _FACTOR >> np.uint64(40)) % np.uint64(WORDS)
        found.append((of[: len(hashed)][seen], ids.astype(np.int64) + CHARACTERS))
    return found


def _subjects(text: str, sentence: NDArray[np.int64]) -> list[tuple[NDArray, NDArray]]:
    """Concepts, and ordered pairs of them."""
    numbers: list[int] = []
    places: list[int] = []
    skip = 0
    for match in _WORD.finditer(text):
        at, word = match.span()[0], match.group()
        if at < skip:
            continue
        if "\u4e00" <= word <= "\u9fff":
            length, found = chinese_concepts(text, at)
            skip = at + length
        else:
            found = concepts(word)
        numbers += found
        places += [at] * len(found)
    if not numbers:
        return []
    of, number, place = sentence[places], np.array(numbers, dtype=np.int64), np.array(places)
    pairs = [(of, number)]
    for apart in range(1, min(_REACH, len(number) - 1) + 1):
        together = (of[apart:] == of[:-apart]) & (place[apart:] != place[:-apart])
        pair = 128 + (number[:-apart] * 128 + number[apart:])
        pairs.append((of[:-apart][together], pair[together]))
    return [(row, ids % CONCEPTS + CHARACTERS + WORDS) for row, ids in pairs]


def _normalised(row: NDArray[np.int64], ids: NDArray[np.int64], count: int, rarity: NDArray[np.float32] | None) -> Rows:
    """Each feature once a row; a row's n-grams, its words and its concepts have the length one each."""
    keys = np.sort(row * FEATURES + ids)
    keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])] if len(keys) else keys
    row, ids = keys // FEATURES, keys % FEATURES
    values = np.ones(len(ids)) if rarity is None else rarity[ids].astype(np.float64)
    block = 3 * row + (ids >= CHARACTERS) + (ids >= CHARACTERS + WORDS)
    lengths = np.sqrt(np.bincount(block, weights=values**2, minlength=3 * count))
    return Rows(ids, (values / lengths[block]).astype(np.float32), np.searchsorted(row, np.arange(count + 1)))


def _with_topics(found: Rows, texts: Sequence[tuple[str, ...]]) -> Rows:
    """The same rows with the flags of what each text speaks of behind its other features."""
    flags = [np.array(topics.flags(one), dtype=np.int64) + HASHED for one in texts]
    at = np.repeat(found.starts[1:], [len(one) for one in flags])
    strength = np.full(len(at), topics.STRENGTH, dtype=np.float32)
    starts = found.starts + np.concatenate([[0], np.cumsum([len(one) for one in flags])])
    return Rows(
        np.insert(found.ids, at, np.concatenate(flags)) if flags else found.ids,
        np.insert(found.values, at, strength),
        starts,
    )


def _mixed(left: NDArray[np.uint64], right: NDArray[np.uint64]) -> NDArray[np.uint64]:
    mixed: NDArray[np.uint64] = (left * _FACTOR ^ (left >> np.uint64(29))) + right * np.uint64(0xBF58476D1CE4E5B9)
    return mixed


def _word_hash(word: str) -> int:
    return ord(word) if len(word) == 1 else _long_word_hash(word)


@lru_cache(maxsize=16384)
def _long_word_hash(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "replace"))
