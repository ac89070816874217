"""Transcripts of any form: who said what, in which call, and whose words they are."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from data.domain import Speaker
from data.transcripts.call_log import read_calls
from data.transcripts.column_names import Columns
from data.transcripts.parties import Sides, WhoIsWho, parties
from plumbing.errors import UserError

SAMPLES = Path(__file__).with_name("samples")


@pytest.mark.parametrize(
    ("name", "ids", "lines", "creditor"),
    [
        ("diarised.json", ["rec-0091"], 14, "SPEAKER_00"),
        ("calls.csv", ["101", "102"], 11, "Agent"),
        ("chat.txt", ["call-1"], 10, "Gestora Lucía"),
        ("channels.json", ["c-555"], 6, "AGENT"),
        ("cells.csv", ["c-9", "c-10"], 7, "Collector"),
        ("calls_zh.jsonl", ["z1"], 6, "客服"),
        ("headings.txt", ["call-1"], 6, "Marisol"),
    ],
)
def test_each_form_gives_its_calls(name: str, ids: list[str], lines: int, creditor: str) -> None:
    log = read_calls(SAMPLES / name)
    assert [call.call_id for call in log.calls] == ids
    assert sum(len(call.lines) for call in log.calls) == lines
    for call in log.calls:
        sides = parties(call, Sides())
        assert sides[creditor] is Speaker.CREDITOR and set(sides.values()) == set(Speaker)


def test_sides_listed_apart_come_in_the_order_of_time() -> None:
    (call,) = read_calls(SAMPLES / "channels.json").calls
    assert [line.speaker for line in call.lines] == ["AGENT", "CUSTOMER"] * 3
    assert call.case_id == "d-0001"


def test_a_line_without_a_speaker_goes_on() -> None:
    (call,) = read_calls(SAMPLES / "chat.txt").calls
    assert call.lines[2].text.endswith("5.000 € y lleva 120 días de atraso")


def test_the_user_names_the_columns_and_the_speakers(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("k,wer,was\n7,Ann,Hello\n7,Bo,Yes?\n8,Ann,Bye\n", encoding="utf-8")
    log = read_calls(path, Columns({"speaker": "WER", "text": "was", "call": "k"}))
    assert [call.call_id for call in log.calls] == ["7", "8"]
    with pytest.raises(WhoIsWho, match="'Ann', 'Bo'"):
        parties(log.calls[0], Sides())
    assert parties(log.calls[0], Sides(creditor=("ann",))) == {"Ann": Speaker.CREDITOR, "Bo": Speaker.DEBTOR}


def test_a_recording_is_nobodys_side(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    said = [{"role": who, "content": f"words of {who}"} for who in ("system", "assistant", "user")]
    path.write_text(json.dumps({"messages": said}), encoding="utf-8")
    (call,) = read_calls(path).calls
    assert parties(call, Sides()) == {"system": "other", "assistant": Speaker.CREDITOR, "user": Speaker.DEBTOR}


def test_half_a_character_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "c.jsonl"
    path.write_text('{"calls": [{"speaker": "agent", "text": "hi \\ud83d there"}]}', encoding="utf-8")
    assert read_calls(path).calls[0].lines[0].text == "hi there"


@pytest.mark.parametrize("line", [" " * 50_000, "[" + " " * 50_000, "---" + " -" * 25_000, "a " * 25_000, ":" * 50_000])
def test_the_worst_line_takes_no_time(tmp_path: Path, line: str) -> None:
    path = tmp_path / "c.txt"
    path.write_text(f"Agent: hi\n{line}\nCustomer: {line}\nAgent: bye\n", encoding="utf-8")
    began = time.process_time()
    read_calls(path)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", "x,y\n1,2\n", "has no column that holds what was said (x, y); name it with --text-column"),
        ("a.csv", "text,y\nhello,2\n", "has no column that says who speaks (text, y); name it with --speaker-column"),
        ("a.csv", "", "is empty"),
        ("a.json", '{"a": 1}', "holds no conversation"),
        ("a.jsonl", '{"a": 1}\n{"b"\n', "line 2: not JSON (column 5"),
        ("a.json", "[" * 100_000, "nested too deeply"),
        ("a.txt", "nobody speaks\nin here\n", "names nobody as speaking"),
        ("a.pdf", "x", "is no transcript: the suffix '.pdf'"),
        ("none.csv", None, "no file at"),
    ],
)
def test_what_is_no_transcript_is_one_sentence(tmp_path: Path, name: str, content: str | None, sentence: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError) as raised:
        read_calls(path)
    assert sentence in str(raised.value)
