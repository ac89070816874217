from __future__ import annotations

import pytest

from programs.compare import compare
from tests.programs.command_line import CommandLine, small_book
from tests.scripted import scripted_lm


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    line = CommandLine(monkeypatch, capsys)
    line.use_model(None)
    book = small_book(tmp_path, 120)

    def call(*argv, lm=None):
        line.use_model(lm)
        folders = ("--book", book, "--runs", tmp_path / "runs", "--artifacts", tmp_path / "artifacts")
        return line(compare, "python -m programs.compare", *argv, *folders)

    return call


def test_a_plan_plays_nothing_and_needs_a_pilot(run, tmp_path):
    result = run("hardball", "linear", "--plan", 0.02)
    assert result.code == 2
    assert "have 0 debtors in common here, 6 are needed; run the same without --plan" in result.err
    assert not list(tmp_path.glob("runs/*/played.jsonl"))


def test_a_plan_from_a_pilot_names_designs_that_cost_less_the_larger_the_effect(run):
    run("boulware", "linear", "--trials", 2)
    result = run("boulware", "linear", "--trials", 2, "--plan", 0.02)
    assert result.code == 0, result.err
    assert "linear against boulware: to show a difference of 0.02 of the objective" in result.out
    assert "between trials (standard deviations)" in " ".join(result.out.split())
    larger = run("boulware", "linear", "--trials", 2, "--plan", 0.2)
    assert debtors(larger.out) < debtors(result.out)


def debtors(out):
    """Of the first design in the table."""
    rows = [line.split("│")[1] for line in out.splitlines() if line.startswith("│")]
    return int(rows[0].replace(",", ""))


def test_one_trial_cannot_tell_sampling_from_debtors_and_says_so(run):
    run("boulware", "linear")
    assert "play --trials 2 to tell the two apart" in " ".join(run("boulware", "linear", "--plan", 0.1).out.split())


def test_model_calls_are_those_that_the_pilot_took(run):
    lm = scripted_lm()
    run("vanilla", "hardball", lm=lm)
    out = run("vanilla", "hardball", "--plan", 0.1, lm=lm).out
    assert "unknown" not in out
    assert run("vanilla", "hardball", "--plan", 0, lm=lm).code == 2
