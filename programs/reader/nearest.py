"""Demonstrations that are chosen for each message: of many labelled ones, those that are most like it.

A handful of fixed demonstrations moves a small model along one curve (more is noticed, more is silenced). Near ones
tell it what such words meant when they were written before (Liu et al. 2022, "What makes good in-context examples for
GPT-3?"; DSPy's KNNFewShot does it with a model for embeddings and bootstraps in each call). Half of them show nothing
that is looked for, the other half something: a small model finds what its examples hold.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import dspy
import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from screening.classifying.features import FEATURES, rows
from screening.heard_signals import debtor_classifier
from screening.plain_words import plain_words


class NearestPredict(dspy.Predict):
    """Shows each input the demonstrations that are most like it, the nearest last; all of them where `shown` is 0.

    Args:
        signature: the contract.
        by: the input by which demonstrations are near or far.
        finds: whether a demonstration shows something that is looked for; of both sorts as many are shown.
        shown: at most so many at once.
    """

    def __init__(self, signature: type[dspy.Signature], by: str, finds: Callable[[Any], bool], shown: int = 0) -> None:
        super().__init__(signature)
        self.by, self.finds, self.shown = by, finds, shown

    @override
    def forward(self, **inputs: Any) -> dspy.Prediction:
        """As DSPy's, with demonstrations chosen for these inputs."""
        if 0 < self.shown < len(self.demos):
            inputs["demos"] = self._nearest(str(inputs[self.by]))
        return super().forward(**inputs)

    def _nearest(self, text: str) -> list[Any]:
        texts = tuple(str(demo[self.by]) for demo in self.demos)
        near = np.argsort(-texts_as_rows(texts).likeness(text), kind="stable").tolist()
        finding = [place for place in near if self.finds(self.demos[place])]
        others = [place for place in near if place not in set(finding)]
        each = self.shown // 2
        most = max(each, self.shown - len(others))
        kept = {*finding[:most], *others[: self.shown - min(most, len(finding))]}
        return [self.demos[place] for place in reversed(near) if place in kept]


class TextRows:
    """Texts as unit vectors of hashed features (`screening.classifying.features`), the rarer the heavier.

    Args:
        texts: what others are to be held against.
    """

    def __init__(self, texts: tuple[str, ...]) -> None:
        found = [_unit(text) for text in texts]
        self._ids = np.concatenate([ids for ids, _ in found])
        self._values = np.concatenate([values for _, values in found])
        self._starts = np.cumsum([0, *(len(ids) for ids, _ in found)])[:-1]

    def likeness(self, text: str) -> NDArray[np.float64]:
        """Cosine of `text` and each of the texts, in their order."""
        ids, values = _unit(text)
        dense = np.zeros(FEATURES)
        dense[ids] = values
        return np.add.reduceat(self._values * dense[self._ids], self._starts)


@lru_cache(maxsize=4)
def texts_as_rows(texts: tuple[str, ...]) -> TextRows:
    """The rows of the demonstrations in use, worked out once."""
    return TextRows(texts)


def _unit(text: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Feature ids and values of the whole text; a text without a word has those of its ends."""
    found = rows(plain_words(text), debtor_classifier().rarity)
    start, end = found.starts[-2:]
    values = found.values[start:end].astype(np.float64)
    return found.ids[start:end], values / max(float(np.linalg.norm(values)), 1e-12)
