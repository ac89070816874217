"""Comparisons on completed books pooled: rules alone, so that no model is needed."""

from __future__ import annotations

import json

import pytest

from data.accounts import read_accounts
from data.completing.__main__ import written
from data.completing.drawing import completed
from programs.compare import compare
from programs.pool import pool
from tests.data.accounts_file import ACCOUNT, accounts_file
from tests.programs.command_line import CommandLine


@pytest.fixture
def cli(monkeypatch, capsys):
    line = CommandLine(monkeypatch, capsys)
    line.use_model(None)
    return line


@pytest.fixture
def drawn(cli, tmp_path):
    """What compare wrote on three draws."""
    rows = [{**ACCOUNT, "case_id": f"k-{n}", "outstanding": f"{2000 * 1.04**n:.2f}"} for n in range(40)]
    accounts = read_accounts(accounts_file(tmp_path, *rows)).accounts
    files = []
    for draw in (1, 2, 3):
        book, file = tmp_path / f"book-{draw}.csv", tmp_path / f"{draw}.json"
        book.write_bytes(written(completed(accounts, 0, draw)))
        argv = ("linear", "accept-all", "--book", book, "--split", "val", "--trials", "1", "--json", file)
        result = cli(compare, "python -m programs.compare", *argv, "--runs", tmp_path / "runs")
        assert result.code == 0, result.err
        files.append(file)
    return files


def test_three_draws_become_one_difference(cli, drawn, tmp_path):
    result = cli(pool, "python -m programs.pool", *drawn, "--json", tmp_path / "pooled.json")
    assert result.code == 0, result.err
    assert "accept-all - linear, 3 draws" in result.out
    assert "Ranking over the draws" in result.out
    one = json.loads((tmp_path / "pooled.json").read_text())["accept-all"]["objective"]
    means = [json.loads(file.read_text())["pairs"][0]["metrics"]["objective"]["difference"]["mean"] for file in drawn]
    assert one["mean"] == pytest.approx(sum(means) / 3)
    assert 0 < one["share_of_draw"] < 1


def test_what_cannot_be_pooled_is_one_sentence(cli, drawn, tmp_path):
    assert "one comparison has nothing to be pooled with" in cli(pool, "pool", drawn[0]).err
    assert "were played on the same book" in cli(pool, "pool", drawn[0], drawn[0]).err
    other = json.loads(drawn[1].read_text())
    other["setting"]["seed"] = 9
    (tmp_path / "other.json").write_text(json.dumps(other))
    assert "cannot be pooled with" in cli(pool, "pool", drawn[0], tmp_path / "other.json").err
    (tmp_path / "other.json").write_text("{}")
    assert "is no comparison that `compare --json` wrote" in cli(pool, "pool", tmp_path / "other.json", drawn[0]).err
