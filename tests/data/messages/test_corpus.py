"""The shipped corpus holds together, and a file of one's own is checked line by line."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from data.messages.__main__ import messages
from data.messages.corpus import SHIPPED, creditor_sentences, debtor_messages, read_messages, straddling
from data.messages.labels import BreachKind, SignalKind
from data.messages.message import SPLITS
from plumbing.cli import app_of
from plumbing.errors import UserError

LINE = {
    "text": "18 months pls",
    "language": "en",
    "currency": "USD",
    "intent": "offer",
    "situation": "s",
    "author": "a",
}

OF_CREDITORS = [split for split in SPLITS if (SHIPPED / f"creditor-{split}.jsonl").is_file()]


def written(tmp_path, *lines: dict | str):
    path = tmp_path / "own.jsonl"
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines), encoding="utf-8")
    return path


def test_it_is_as_large_as_promised_and_every_label_and_language_is_in_every_split():
    debtors = {split: debtor_messages(split) for split in SPLITS}
    creditors = {split: creditor_sentences(split) for split in OF_CREDITORS}
    assert sum(map(len, debtors.values())) >= 2500
    assert sum(map(len, creditors.values())) >= 800
    for found in debtors.values():
        assert {label for one in found for label in one.signals} == set(SignalKind)
        assert {one.language for one in found} == {"en", "es", "zh"}
    for sentences in creditors.values():
        assert {label for one in sentences for label in one.breaches} == set(BreachKind)


def test_no_author_situation_or_text_stands_in_two_splits():
    assert straddling({split: debtor_messages(split) for split in SPLITS}) == []
    assert straddling({split: creditor_sentences(split) for split in OF_CREDITORS}) == []


def test_one_that_straddles_is_named():
    train, val = debtor_messages("train")[:5], debtor_messages("val")[:5]
    assert straddling({"train": train, "val": (*val, train[0])})[0].endswith("stands in train and val")


def test_a_file_of_ones_own_with_terms_is_read(tmp_path):
    path = written(tmp_path, {**LINE, "terms": [["installment_periods", 18, "18 months"]]}, "", LINE)
    assert [one.text for one in read_messages(path)] == ["18 months pls"] * 2


def test_every_fault_is_told_with_its_line(tmp_path):
    path = written(
        tmp_path,
        {**LINE, "signals": ["stpo"]},
        "{",
        {**LINE, "terms": [["installment_periods", 18, "eighteen"]]},
        {**LINE, "terms": [["discount_pct", None, "18"]]},
    )
    with pytest.raises(UserError) as caught:
        read_messages(path)
    told = str(caught.value)
    assert "own.jsonl has 4 faults" in told
    assert "line 1: signals.0" in told
    assert "line 2: no JSON" in told
    assert "line 3: the words 'eighteen' of installment_periods do not stand in the text" in told
    assert "line 4: discount_pct ('18') has no value" in told


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "holds no message"), (b"\xff\xfe{", "no UTF-8 text"), (None, "cannot read")],
)
def test_a_file_that_is_none_is_one_sentence(tmp_path, content, said):
    path = tmp_path / "own.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=said):
        read_messages(path)


def test_the_command_counts_languages_authors_and_labels(tmp_path):
    path = written(tmp_path, {**LINE, "signals": ["stop"]}, {**LINE, "language": "es", "author": "b"})
    shown = CliRunner().invoke(app_of(messages), [str(path)]).output
    assert all(one in shown for one in ("own.jsonl", "en 1 es 1", "stop 1"))
