"""A small trained classifier of short texts: character n-grams and words, hashed, one logistic regression a label.

It takes milliseconds, needs no model of language, and reads misspelt words as well as its training messages did.
A text's score for a label is that of its most telling sentence, since a long message may say one thing in one line.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from plumbing.errors import UserError
from plumbing.files import replace_file
from screening.classifying.features import FEATURES, Rows, rows, sentence_rows
from screening.plain_words import parts, plain_words, scripts_apart

FORM = 1
"""Of the artifact and of the features; another number is read by another version."""


@dataclass(frozen=True)
class TextClassifier:
    """A trained classifier; `sha256` names it."""

    labels: tuple[str, ...]
    weights: NDArray[np.float32]
    """(features, labels)."""
    bias: NDArray[np.float32]
    rarity: NDArray[np.float32]
    """Weight of each hashed feature (`screening.classifying.features.rarity_of`)."""
    thresholds: Mapping[str, tuple[float, float]]
    """Per label: from which score a text may have it, and from which it has it."""
    trained_on: Mapping[str, Any]
    """Where it comes from: the files and their hashes, seed, versions."""

    def scores(self, text: str) -> dict[str, float]:
        """Probability of each label: the highest of the whole text's and of its sentences'."""
        highest = self._logits(plain_words(text)).max(axis=0)
        return dict(zip(self.labels, _probability(highest).tolist(), strict=True))

    def whole_scores(self, text: str) -> dict[str, float]:
        """Probability of each label of the text as a whole, whatever its sentences say alone."""
        return dict(zip(self.labels, _probability(self._logits(plain_words(text))[-1]).tolist(), strict=True))

    def sentence_scores(self, text: str) -> list[tuple[str, dict[str, float]]]:
        """Each sentence in `plain_words` form with its probabilities; where there are several, at last the whole."""
        plain = scripts_apart(plain_words(text))
        pieces = parts(plain)
        scored = zip(pieces if len(pieces) == 1 else [*pieces, plain], self._logits(plain), strict=False)
        return [(part, dict(zip(self.labels, _probability(row).tolist(), strict=True))) for part, row in scored]

    def scores_of(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """(sentences, labels): probabilities for each sentence in `plain_words` form by itself, all in one go."""
        return _probability(self._weighed(sentence_rows(sentences, self.rarity)))

    def _logits(self, plain: str) -> NDArray[np.float32]:
        """(sentences, and the whole where it has not just one; labels)."""
        return self._weighed(rows(plain, self.rarity))

    def _weighed(self, found: Rows) -> NDArray[np.float32]:
        summed = np.tile(self.bias, (len(found.starts) - 1, 1)).astype(np.float32)
        full = np.flatnonzero(np.diff(found.starts))
        if len(full):
            weighted = self.weights[found.ids] * found.values[:, None]
            summed[full] += np.add.reduceat(weighted, found.starts[:-1][full], axis=0)
        return summed

    @property
    def sha256(self) -> str:
        """Of what decides its scores."""
        digest = hashlib.sha256(json.dumps([FORM, self.labels, dict(self.thresholds)], sort_keys=True).encode())
        digest.update(self.weights.astype(np.float16).tobytes() + self.bias.tobytes() + self.rarity.tobytes())
        return digest.hexdigest()


def save_classifier(classifier: TextClassifier, path: Path) -> None:
    """Write it as one file (NumPy's .npz, no pickle); an existing one is replaced whole or not at all."""
    kept = np.flatnonzero(np.abs(classifier.weights).max(axis=1) > 0)
    described = {
        "form": FORM, "labels": classifier.labels, "thresholds": dict(classifier.thresholds),
        "trained_on": dict(classifier.trained_on), "sha256": classifier.sha256,
    }  # fmt: skip
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        described=np.frombuffer(json.dumps(described, sort_keys=True).encode(), dtype=np.uint8),
        rows=kept.astype(np.uint32),
        weights=classifier.weights[kept].astype(np.float16),
        bias=classifier.bias.astype(np.float32),
        rarity=classifier.rarity,
    )
    replace_file(path, buffer.getvalue())


@lru_cache(maxsize=8)
def kept_classifier(path: Path) -> TextClassifier:
    """The classifier in a file that does not change while the process runs, loaded once; see `load_classifier`."""
    return load_classifier(path)


def load_classifier(path: Path) -> TextClassifier:
    """The classifier in a file.

    Raises:
        UserError: there is none, or it is damaged or of another form.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            described = json.loads(file["described"].tobytes())
            if described["form"] != FORM:
                raise UserError(f"{path} was made by another version of maden; fit it anew (docs/messages.md)")
            weights = np.zeros((FEATURES, len(described["labels"])), dtype=np.float32)
            weights[file["rows"]] = file["weights"]
            loaded = TextClassifier(
                tuple(described["labels"]),
                weights,
                file["bias"],
                file["rarity"],
                {label: (low, high) for label, (low, high) in described["thresholds"].items()},
                described["trained_on"],
            )
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise UserError(f"cannot read the classifier {path}: {error}") from error
    if loaded.sha256 != described["sha256"]:
        raise UserError(f"the classifier {path} was changed or damaged after it was trained; train it anew")
    return loaded


def _probability(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    return (1 / (1 + np.exp(-np.clip(logits, -50, 50)))).astype(np.float32)
