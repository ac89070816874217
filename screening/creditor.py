"""What a trained classifier suspects in a creditor's words: the second of the readers that a breach is joined from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from data.messages.labels import BreachKind
from screening.classifier import TextClassifier, load_classifier
from screening.plain_words import parts, plain_words

IMPROPER = "improper"
"""The classifier's label for any breach, beside those of `BreachKind`."""
TRAINED = Path(__file__).with_name("trained") / "creditor.npz"
_FIGURE = re.compile(r"\d+(?:[.,:/]\d+)*")


@dataclass(frozen=True)
class Suspicion:
    """Words of a creditor that a reader takes for improper."""

    kind: BreachKind
    words: str
    """The sentence, in `masked` form."""
    sure: bool = False
    """Whether few such suspicions are wrong."""
    reader: str = "classifier"
    """Who suspects it."""


def suspicions(text: str) -> tuple[Suspicion, ...]:
    """What the classifier suspects, a sentence at a time."""
    found = (_suspicion(sentence) for sentence in parts(masked(text)))
    return tuple(one for one in found if one is not None)


def masked(text: str) -> str:
    """`text` in `plain_words` form with every figure as 0: how much it is has nothing to do with how it is said."""
    return _FIGURE.sub("0", plain_words(text))


@lru_cache(maxsize=16384)
def _suspicion(sentence: str) -> Suspicion | None:
    classifier = creditor_classifier()
    possible, sure = classifier.thresholds[IMPROPER]
    scores = classifier.scores(sentence)
    if scores[IMPROPER] < possible:
        return None
    kind = max(BreachKind, key=lambda one: scores[one.value])
    return Suspicion(kind, sentence, scores[IMPROPER] >= sure)


@cache
def creditor_classifier() -> TextClassifier:
    """The shipped one."""
    return load_classifier(TRAINED)

