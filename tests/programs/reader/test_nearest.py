from __future__ import annotations

import dspy
import pytest

from programs.reader.nearest import NearestPredict, TextRows
from programs.reader_program import ReaderProgram, ReaderSettings
from signatures.reading import NOTHING_ELSE, NoticeSignal
from tests.scripted import scripted_lm

TEXTS = (
    "stop writing to me, never again",
    "please do not contact me any more",
    "my son lost his job at the harbour",
    "i can pay 300 a month from march",
    "别再联系我了",
    "我每个月可以还五百块",
)
"""Written for this test, in pairs of a kind."""


def demos():
    return [dspy.Example(augmented=True, message=text, category=NOTHING_ELSE) for text in TEXTS]


@pytest.mark.parametrize(
    ("message", "nearest"),
    [
        ("Do not contact me again", TEXTS[1]),
        ("can i pay 200 a month from may?", TEXTS[3]),
        ("请你们不要再联系我了", TEXTS[4]),
        ("我每月只能还三百块", TEXTS[5]),
    ],
)
def test_the_nearest_of_many_texts_is_one_of_its_kind(message, nearest):
    likeness = TextRows(TEXTS).likeness(message)
    assert TEXTS[likeness.argmax()] == nearest
    assert likeness.max() <= 1 + 1e-9


def test_texts_without_a_word_are_no_fault():
    rows = TextRows(("", "...", "stop"))
    assert rows.likeness("stop").argmax() == 2
    assert len(rows.likeness("")) == 3


def asked(shown, message="i can pay 250 a month from may"):
    predictor = NearestPredict(NoticeSignal, "message", shown)
    predictor.demos = demos()
    lm = scripted_lm(lambda _: {"category": NOTHING_ELSE})
    with dspy.context(lm=lm):
        predictor(message=message)
    prompt = lm.engine.prompts[-1]
    return [text for _, text in sorted((prompt.index(text), text) for text in TEXTS if text in prompt)]


def test_the_nearest_are_shown_the_nearest_last():
    shown = asked(2)
    assert len(shown) == 2
    assert shown[-1] == TEXTS[3]
    assert asked(0) == list(TEXTS)
    assert asked(6) == asked(60) == list(TEXTS)


def test_how_many_are_shown_is_a_setting_that_is_saved_with_the_program():
    program = ReaderProgram(ReaderSettings(nearest=3))
    program.reader.notice.demos = demos()
    again = program.with_settings(ReaderSettings(nearest=2))
    assert (again.reader.notice.shown, again.reader.read.shown, len(again.reader.notice.demos)) == (2, 1, len(TEXTS))
    assert again.sha256 != program.sha256
    assert ReaderSettings().fingerprinted() == {"program": "reader"}, "older readers keep their hash"
