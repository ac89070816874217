"""The reader from the command line to an artifact, by every strategy."""

from __future__ import annotations

import json

import pytest

from optimizers.registry import STRATEGIES
from plumbing.errors import UserError
from programs.artifacts.store import load_program, load_reader, read_artifact
from programs.compile import compile_
from signatures.reading import NOTHING_ELSE
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
    demos = [demo for name in ("reader.notice", "reader.read") for demo in artifact.state[name]["demos"]]
    trained = {line["text"] for line in map(json.loads, (book / "debtor-train.jsonl").read_text().splitlines())}
    assert {demo["message"] for demo in demos} <= trained


def test_every_labelled_message_may_be_shown_and_no_call_is_paid_for_it(cli, tmp_path, book):
    lm = reading()
    result = compiled(cli, tmp_path, book, "--optimizer", "bootstrap", "--set", "max_demos=5", lm=lm)
    artifact = read_artifact("reader@1", root=tmp_path / "a")
    texts = [json.loads(line)["text"] for line in (book / "debtor-train.jsonl").read_text().splitlines()]
    noticed, read = (artifact.state[name]["demos"] for name in ("reader.notice", "reader.read"))
    assert sorted(demo["message"] for demo in noticed) == sorted(texts)
    plain = {demo["message"] for demo in noticed if demo["category"] in (NOTHING_ELSE, "ill_or_vulnerable")}
    assert plain <= {demo["message"] for demo in read} < set(texts), "to a stop nobody answers with terms"
    assert artifact.settings.nearest == 5
    assert artifact.provenance["split"]["pool"]["examples"] == len(texts)
    assert result.code == 0
    shown = [sum(prompt.count(f"[[ ## message ## ]]\n{text}") for text in texts) for prompt in lm.engine.prompts]
    assert max(shown) == 5, "of all the nearest five"
    assert len(lm.engine.prompts) == 1 + 2 * 2 * 12, "is anybody there; then the validation messages twice"


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--debtor", "lm"], "reader has no debtor, so --debtor means nothing to it"),
        (["--train", "500"], "messages, 500 were asked for; lower --train"),
        (["--program", "redaer"], "there is no program called 'redaer' to compile; did you mean reader?"),
        (["--book", "nowhere"], "holds no labelled messages; name a folder with debtor-train.jsonl"),
    ],
)
def test_a_users_mistake_gets_one_sentence(cli, tmp_path, book, argv, sentence):
    result = compiled(cli, tmp_path, book, *argv)
    assert result.code == 2
    assert sentence in result.err
    assert "Traceback" not in result.err


def test_a_dry_run_estimates_messages_and_calls_nothing(cli, tmp_path, book):
    lm = reading()
    result = compiled(cli, tmp_path, book, "--dry-run", lm=lm)
    assert result.code == 0
    assert "16 training and 12 validation messages of" in result.err
    assert "at most 40 readings, about 80 to 96 model calls" in result.err
    assert lm.engine.prompts == []


def test_a_run_that_was_capped_goes_on_and_ends_with_the_same_file(cli, tmp_path, book, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1780000000")
    compiled(cli, tmp_path, book, "--optimizer", "random-search")
    whole = (tmp_path / "a" / "reader" / "v0001.json").read_bytes()
    folders = ("--artifacts", tmp_path / "b", "--runs", tmp_path / "q")
    other = reading(model="scripted/second")
    argv = ("--optimizer", "random-search", "--run", "one", "--max-calls", 35, *folders)
    capped = compiled(cli, tmp_path, book, *argv, lm=other)
    assert "stopped early" in capped.err
    resumed = cli(compile_, PROG, "--resume", "one", "--max-calls", 1000, *folders)
    assert resumed.code == 0, resumed.err
    again = json.loads((tmp_path / "b" / "reader" / "v0002.json").read_text())
    first = json.loads(whole)
    assert again["program_sha256"] == first["program_sha256"]
    assert again["scores"] == first["scores"]


def test_a_reader_is_no_negotiator(cli, tmp_path, book):
    compiled(cli, tmp_path, book)
    with pytest.raises(UserError, match=r"v0001\.json is for readings, here a program for negotiations is needed"):
        load_program("reader@1", root=tmp_path / "a")
