"""Other people's messages are found by their digest; nothing of theirs is kept here."""

from __future__ import annotations

import hashlib
import json

import pytest

from benchmarks import public_messages
from benchmarks.public_messages import LABELS, labelled
from plumbing.errors import UserError


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "banking_data").mkdir()
    (tmp_path / "nlupp/data/banking").mkdir(parents=True)
    (tmp_path / "banking_data/train.csv").write_text('text,category\n"Where is\nmy card?",x\nI owe nothing,x\n')
    spoken = [
        {"text": "give me a human", "intents": ["handoff"]},
        {"text": "hm"},
        {"text": "no human", "intents": ["handoff"]},
    ]
    (tmp_path / "nlupp/data/banking/fold0.json").write_text(json.dumps(spoken))
    return tmp_path


def _labels(path, **signals):
    rows = [{"sha256": hashlib.sha256(text.encode()).hexdigest(), "signals": found} for text, found in signals.items()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def test_agreed_labels_and_the_datas_own_are_joined_and_doubtful_ones_left_out(checkout, tmp_path, monkeypatch):
    monkeypatch.setattr(public_messages, "LABELS", tmp_path / "labels.jsonl")
    _labels(tmp_path / "labels.jsonl", **{"Where is my card?": [], "I owe nothing": None, "no human": []})
    found = {one["text"]: one["signals"] for one in labelled(checkout)}
    assert found == {"Where is my card?": [], "give me a human": ["wants_person"], "no human": []}


def test_a_folder_that_is_none_and_one_that_is_not_whole_are_told(checkout, tmp_path):
    with pytest.raises(UserError, match="no checkout"):
        list(labelled(tmp_path / "banking_data"))
    with pytest.raises(UserError, match="labelled messages are not there"):
        list(labelled(checkout))


def test_no_text_of_others_is_kept_here():
    rows = [json.loads(line) for line in LABELS.read_text().splitlines()]
    assert len(rows) == 600 and all(set(row) <= {"sha256", "of", "signals", "doubtful"} for row in rows)
