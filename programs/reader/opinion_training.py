"""Training the opinions on figures and on whole messages: `python -m programs.reader.opinion_training`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from data.messages.corpus import SHIPPED as CORPUS
from data.messages.corpus import debtor_messages
from data.messages.labels import TermKind
from data.messages.message import DebtorMessage, StatedTerm
from plumbing import cli
from programs.reader.opinions.offered import LABEL, SHIPPED, described
from programs.reader.opinions.whole_message import ACCEPTED, OFFERING, MessageOpinion
from programs.reader.stated.clauses import clauses
from programs.reader.stated.plain import plain
from programs.reader.stated.roles import Role, roles
from screening.classifying.classifier import TextClassifier, save_classifier
from screening.classifying.features import rarity_of
from screening.classifying.fitting import logistic_regression, matrix
from screening.plain_words import plain_words

_SMALL = 1e-3
"""Weights below this decide nothing and are not kept."""
TODAY = date(2026, 1, 5)
"""Of the training messages; only whether a date is named counts there."""


def examples(messages: Iterable[DebtorMessage]) -> tuple[list[str], list[bool]]:
    """Each figure of the messages as the classifier sees it, and whether its author labelled it as a term."""
    rows, offered = [], []
    for message in messages:
        text = plain(message.text)
        parts = clauses(text)
        for role in roles(text, TODAY):
            rows.append(described(parts, role))
            offered.append(any(_same(role, term, text) for term in message.terms))
    return rows, offered


def trained(messages: Iterable[DebtorMessage]) -> TextClassifier:
    """The opinion that labelled messages teach."""
    messages = list(messages)
    rows, offered = examples(messages)
    return fitted(LABEL, (0.35, 0.6), rows, offered, {**_trained_on(messages), "figures": len(rows)})


def trained_on_intents(messages: Iterable[DebtorMessage], opinion: MessageOpinion) -> TextClassifier:
    """The opinion whether a message has the intent that `opinion` is to find."""
    messages = list(messages)
    found = [message.intent is opinion.intent for message in messages]
    texts, thresholds = [message.text for message in messages], (opinion.possible, opinion.sure)
    return fitted(opinion.label, thresholds, texts, found, {**_trained_on(messages), opinion.label: sum(found)})


def _trained_on(messages: Sequence[DebtorMessage]) -> dict[str, object]:
    texts = hashlib.sha256("\n".join(message.text for message in messages).encode()).hexdigest()
    return {"messages": len(messages), "texts": texts}


def fitted(
    label: str,
    thresholds: tuple[float, float],
    rows: Sequence[str],
    labelled: Sequence[bool],
    trained_on: dict[str, object],
) -> TextClassifier:
    """A classifier of short texts with one label, a logistic regression; seconds."""
    plain = [plain_words(row) for row in rows]
    rarity = rarity_of(plain)
    model = logistic_regression()(C=10, max_iter=500, class_weight="balanced")
    model.fit(matrix(plain, rarity), np.asarray(labelled))
    weights = np.where(np.abs(model.coef_.T) < _SMALL, 0, model.coef_.T).astype(np.float16).astype(np.float32)
    bias = model.intercept_.astype(np.float32)
    return TextClassifier((label,), weights, bias, rarity, {label: thresholds}, trained_on)


def main(
    folder: Annotated[Path, typer.Option(help="Folder with debtor-train.jsonl.")] = CORPUS,
    out: Annotated[Path, typer.Option(help="Folder in which the opinions are written.")] = SHIPPED.parent,
) -> None:
    """Train the opinions whether a figure is offered and whether a message takes or makes an offer, from a corpus."""
    messages = debtor_messages("train", folder)
    figures = trained(messages)
    save_classifier(figures, out / SHIPPED.name)
    told = [f"{out / SHIPPED.name}: {figures.trained_on['figures']} figures of {len(messages)} messages"]
    for opinion in (ACCEPTED, OFFERING):
        found = trained_on_intents(messages, opinion)
        save_classifier(found, out / opinion.shipped.name)
        told.append(f"{out / opinion.shipped.name}: {found.trained_on[opinion.label]} {opinion.label} among them")
    cli.results().print("\n".join(told))


def _same(role: Role, term: StatedTerm, text: str) -> bool:
    words, own = plain(term.words), text[slice(*role.span)]
    at = text.find(words)
    while at >= 0:
        if at < role.span[1] and role.span[0] < at + len(words):
            dated = term.kind is TermKind.FIRST_DATE and role.kind is TermKind.FIRST_DATE
            return dated or (term.value is not None and (own in words or words in own) and _close(role, term.value))
        at = text.find(words, at + 1)
    return False


def _close(role: Role, value: float) -> bool:
    return role.value is not None and abs(float(role.value) - value) <= 0.01 * max(1.0, abs(value))


if __name__ == "__main__":
    cli.run(main, "python -m programs.reader.opinion_training")
