"""What a trained classifier suspects in a creditor's words: the second of the readers that a breach is joined from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data.messages.labels import BreachKind
from screening.classifying.classifier import TextClassifier, kept_classifier
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
    """What the classifier suspects in each sentence; those that it has not read lately are read together.

    Args:
        sentences: as `screening.plain_words.plain_sentences` writes them.
    """
    asked = [figures_masked(one.replace("'", "")) for one in sentences]
    if len(_READ) > _MOST_READ:
        _READ.clear()
    if new := [one for one in dict.fromkeys(asked) if one not in _READ]:
        _READ.update(zip(new, _read(new), strict=True))
    return [_READ[one] for one in asked]


def masked(text: str) -> str:
    """`text` in `plain_words` form with every figure as 0: how much it is has nothing to do with how it is said."""
    return figures_masked(plain_words(text))


def figures_masked(text: str) -> str:
    """`text` with every figure as 0."""
    return _FIGURE.sub("0", text)


def _read(sentences: Sequence[str]) -> list[Suspicion | None]:
    classifier = creditor_classifier()
    possible, sure = classifier.thresholds[IMPROPER]
    kinds = [classifier.labels.index(kind.value) for kind in BreachKind]
    scores = classifier.scores_of(sentences)
    improper = scores[:, classifier.labels.index(IMPROPER)]
    found: list[Suspicion | None] = [None] * len(sentences)
    for at in np.flatnonzero(improper >= possible).tolist():
        kind = list(BreachKind)[int(scores[at, kinds].argmax())]
        found[at] = Suspicion(kind, sentences[at], bool(improper[at] >= sure))
    return found


def creditor_classifier() -> TextClassifier:
    """The shipped one."""
    return kept_classifier(TRAINED)
