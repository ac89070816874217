"""Demonstrations that are chosen for each message: of many labelled ones, those that are most like it.

A handful of fixed demonstrations moves a small model along one curve (more is noticed, more is silenced). Near ones
tell it what such words meant when they were written before (Liu et al. 2022, "What makes good in-context examples for
GPT-3?"; DSPy's KNNFewShot does it with a model for embeddings and bootstraps in each call).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import dspy
import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from screening.classifying.features import FEATURES, Rows, sentence_rows
from screening.heard_signals import debtor_classifier
from screening.plain_words import plain_words


class NearestPredict(dspy.Predict):
    """Shows each input the demonstrations that are most like it, the nearest last; all of them where `shown` is 0.

    Args:
        signature: the contract.
        by: the input by which demonstrations are near or far.
        shown: at most so many at once.
    """

    def __init__(self, signature: type[dspy.Signature], by: str, shown: int = 0) -> None:
        super().__init__(signature)
        self.by, self.shown = by, shown

    @override
    def forward(self, **inputs: Any) -> dspy.Prediction:
        """As DSPy's, with demonstrations chosen for these inputs."""
        if 0 < self.shown < len(self.demos):
            inputs["demos"] = self._nearest(str(inputs[self.by]))
        return super().forward(**inputs)

    def _nearest(self, text: str) -> list[Any]:
        texts = tuple(str(demo[self.by]) for demo in self.demos)
        nearest = np.argsort(texts_as_rows(texts).likeness(text), kind="stable")[-self.shown :]
        return [self.demos[place] for place in nearest]


class TextRows:
    """Texts as unit vectors of hashed features (`screening.classifying.features`), the rarer the heavier.

    Args:
        texts: what others are to be held against; 14,000 take about two seconds.
    """

    def __init__(self, texts: tuple[str, ...]) -> None:
        found = _rows(texts)
        self._ids, self._starts = found.ids, found.starts[:-1]
        lengths = np.sqrt(np.add.reduceat(found.values.astype(np.float64) ** 2, self._starts))
        self._values = found.values / np.repeat(np.maximum(lengths, 1e-12), np.diff(found.starts))

    def likeness(self, text: str) -> NDArray[np.float64]:
        """Cosine of `text` and each of the texts, in their order."""
        found = _rows((text,))
        dense = np.zeros(FEATURES)
        dense[found.ids] = found.values / max(float(np.linalg.norm(found.values)), 1e-12)
        return np.add.reduceat(self._values * dense[self._ids], self._starts)


@lru_cache(maxsize=4)
def texts_as_rows(texts: tuple[str, ...]) -> TextRows:
    """The rows of the demonstrations in use, worked out once."""
    return TextRows(texts)


def _rows(texts: Sequence[str]) -> Rows:
    """The features of each text as one sentence; a text without a word has those of its ends."""
    return sentence_rows([" ".join(plain_words(text).split()) for text in texts], debtor_classifier().rarity)
