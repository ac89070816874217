"""What a trained classifier suspects in a creditor's words: the second of the readers that a breach is joined from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from data.messages.labels import BreachKind
from screening.classifying.classifier import TextClassifier, load_classifier
from screening.plain_words import plain_words

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


_READ: dict[str, Suspicion | None] = {}
_MOST_READ = 20_000
"""Sentences that are remembered: a simulated creditor says the same ones with other figures all day."""


def suspicions(sentences: Sequence[str]) -> list[Suspicion | None]:
    """What the classifier suspects in each sentence; those it has not read lately are read together.

    Args:
        sentences: each in `plain_words` form or close to it (`plain_sentences`).
    """
    asked = [masked(one).replace("\n", " ") for one in sentences]
    new = [one for one in dict.fromkeys(asked) if one not in _READ]
    if new:
        if len(_READ) + len(new) > _MOST_READ:
            _READ.clear()
            new = list(dict.fromkeys(asked))
        _READ.update(zip(new, _read(new), strict=True))
    return [_READ[one] for one in asked]


def masked(text: str) -> str:
    """`text` in `plain_words` form with every figure as 0: how much it is has nothing to do with how it is said."""
    return _FIGURE.sub("0", plain_words(text))


def _read(sentences: Sequence[str]) -> list[Suspicion | None]:
    classifier = creditor_classifier()
    possible, sure = classifier.thresholds[IMPROPER]
    found: list[Suspicion | None] = []
    for sentence, scores in zip(sentences, classifier.scores_of(sentences), strict=True):
        kind = max(BreachKind, key=lambda one: scores[one.value])
        suspected = scores[IMPROPER] >= possible
        found.append(Suspicion(kind, sentence, scores[IMPROPER] >= sure) if suspected else None)
    return found


@cache
def creditor_classifier() -> TextClassifier:
    """The shipped one."""
    return load_classifier(TRAINED)
