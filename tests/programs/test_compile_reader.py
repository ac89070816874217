"""The reader from the command line to an artifact, by every strategy."""

from __future__ import annotations

import json

import pytest

from optimizers.registry import STRATEGIES
from programs.artifacts.store import load_program, load_reader, read_artifact
from programs.compile import compile_
from plumbing.errors import UserError
from tests.programs.command_line import CommandLine
from tests.programs.readings import message_book, reading

PROG = "python -m programs.compile"


@pytest.fixture
def cli(monkeypatch, capsys):
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def book(tmp_path):
    return message_book(tmp_path / "messages")


def compiled(cli, tmp_path, book, *more, lm=None):
    cli.use_model(lm or reading())
    folders = ("--artifacts", tmp_path / "a", "--runs", tmp_path / "r")
    return cli(compile_, PROG, "--program", "reader", "--book", book, "--train", 16, "--val", 12, *folders, *more)


@pytest.mark.parametrize("optimizer", STRATEGIES)
def test_every_strategy_compiles_a_reader_that_reads_better(cli, tmp_path, book, optimizer):
    result = compiled(cli, tmp_path, book, "--optimizer", optimizer)
    assert result.code == 0, result.err
    assert "12 validation messages, paired" in result.out
    assert "next: python -m programs.compare reader reader@1 --split heldout" in result.out
    artifact = read_artifact("reader@1", root=tmp_path / "a")
    assert artifact.provenance["optimizer"]["name"] == optimizer
    assert artifact.provenance["debtor"] == "none"
    before, after = (artifact.scores[stage].estimates["objective"].mean for stage in ("uncompiled", "compiled"))
    assert after > before
    program = load_reader("reader@1", root=tmp_path / "a")
    assert program.sha256 == artifact.program_sha256
    demos = artifact.state["reader.predict"]["demos"]
    assert len(demos) <= 6
    trained = {line["text"] for line in map(json.loads, (book / "debtor-train.jsonl").read_text().splitlines())}
    assert {demo["message"] for demo in demos} <= trained
