"""What a trained classifier suspects in a creditor's words: the second of the readers that a breach is joined from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from data.messages.labels import BreachKind
from screening.classifier import TextClassifier, load_classifier

IMPROPER = "improper"
"""The classifier's label for any breach, beside those of `BreachKind`."""
TRAINED = Path(__file__).with_name("trained") / "creditor.npz"


@dataclass(frozen=True)
class Suspicion:
    """Words of a creditor that a reader takes for improper."""

    kind: BreachKind
    words: str
    """The sentence, in the form of `screening.plain_words`."""
    sure: bool = False
    """Whether few such suspicions are wrong."""
    reader: str = "classifier"
    """Who suspects it."""


@lru_cache(maxsize=4096)
def suspicions(text: str) -> tuple[Suspicion, ...]:
    """What the classifier suspects, a sentence at a time; the whole text where it shows only over several."""
    classifier = creditor_classifier()
    possible, sure = classifier.thresholds[IMPROPER]
    found = [_suspicion(words, scores, sure) for words, scores in scored(text) if scores[IMPROPER] >= possible]
    return tuple(found)


def scored(text: str) -> list[tuple[str, dict[str, float]]]:
    """Each sentence in `plain_words` form, with the probability of every label."""
    return creditor_classifier().sentence_scores(text)


@cache
def creditor_classifier() -> TextClassifier:
    """The shipped one."""
    return load_classifier(TRAINED)


def _suspicion(words: str, scores: dict[str, float], sure: float) -> Suspicion:
    kind = max(BreachKind, key=lambda one: scores[one.value])
    return Suspicion(kind, words, scores[IMPROPER] >= sure)
