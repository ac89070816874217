"""`python -m screening.creditor_training`: fit the classifier of a creditor's words to the shipped sentences."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from data.messages.corpus import SHIPPED, creditor_sentences
from data.messages.labels import BreachKind
from data.messages.message import CreditorSentence
from plumbing import cli
from screening.classifying.classifier import save_classifier
from screening.classifying.fitting import Fitted, Settings, fit
from screening.creditor import IMPROPER, TRAINED, masked

LABELS = (*(kind.value for kind in BreachKind), IMPROPER)
SETTINGS = Settings(looseness=30.0, precision={IMPROPER: (0.86, 0.98)})
"""Chosen on the `val` sentences and on folds of the `train` sentences (docs/messages.md)."""


def creditor_labels(sentence: CreditorSentence) -> frozenset[str]:
    """The classifier's labels of a sentence."""
    kinds = frozenset(kind.value for kind in sentence.breaches)
    return kinds | {IMPROPER} if kinds else kinds


def fit_creditor(folder: Path = SHIPPED, settings: Settings = SETTINGS) -> Fitted:
    """The classifier of the `train` sentences in a folder.

    Raises:
        UserError: the file is missing or faulty.
    """
    sentences = creditor_sentences("train", folder)
    digest = hashlib.sha256((folder / "creditor-train.jsonl").read_bytes()).hexdigest()
    return fit(
        [masked(one.text) for one in sentences],
        [creditor_labels(one) for one in sentences],
        [one.situation for one in sentences],
        LABELS,
        settings,
        {"file": "creditor-train.jsonl", "sha256": digest, "sentences": len(sentences), "seed": settings.seed},
    )


def train(
    out: Annotated[Path, typer.Option(help="Where the classifier goes.")] = TRAINED,
    folder: Annotated[Path, typer.Option(help="Folder with creditor-train.jsonl.")] = SHIPPED,
) -> None:
    """Fit the classifier of a creditor's words anew; the same sentences give the same file."""
    fitted = fit_creditor(folder)
    save_classifier(fitted.classifier, out)
    cli.results().print(f"{out}: {fitted.classifier.sha256[:12]}")


if __name__ == "__main__":
    cli.run(train, "python -m screening.creditor_training")
