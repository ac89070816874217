"""`python -m metrics.score`: its output, and one clear sentence for every bad line."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from data.domain import Ending, Negotiation
from metrics.evaluator import score
from metrics.score import main
from metrics.scorecard import INDEX_IDS, METRIC_IDS, PROMISE_IDS, TALK_IDS, UNKNOWN_IDS
from tests.metrics.examples import WORKED, agreement, case, creditor, no_agreement, terms

RECORDS = [
    agreement(terms(0, 10, 7, 6), case(case_id="d-1")),
    agreement(terms(12.5, 7.5, 10, 11), case(case_id="d-2")),
    no_agreement(creditor(terms(0, 10, 7, 6)), who=case(case_id="d-3"), ending=Ending.PROGRAM_FAULT),
    no_agreement(who=case(case_id="d-4"), ending=Ending.INFRASTRUCTURE),
]


def write(path: Path, records: list[Negotiation]) -> Path:
    path.write_text("".join(record.model_dump_json() + "\n" for record in records), encoding="utf-8")
    return path


def call(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["score", *map(str, arguments)])
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def error_of(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert out == "" and "Traceback" not in err
    return err.removeprefix("error: ").rstrip("\n")


def test_scores_are_written_line_by_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.jsonl"
    assert call(monkeypatch, write(tmp_path / "in.jsonl", RECORDS), "--json", out) == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [row["case_id"] for row in rows] == ["d-1", "d-2", "d-3", "d-4"]
    assert all(list(row) == ["case_id", *METRIC_IDS, *INDEX_IDS] for row in rows)
    assert rows[:3] == [score(record).row() for record in RECORDS[:3]]
    assert set(list(rows[3].values())[1:]) == {None}, "not scored is null, never 0"
    printed = capsys.readouterr()
    assert "3 scored · 1 unscored · 1 failed; mean [95 % interval], n = 3" in printed.out
    assert all(name in printed.out for name in (*METRIC_IDS, *INDEX_IDS))
    assert "4 lines written to" in printed.err


def test_standard_input_blank_lines_and_byte_order_mark(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    data = "\ufeff\n" + RECORDS[0].model_dump_json() + "\r\n\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data.encode()), encoding="utf-8"))
    assert call(monkeypatch, "-") == 0
    assert "1 scored · 0 unscored · 0 failed" in capsys.readouterr().out


def test_nothing_scored_is_said_and_not_averaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, write(tmp_path / "in.jsonl", RECORDS[3:])) == 0
    out = capsys.readouterr().out
    assert "0 scored · 1 unscored" in out and "nan" not in out


LINE = RECORDS[0].model_dump_json()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "not JSON (column 2: Expecting property name enclosed in double quotes); expected one object a line"),
        ("[1]", "expected a JSON object, found an array"),
        ("null", "expected a JSON object, found null"),
        (
            LINE.replace('"case":', '"kase":'),
            "missing key 'case'; add it; unknown key 'kase'; remove it or correct its name",
        ),
        (
            LINE.replace('"product"', '"colour":1,"product"'),
            "unknown key 'case.debt.colour'; remove it or correct its name",
        ),
        (
            LINE.replace('"outstanding":1000000', '"outstanding":0'),
            "'case.debt.outstanding': input should be greater than 0, got 0",
        ),
        (
            LINE.replace('"outstanding":1000000', '"outstanding":10.5'),
            "'case.debt.outstanding': input should be a valid integer, got 10.5",
        ),
        (
            LINE.replace('"assets":500000', '"assets":1' + "0" * 17),
            f"'case.finances.assets': 1{'0' * 17} is above 1{'0' * 16} minor units; check the unit of amounts",
        ),
        (LINE.replace('"assets":500000', '"assets":NaN'), "NaN is not a number that JSON knows; write a finite number"),
        (
            LINE.replace('"ending":"agreement"', '"ending":"walked_away"'),
            "'the record': `agreed` must hold the four terms exactly when `ending` is \"agreement\", got an object",
        ),
        (
            LINE.replace('"kind":"accept"', '"kind":"maybe"'),
            "'turns.1.move.kind': input should be 'ask', 'accept', 'reject' or 'talk', got 'maybe'",
        ),
        (LINE.replace('"seed":null', '"seed":0,"seed":1'), "the key 'seed' stands twice; keep one"),
        (
            LINE.replace('"name":"Li Na"', '"name":"Li \\ud83d"'),
            "'case.debtor.name': holds half of a character (a lone surrogate); correct the text",
        ),
    ],
    ids=[
        "json", "array", "null", "key", "inner key", "zero", "fraction", "huge", "nan", "ending", "move", "twice",
        "half",
    ],
)  # fmt: skip
def test_bad_line(
    line: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "bad.jsonl", tmp_path / "out.jsonl"
    file.write_text(f"{LINE}\n{line}\n", encoding="utf-8")
    out.write_text("kept", encoding="utf-8")
    assert call(monkeypatch, file, "--json", out) == 2
    assert error_of(capsys) == f"{file}, line 2: {sentence}"
    assert out.read_text(encoding="utf-8") == "kept"


def test_a_record_made_for_reading_is_one_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "pretty.json"
    file.write_text(RECORDS[0].model_dump_json(indent=1), encoding="utf-8")
    assert call(monkeypatch, file) == 2
    error = error_of(capsys)
    assert error.startswith(f"{file}, line 1: one JSON object over ") and error.endswith("(`jq -c . FILE` does)")


def _account(record: Negotiation) -> str:
    table = json.loads(record.model_dump_json(exclude_none=True))
    del table["case"]["finances"]
    return json.dumps(table) + "\n"


def test_without_finances_the_talk_and_the_promise_are_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    kept, broken = RECORDS[0], no_agreement(who=case(case_id="d-4"), ending=Ending.INFRASTRUCTURE)
    file.write_text(_account(kept) + RECORDS[1].model_dump_json() + "\n" + _account(broken), encoding="utf-8")
    assert call(monkeypatch, file, "--json", out) == 0
    account, whole, unscored = map(json.loads, out.read_text(encoding="utf-8").splitlines())
    full = score(kept).row()
    assert {name: account[name] for name in TALK_IDS} == {name: full[name] for name in TALK_IDS}
    assert {account[name] for name in UNKNOWN_IDS} == {None} and "finances" in account["null_because"]
    # this debtor keeps the plan, so that what was promised is what comes
    assert [account[name] for name in PROMISE_IDS] == [full[n] for n in ("SR", "RR", "QRD", "HRD", "CRD", "CRI")]
    assert whole == score(RECORDS[1]).row()
    assert set(list(unscored.values())[1:]) == {None}
    printed = " ".join(capsys.readouterr().out.split())
    assert "2 scored · 1 unscored · 0 failed" in printed and "of 1 without finances" in printed


def test_finances_of_null_are_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, table = tmp_path / "in.jsonl", json.loads(_account(RECORDS[0]))
    table["case"]["finances"] = None
    file.write_text(json.dumps(table), encoding="utf-8")
    assert call(monkeypatch, file) == 0


def test_all_bad_lines_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "bad.jsonl"
    file.write_text("1\n" * 12, encoding="utf-8")
    assert call(monkeypatch, file) == 2
    lines = error_of(capsys).splitlines()
    assert lines[0] == f"{file}, line 1: expected a JSON object, found a number"
    assert len(lines) == 11 and lines[-1] == "and 2 more lines"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "FILE is empty; expected one negotiation record (a JSON object) a line"),
        (b"\n \n", "FILE is empty; expected one negotiation record (a JSON object) a line"),
        (b"{}\n\xff\xfe", "FILE, line 2: not UTF-8 text; save the file as UTF-8"),
        (None, "cannot read FILE: No such file or directory; give a JSON-lines file of negotiations"),
    ],
    ids=["empty", "blank", "encoding", "missing"],
)
def test_bad_file(
    content: bytes | None,
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "f.jsonl"
    if content is not None:
        file.write_bytes(content)
    assert call(monkeypatch, file) == 2
    assert error_of(capsys) == sentence.replace("FILE", str(file))


def test_unwritable_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "nowhere" / "out.jsonl"
    assert call(monkeypatch, write(tmp_path / "in.jsonl", RECORDS), "--json", out) == 2
    assert error_of(capsys) == f"cannot write {out}: No such file or directory; nothing was changed"


def test_other_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(tmp_path / "in.jsonl", RECORDS)
    assert call(monkeypatch, file, "--weights", tmp_path / "none.toml") == 2
    assert error_of(capsys).startswith("cannot read the weights file")


def test_worked_examples_through_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records = [no_agreement(who=w.who) if w.plan is None else agreement(w.plan, w.who) for w in WORKED]
    out = tmp_path / "out.jsonl"
    assert call(monkeypatch, write(tmp_path / "in.jsonl", records), "--json", out) == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    for row, worked in zip(rows, WORKED, strict=True):
        assert {name: round(row[name], 6) for name in worked.rounded} == worked.rounded
