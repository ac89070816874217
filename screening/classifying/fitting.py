"""Fitting a `TextClassifier` to labelled texts: one logistic regression a label, thresholds from grouped folds.

A threshold is chosen on scores of messages that the classifier was not fitted to: the texts are split in folds so
that no group (a situation) stands in two, and each fold is scored by a classifier of the others. The same texts,
settings and version of scikit-learn give the same weights to the bit.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plumbing.errors import UserError
from screening.classifying.classifier import TextClassifier
from screening.classifying.features import FEATURES, rarity_of, rows
from screening.plain_words import parts, plain_words

Scores = NDArray[np.float64]
"""(texts, labels), probabilities."""


@dataclass(frozen=True)
class Settings:
    """How a classifier is fitted."""

    seed: int = 0
    folds: int = 8
    looseness: float = 8.0
    """Inverse strength of the penalty on weights (scikit-learn's C)."""
    balance: float = 0.5
    """0: a message weighs one; 1: a label's few examples weigh together as much as the many without it."""
    sentences: float = 0.5
    """Weight of a sentence of a message without labels, as an example without labels of its own; 0 for none."""
    misspelt: int = 1
    """Misspelt copies of every text."""
    least_weight: float = 0.02
    """Smaller weights are dropped: they change nothing and fill the artifact."""
    possible: float = 0.6
    """Precision from which on a text may have a label."""
    sure: float = 0.95
    """Precision from which on a text has it."""
    precision: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """The two for a label of its own."""


@dataclass(frozen=True)
class Fitted:
    """A classifier, and what it is worth on messages that it was not fitted to."""

    classifier: TextClassifier
    out_of_fold: Scores


def fit(
    texts: Sequence[str],
    labelled: Sequence[Set[str]],
    groups: Sequence[str],
    labels: Sequence[str],
    settings: Settings | None = None,
    trained_on: Mapping[str, Any] | None = None,
) -> Fitted:
    """A classifier of the texts' labels.

    Args:
        texts: messages as people write them.
        labelled: the labels of each text.
        groups: what each text is about; texts of one group are never on both sides of a fold.
        labels: every label, in the order of the classifier's columns.
        settings: None for the defaults.
        trained_on: kept in the artifact: files, hashes.
    """
    settings = settings or Settings()
    truth = np.array([[label in one for label in labels] for one in labelled])
    out_of_fold = np.zeros(truth.shape)
    for inside, outside in _folds(groups, settings):
        fold = _fitted([texts[i] for i in inside], truth[inside], labels, settings)
        out_of_fold[outside] = [list(fold.scores(texts[i]).values()) for i in outside]
    whole = _fitted(texts, truth, labels, settings)
    thresholds = {
        label: _thresholds(out_of_fold[:, column], truth[:, column], label, settings)
        for column, label in enumerate(labels)
    }
    kept = TextClassifier(whole.labels, whole.weights, whole.bias, whole.rarity, thresholds, dict(trained_on or {}))
    return Fitted(kept, out_of_fold)


def _folds(groups: Sequence[str], settings: Settings) -> Iterable[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    names = sorted(set(groups))
    random.Random(settings.seed).shuffle(names)
    number = {name: place % settings.folds for place, name in enumerate(names)}
    fold = np.array([number[group] for group in groups])
    for one in range(settings.folds):
        yield np.flatnonzero(fold != one), np.flatnonzero(fold == one)


def _fitted(
    texts: Sequence[str], truth: NDArray[np.bool_], labels: Sequence[str], settings: Settings
) -> TextClassifier:
    examples, rows_of, weight = _examples(texts, truth, settings)
    rarity = rarity_of([plain_words(text) for text in texts])
    found, targets = matrix(examples, rarity), truth[rows_of]
    weights, bias = np.zeros((FEATURES, len(labels)), np.float32), np.full(len(labels), -20, np.float32)
    for column in range(len(labels)):
        positive = targets[:, column]
        if not positive.any():
            continue
        heavier = (weight[~positive].sum() / weight[positive].sum()) ** settings.balance
        model = logistic_regression()(
            C=settings.looseness, solver="liblinear", dual=True, tol=1e-3, max_iter=2000, random_state=settings.seed
        )
        model.fit(found, positive, sample_weight=np.where(positive, weight * heavier, weight))
        weights[:, column] = np.where(np.abs(model.coef_[0]) < settings.least_weight, 0, model.coef_[0])
        bias[column] = model.intercept_[0]
    # as precise as the artifact keeps them, so that a saved classifier is the fitted one
    return TextClassifier(tuple(labels), weights.astype(np.float16).astype(np.float32), bias, rarity, {}, {})


def _examples(
    texts: Sequence[str], truth: NDArray[np.bool_], settings: Settings
) -> tuple[list[str], NDArray[np.int64], NDArray[np.float64]]:
    """Texts to fit to in plain form, the index of the labelled text behind each, and their weights."""
    found: list[tuple[str, int, float]] = []
    for index, text in enumerate(texts):
        plain = plain_words(text)
        found.append((plain, index, 1.0))
        for copy in range(settings.misspelt):
            found.append((misspelt(plain, f"{settings.seed} {copy} {plain}"), index, 0.5))
        pieces = parts(plain)
        if settings.sentences and not truth[index].any() and len(pieces) > 1:
            found += [(piece, index, settings.sentences) for piece in pieces]
    examples, index_of, weight = zip(*found, strict=True)
    return list(examples), np.array(index_of), np.array(weight)


def logistic_regression() -> Any:
    """scikit-learn's class; a second to import, and only fitting needs it.

    Raises:
        UserError: it is not installed.
    """
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise UserError(
            'fitting a classifier needs scikit-learn, which is not installed; run pip install "maden[classifiers]"'
        ) from error
    return LogisticRegression


def matrix(plain_texts: Sequence[str], rarity: NDArray[np.float32]) -> Any:
    """(texts, features), sparse: of each text as a whole."""
    from scipy.sparse import csr_matrix

    last = []
    for text in plain_texts:
        found = rows(text, rarity)
        last.append((found.ids[found.starts[-2] :], found.values[found.starts[-2] :]))
    starts = np.cumsum([0, *(len(ids) for ids, _ in last)])
    values = np.concatenate([v for _, v in last]).astype(np.float64)
    return csr_matrix((values, np.concatenate([i for i, _ in last]), starts), shape=(len(last), FEATURES))


def misspelt(plain: str, seed: str) -> str:
    """Text as somebody types it in haste: about one word in six has a letter too few, twice, or out of place."""
    chance = random.Random(seed)
    return " ".join(_slip(word, chance) if chance.random() < 1 / 6 else word for word in plain.split(" "))


def _slip(word: str, chance: random.Random) -> str:
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    at = chance.randrange(1, len(word) - 1)
    kind = chance.choice(("drop", "double", "swap"))
    if kind == "drop":
        return word[:at] + word[at + 1 :]
    if kind == "double":
        return word[:at] + word[at] + word[at:]
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _thresholds(
    scores: NDArray[np.float64], truth: NDArray[np.bool_], label: str, settings: Settings
) -> tuple[float, float]:
    """(may have, has): the lowest scores from which on that share of the texts above has the label."""
    low, high = settings.precision.get(label, (settings.possible, settings.sure))
    beyond = min(1.0, float(scores.max()) + 1e-6)
    found = [precise_from(scores, truth, wanted) for wanted in (low, high)]
    possible, above = (beyond if one is None else one for one in found)
    return min(possible, above), above


def precise_from(scores: NDArray[np.float64], truth: NDArray[np.bool_], wanted: float) -> float | None:
    """The lowest score from which on that share of the texts has the label; None where no score is high enough."""
    order = np.argsort(-scores, kind="stable")
    share = np.cumsum(truth[order]) / np.arange(1, len(order) + 1)
    good = np.flatnonzero((share >= wanted) & truth[order])
    return float(scores[order][good[-1]]) if len(good) else None
