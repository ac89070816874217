"""What a trained classifier hears in a debtor's words: the second of the readers that a signal is joined from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from data.messages.labels import SignalKind
from screening.classifying.classifier import TextClassifier, kept_classifier

GRAVE = "grave"
"""The classifier's label for any of `SILENCING`, beside those of `SignalKind`."""
SILENCING = tuple(
    kind for kind in SignalKind if kind not in (SignalKind.CONTACT_LIMIT, SignalKind.VULNERABILITY, SignalKind.LANGUAGE)
)
"""Signals after which no program talks about the debt. They share what is learned of a grave message in general."""
LOG_ODDS_A_POINT = 0.6
"""Log odds of a grave message that a point of its highest score is worth: a score adds two log odds of the same words.
Logistic regression on the `val` and the held-out messages (0.68 and 0.60; 2026-11-26)."""
TRAINED = Path(__file__).with_name("trained") / "debtor.npz"


@dataclass(frozen=True)
class HeardSignal:
    """A signal that the classifier hears."""

    kind: SignalKind
    words: str
    """The sentence that says it most clearly, in the form of `screening.plain_words`."""
    sure: bool
    """Whether few messages that score so high are without it."""
    score: float
    """Log odds, in the scale of the thresholds."""


@lru_cache(maxsize=4096)
def heard_signals(text: str) -> tuple[HeardSignal, ...]:
    """What the classifier hears in a message, the likeliest first; of what it is not sure only the likeliest kind."""
    classifier = debtor_classifier()
    sentences = _sentences(text)
    scores = _highest(sentences)
    found = [(kind, scores[kind], classifier.thresholds[kind.value]) for kind in SignalKind]
    ranked = sorted((one for one in found if one[1] >= one[2][0]), key=lambda one: one[2][1] - one[1])
    if not ranked:
        return ()
    heard = [
        HeardSignal(kind, _telling(sentences, kind, text), score >= sure, score) for kind, score, (_, sure) in ranked
    ]
    return tuple(one for place, one in enumerate(heard) if one.sure or place == 0)


def supported_signals(text: str, kinds: Iterable[SignalKind], weight: float) -> tuple[HeardSignal, ...]:
    """What a reader noticed, weighed together with what the classifier makes of the words: those that are likely.

    A small model that names a signal in every third harmless message is not believed against the classifier, and
    believed where the classifier was in doubt; one that is rarely wrong is believed almost whatever the words are.

    Args:
        text: the message.
        kinds: what the reader noticed.
        weight: of its word: log of how much more often it notices something where there is something than where there
            is nothing (log likelihood ratio); 0 for one that knows nothing.
    """
    noticed, sentences = set(kinds), _sentences(text)
    scores, more = _highest(sentences), max(0.0, weight) / LOG_ODDS_A_POINT
    backed = {kind: score + more * (kind in noticed) for kind, score in scores.items()}
    found = {kind: backed[kind] for kind in noticed if kind not in SILENCING}
    if noticed & set(SILENCING):  # that it is grave is one question, what it is another, which a reader mistakes more
        found[max(SILENCING, key=backed.__getitem__)] = max(scores[kind] for kind in SILENCING) + more
    thresholds = debtor_classifier().thresholds
    return tuple(
        HeardSignal(kind, _telling(sentences, kind, text), score >= thresholds[kind.value][1], score)
        for kind, score in sorted(found.items(), key=lambda one: -one[1])
        if score >= thresholds[kind.value][0]
    )


def conceivable(text: str) -> bool:
    """Whether the classifier would not be surprised by a grave signal: enough to believe a pattern that matches."""
    scores = _highest(_sentences(text))
    return max(scores[kind] for kind in SILENCING) >= debtor_classifier().thresholds[GRAVE][0]


def signal_scores(probabilities: dict[str, float]) -> dict[SignalKind, float]:
    """Log odds of each kind; to those of a grave kind the odds that the message is grave at all are added."""
    grave = _log_odds(probabilities[GRAVE])
    return {kind: _log_odds(probabilities[kind.value]) + grave * (kind in SILENCING) for kind in SignalKind}


def debtor_classifier() -> TextClassifier:
    """The shipped one."""
    return kept_classifier(TRAINED)


@lru_cache(maxsize=256)
def _sentences(text: str) -> tuple[tuple[str, dict[str, float]], ...]:
    return tuple(debtor_classifier().sentence_scores(text))


def _highest(sentences: Sequence[tuple[str, dict[str, float]]]) -> dict[SignalKind, float]:
    rows = [signal_scores(probabilities) for _, probabilities in sentences]
    if len(rows) == 1:
        return rows[0]
    *single, whole = rows
    found = {kind: max(row[kind] for row in single) for kind in SignalKind}
    # several grave sentences together make everything grave likely, so the whole speaks for its likeliest kind alone
    likeliest = max(whole, key=whole.__getitem__)
    return {**found, likeliest: max(found[likeliest], whole[likeliest])}


def _telling(sentences: Sequence[tuple[str, dict[str, float]]], kind: SignalKind, text: str) -> str:
    single = sentences[:-1] if len(sentences) > 1 else sentences  # the last is the whole
    return max(single, key=lambda one: one[1][kind.value])[0] if single else text


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log(bounded / (1 - bounded))
