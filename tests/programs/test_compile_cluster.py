"""The same compile here and on a cluster: the same artifact, to the byte, and the same calls paid."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import dspy
import pytest

from programs.compile import compile_
from tests.programs.command_line import CommandLine, small_book
from tests.programs.playing.cluster.fleet import calls, logged_lm

ray = pytest.importorskip("ray", reason="Ray is not installed; make test-cluster installs it")
pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(1200)]
PROG = "python -m programs.compile"
SMALL = ("--train", 2, "--val", 2, "--set", "accept=any", "--set", "trials=2", "--set", "candidates=2")
REPEATABLE = ["bootstrap", "mipro", "search"]


@pytest.fixture(scope="module", autouse=True)
def begun():
    from programs.playing.cluster.connecting import connected

    with connected("local", 4):
        yield


@pytest.fixture
def cli(monkeypatch, capsys):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1786000000")
    return CommandLine(monkeypatch, capsys)


def artifact(cli, folder, book, *more):
    """Bytes of the artifact, and the calls."""
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
    folder.mkdir()
    log = folder / "log"
    cli.use_model(logged_lm(log))
    folders = ("--artifacts", folder / "a", "--runs", folder / "r", "--run", "it", "--book", book)
    result = cli(compile_, PROG, *SMALL, *folders, *more)
    assert result.code == 0, result.err
    return (folder / "a" / "maden" / "v0001.json").read_bytes(), sorted(prompt for _, prompt in calls(log))


@pytest.mark.parametrize("optimizer", REPEATABLE)
def test_the_artifact_does_not_depend_on_where_it_was_played(optimizer, cli, tmp_path):
    book = small_book(tmp_path, 60)
    here, asked = artifact(cli, tmp_path / "here", book, "--optimizer", optimizer)
    for workers in (1, 4):
        folder = tmp_path / f"there-{workers}"
        there, asked_there = artifact(
            cli, folder, book, "--optimizer", optimizer, "--cluster", "local", "--workers", workers
        )
        assert there == here
        assert asked_there == asked


@pytest.mark.parametrize("optimizer", ["simba", "gepa"])
def test_other_strategies_run_on_a_cluster_and_pay_there(optimizer, cli, tmp_path):
    knobs = ("--set", "simba_steps=1", "--set", "simba_batch=2", "--set", "gepa_negotiations=62")
    here, asked = artifact(cli, tmp_path / "here", small_book(tmp_path, 60), "--optimizer", optimizer, *knobs)
    there, asked_there = artifact(
        cli, tmp_path / "there", tmp_path / "book.jsonl", "--optimizer", optimizer, *knobs, "--cluster", "local",
        "--workers", 1,
    )  # fmt: skip
    assert asked_there == asked
    assert there == here


def test_a_cap_on_calls_is_kept_whoever_makes_them(cli, tmp_path):
    log = tmp_path / "log"
    cli.use_model(logged_lm(log))
    folders = ("--artifacts", tmp_path / "a", "--runs", tmp_path / "r", "--run", "it")
    more = ("--book", small_book(tmp_path, 60), "--max-calls", 30, "--cluster", "local", "--workers", 4)
    result = cli(compile_, PROG, *SMALL, *folders, *more)
    assert "the budget of 30 calls is used up" in result.err
    with closing(sqlite3.connect(tmp_path / "r" / "it" / "responses.sqlite")) as connection:
        [(paid,)] = connection.execute("SELECT SUM(calls) FROM answers").fetchall()
        assert paid == 30
        assert connection.execute("SELECT COUNT(*) FROM reservations").fetchone() == (0,)
    probes = 1
    assert len(calls(log)) == 30 + probes
