"""What a message speaks of, by a lexicon of topics: strong hints for the classifier, findings of their own never.

A small corpus does not hold every word for a lawyer or a death; a lexicon does. For each topic of `lexicon.toml` a
sentence gets flags: it is spoken of, beside a denial, a condition, other people, and more than once.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

LEXICON = Path(__file__).with_name("lexicon.toml")
FLAGS = ("spoken of", "denied", "supposed", "of others", "often")
SHAPES = ("very short", "short", "long", "denies", "speaks of oneself")
STRENGTH = 0.7
"""Of a flag beside n-grams and words, whose rows have the length one."""
_DENIAL = re.compile(
    r"\b(?:not|no|never|nor|neither|without|[a-z]{2,6}nt|cannot|nunca|ni|sin|tampoco|jamas)\b|[\u4e0d\u6ca1\u6c92\u522b\u5225\u5187\u5514]"
)
_SUPPOSED = re.compile(
    r"\b(?:if|might|maybe|would|could|unless|considering|thinking|thought about|someday|should i|si|quiza|tal vez"
    r"|podria|seria|acaso)\b|如果|要是|万一|也许|可能|假如"
)
_OTHERS = re.compile(
    r"\b(?:my (?:brother|sister|friend|cousin|uncle|aunt|neighbou?r|boss|coworker|mate|buddy|dad|mum|mom|father|mother"
    r"|son|daughter)s?|everyone|everybody|people|they say|someone told|friends?|mi (?:hermano|hermana|amigo|amiga|primo"
    r"|prima|vecino|cunad[oa]|tio|tia|compadre|papa|mama|hijo|hija)|dicen|todos)\b|朋友|同事|邻居|哥|姐|弟|妹|亲戚|别人|人家|大家"
)
_ONESELF = re.compile(r"\b(?:i|im|ive|my|me|ill|yo|mi|soy|estoy|tengo)\b|我|本人")
_WORD_START = re.compile(r"\b\w")


def size() -> int:
    """Number of flags of a text."""
    return len(_topics()) * len(FLAGS) + len(SHAPES)


@lru_cache(maxsize=8192)
def flags(sentences: tuple[str, ...]) -> tuple[int, ...]:
    """Which flags a text of these sentences (`plain_words` form) has, as numbers from 0 to `size()` - 1."""
    found: set[int] = set()
    for sentence in sentences:
        counts = _spoken_of(sentence)
        cues = enumerate((_DENIAL, _SUPPOSED, _OTHERS), 1)
        beside = [0, *(place for place, cue in cues if counts and cue.search(sentence))]
        for topic, count in counts.items():
            found.update(topic * len(FLAGS) + flag for flag in (*beside, *((4,) if count > 1 else ())))
    return (*sorted(found), *_shapes(" ".join(sentences)))


def _shapes(text: str) -> list[int]:
    first = len(_topics()) * len(FLAGS)
    true = (len(text) < 25, len(text) < 60, len(text) > 200, _DENIAL.search(text), _ONESELF.search(text))
    return [first + place for place, one in enumerate(true) if one]


def _spoken_of(sentence: str) -> dict[int, int]:
    """How often each topic is spoken of; only those that are."""
    counts: dict[int, int] = {}
    for start in _WORD_START.finditer(sentence):
        for topic, pattern in _by_first_letter().get(start.group(), _by_first_letter()[""]):
            if pattern.match(sentence, start.start()):
                counts[topic] = counts.get(topic, 0) + 1
    if not sentence.isascii():
        for topic, (_, chinese) in enumerate(_topics()):
            if times := len(chinese.findall(sentence)):
                counts[topic] = counts.get(topic, 0) + times
    return counts


@cache
def _topics() -> tuple[tuple[tuple[str, ...], re.Pattern[str]], ...]:
    table: dict[str, Any] = tomllib.loads(LEXICON.read_text(encoding="utf-8"))["topics"]
    return tuple((tuple(one["words"]), re.compile(one["chinese"])) for one in table.values())


@cache
def _by_first_letter() -> dict[str, list[tuple[int, re.Pattern[str]]]]:
    """Patterns to try at a word that begins with a letter, far fewer than all; "": those that may begin with any."""
    words = [[word for word in words if not word[0].isalpha()] for words, _ in _topics()]
    found = {"": [(topic, re.compile("|".join(some))) for topic, some in enumerate(words) if some]}
    for letter in "abcdefghijklmnopqrstuvwxyz":
        fitting = [[w for w in words if w[0] == letter or not w[0].isalpha()] for words, _ in _topics()]
        found[letter] = [(topic, re.compile("|".join(some))) for topic, some in enumerate(fitting) if some]
    return found
