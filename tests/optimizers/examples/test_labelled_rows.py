from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import dspy
import pytest

from data.messages.book import read_message_book
from data.messages.labels import SignalKind
from optimizers.examples.__main__ import examples
from optimizers.examples.labelled_rows import labelled_examples
from optimizers.train.training_data import read_examples
from programs.kinds.reading_kind import READINGS
from programs.models.adapter import ADAPTER
from programs.reader_program import NOTICES, READS, ReaderProgram
from tests.programs.command_line import CommandLine
from tests.scripted import scripted_lm


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


CASES = read_message_book().split("train")[:400]


def test_the_prompt_is_the_one_that_the_program_sends():
    case = next(case for case in CASES if not case.message.signals and len(case.message.text) < 100)
    sent = []

    def answer(prompt: str) -> dict:
        sent.append(prompt)
        if "standing_offer" not in prompt:
            return {"category": "only_payment_talk"}
        return {"stated": {"intent": "talk", "said": []}}

    with dspy.context(lm=scripted_lm(answer), adapter=ADAPTER):
        ReaderProgram()(case=case)
    rows = labelled_examples(READINGS, ReaderProgram(), [case])
    assert [row.predictor for row in rows] == [NOTICES, READS]
    for row, prompt in zip(rows, sent, strict=True):
        assert all(message["content"] in prompt for message in row.prompt)


def test_the_reply_is_the_label_in_one_line_of_json():
    signatures = {name: predictor.signature for name, predictor in ReaderProgram().named_predictors()}
    right = {case.case_id: READINGS.right_answers(case) for case in CASES}
    rows = labelled_examples(READINGS, ReaderProgram(), CASES)
    assert len(rows) > len(CASES)
    for row in rows:
        assert "\n" not in row.reply
        assert row.reply == json.dumps(json.loads(row.reply), separators=(",", ":"), ensure_ascii=False)
        assert ADAPTER.parse(signatures[row.predictor], row.reply) == right[row.case_id][row.predictor]


def test_fewer_keep_the_rare_kinds_and_are_drawn_by_the_seed():
    cases = read_message_book().split("train")[:4000]
    rows = labelled_examples(READINGS, ReaderProgram(), cases, most=48)
    counts = Counter(row.facet for row in rows if row.predictor == NOTICES)
    known = {READINGS.traits(case)["signal"] for case in cases}
    assert set(counts) == known
    assert max(counts.values()) - min(counts.values()) <= 1
    assert SignalKind.LANGUAGE.value in counts
    assert rows == labelled_examples(READINGS, ReaderProgram(), cases, most=48)
    assert rows != labelled_examples(READINGS, ReaderProgram(), cases, most=48, seed=1)


@pytest.mark.parametrize("form", ["trl", "openai", "together"])
def test_the_command_writes_what_trainers_read(form: str, tmp_path: Path, line: CommandLine):
    out = tmp_path / "reader.jsonl"
    done = line(examples, "examples", "--out", out, "--most", 32, "--format", form)
    assert done.code == 0, done.err
    if form == "trl":
        rows, _ = read_examples(out)
        assert len(rows) == 64
    else:
        lines = [json.loads(line) for line in out.read_text().splitlines()]
        assert {line["messages"][-1]["role"] for line in lines} == {"assistant"}
        assert len(out.with_suffix(".provenance.jsonl").read_text().splitlines()) == len(lines) == 64


def test_a_negotiator_has_none_and_a_sentence_says_what_there_is(tmp_path: Path, line: CommandLine):
    done = line(examples, "examples", "--out", tmp_path / "x.jsonl", "--program", "maden")
    assert done.code == 2
    assert "python -m optimizers.preferences" in done.err
