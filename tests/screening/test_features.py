"""Features of a text: deterministic, sentence by sentence, linear; spelling of the same words does not matter."""

from __future__ import annotations

import numpy as np
import pytest

from screening.classifying.features import FEATURES, HASHED, rows, sentence_rows
from screening.plain_words import parts, plain_sentences, plain_words

TEXTS = ["i will call your boss.", "", "!", "a", "你好", "uno. dos? tres!", "x" * 3000, "a. " * 700, "\n\n"]


@pytest.mark.parametrize("text", TEXTS)
def test_every_sentence_has_its_row_of_length_one_a_block(text: str) -> None:
    found = rows(text)
    sentences = parts(text)
    assert len(found.starts) - 1 == len(sentences) + (len(sentences) != 1)
    assert found.starts[-1] == len(found.ids) == len(found.values)
    assert ((found.ids >= 0) & (found.ids < FEATURES)).all()
    for begin, end in zip(found.starts[:-1], found.starts[1:], strict=True):
        assert (np.diff(found.ids[begin:end]) > 0).all()
        hashed = found.ids[begin:end] < HASHED
        assert (found.values[begin:end][hashed] ** 2).sum() <= 3 + 1e-3


def test_a_sentence_has_the_same_features_wherever_it_stands() -> None:
    alone, among = sentence_rows(["we call your boss."]), sentence_rows(["hello.", "we call your boss.", "bye."])
    begin, end = among.starts[1:3]
    assert alone.ids.tolist() == among.ids[begin:end].tolist()
    assert np.allclose(alone.values, among.values[begin:end])


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("I DON´T oweee", "i dont owee"),
        ("I don’t owe", "i dont owe"),
        ("ｃａｌｌ ｍｅ", "call me"),
        ("CÁRCEL mañana", "carcel manana"),
        ("告訴你的老闆", "告诉你的老板"),
    ],
)
def test_one_spelling_of_what_is_typed_in_many_ways(typed: str, plain: str) -> None:
    assert plain_words(typed) == plain


def test_sentences_for_patterns_keep_a_straight_apostrophe() -> None:
    assert plain_sentences("We´ll call. ¡Señor!\n會") == ["we'll call.", "¡senor!", "会"]
