"""The support's benchmark: its rows are what the metrics say of the negotiations."""

from __future__ import annotations

import json

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from benchmarks import support
from data.book import read_book
from metrics.money.oracle import best_terms
from plumbing.errors import UserError
from programs.playing.stage import chosen_debtors

CASES = chosen_debtors(read_book(), "val", 6)


@pytest.fixture
def run():
    app = typer.Typer()
    app.command()(support.main)
    return lambda *arguments: CliRunner().invoke(app, ["--debtors", "6", *arguments])


def test_rows_are_paired_with_the_first_and_measured_against_the_attainable(run):
    found = json.loads(run("--rows", "rational,linear", "--json").stdout)["worlds"]["as simulated"]
    rational, linear = (support.played_by(name, CASES, 0) for name in ("rational", "linear"))
    assert found["attainable"] == pytest.approx(support.attainable_of(CASES).mean())
    row = found["rows"]["linear"]
    assert row["CCI"] == pytest.approx(linear.cci.mean())
    assert row["first_less_this"][0] == pytest.approx((rational.objective - linear.objective).mean())
    assert row["share_of_attainable"] == pytest.approx(linear.cci.mean() / found["attainable"])
    assert found["rows"]["rational"]["first_less_this"] == [0, 0, 0]


def test_what_is_attainable_is_no_more_than_the_best_and_less_where_more_is_refused():
    best = np.array([one.CCI for one in best_terms(CASES)])
    attainable = support.attainable_of(CASES)
    assert (attainable <= best + 1e-12).all() and (support.attainable_of(CASES, True) <= attainable).all()


def test_an_unknown_row_is_one_sentence(run):
    assert isinstance(run("--rows", "nobody").exception, UserError)


def test_the_table_names_every_row(run):
    printed = run("--rows", "linear").stdout
    assert "attainable" in printed and "linear" in printed
