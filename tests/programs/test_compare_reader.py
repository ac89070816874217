from __future__ import annotations

import json

import pandas as pd
import pytest

from programs.compare import compare
from programs.compile import compile_
from programs.playing.contestants import kind_of_names
from tests.programs.command_line import CommandLine
from tests.programs.readings import message_book, reading

PROG = "python -m programs.compare"


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    cli = CommandLine(monkeypatch, capsys)
    lm = reading()
    cli.use_model(lm)
    book = message_book(tmp_path / "messages", 6)
    folders = ("--artifacts", tmp_path / "a", "--runs", tmp_path / "r", "--book", book)
    compiled = cli(compile_, "p", "--program", "reader", "--train", 16, "--val", 12, *folders)
    assert compiled.code == 0, compiled.err

    def call(*argv: object):
        return cli(compare, PROG, *argv, *folders)

    call.lm = lm
    return call


def test_a_compiled_reader_is_compared_on_the_held_out_messages(run, tmp_path):
    files = ("--json", tmp_path / "c.json", "--csv", tmp_path / "c.csv", "--save-negotiations", tmp_path / "c.jsonl")
    result = run("reader", "reader@1", "--split", "heldout", *files)
    assert result.code == 0, result.err
    assert "heldout: 42 messages x 1 trial" in result.out
    assert "reader@1 is better than reader (objective +" in result.out
    assert "this is the first comparison on these held-out messages" in result.out
    found = json.loads((tmp_path / "c.json").read_text())
    (pair,) = found["pairs"]
    assert pair["metrics"]["objective"]["difference"]["n"] == 42
    assert pair["metrics"]["MISS"]["difference"]["n"] == 24, "only messages with a signal that must silence"
    assert pair["metrics"]["MISS"]["difference"]["mean"] < 0
    assert {"signal", "language", "intent"} == {one["dimension"] for one in pair["slices"]}
    table = pd.read_csv(tmp_path / "c.csv")
    by_program = table.groupby("program")["objective"].mean()
    gap = by_program["reader@1"] - by_program["reader"]
    assert gap == pytest.approx(pair["metrics"]["objective"]["difference"]["mean"])
    records = (tmp_path / "c.reader.jsonl").read_text().splitlines()
    assert len(records) == 42


def test_the_report_tells_what_came_out_differently_and_what_changed_in_the_prompt(run, tmp_path):
    result = run("reader", "reader@1", "--html", tmp_path / "page.html")
    assert result.code == 0, result.err
    page = (tmp_path / "page.html").read_text()
    assert "reader@1 is better than reader" in page
    assert "which was missed; that costs most." in page
    assert "Demonstrations: 0 removed" in page
    assert "http" not in page.replace("http-equiv", "")


def test_what_was_read_is_not_read_again(run):
    run("reader", "reader@1", "--debtors", 10)
    asked = len(run.lm.engine.prompts)
    assert run("reader", "reader@1", "--debtors", 10).code == 0
    assert len(run.lm.engine.prompts) == asked


def test_a_reader_is_not_compared_to_a_negotiator(run, tmp_path):
    result = run("reader", "maden")
    assert result.code == 2
    assert "maden is a program for negotiations and reader one for readings; compare programs of one kind" in result.err
    assert kind_of_names(["reader@1"], tmp_path / "a").name == "reading"
