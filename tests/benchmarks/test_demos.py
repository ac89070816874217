from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.demos.__main__ import demos
from benchmarks.demos.arms import Taught
from benchmarks.demos.effects import DemoComparison, SeedPlayed, compared
from data.book import read_book
from metrics.evaluator import score
from metrics.statistics.intervals import paired_difference
from programs.playing.stage import chosen_debtors
from programs.table import words
from tests.metrics.examples import agreement, no_agreement
from tests.programs.cases import offer, terms
from tests.programs.command_line import CommandLine, Result, small_book
from tests.programs.players import playing, sensible

SEEDS, DEBTORS = 2, 2


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    return small_book(tmp_path_factory.mktemp("book"))


@pytest.fixture
def lm():
    return playing(sensible, cache=True)


@pytest.fixture
def run(monkeypatch, capsys, book, tmp_path, lm):
    line = CommandLine(monkeypatch, capsys)
    line.use_model(lm)

    def call(*argv: object) -> Result:
        size = ("--seeds", SEEDS, "--debtors", DEBTORS, "--train", 2, "--max-demos", 2)
        where = ("--book", book, "--runs", tmp_path / "runs", "--out", tmp_path / "results" / "demos")
        return line(demos, "python -m benchmarks.demos", *size, *where, *argv)

    return call


@pytest.fixture
def found(tmp_path):
    return lambda: DemoComparison.model_validate_json((tmp_path / "results" / "demos.json").read_text())


def test_both_ways_are_compiled_met_compared_and_written_down(run, found, tmp_path, lm, book):
    result = run("--uncompiled")
    assert result.code == 0, result.err
    comparison = found()
    assert [arm.name for arm in comparison.arms] == ["uncompiled", "random-turn", "turn-aware"]
    assert {arm.negotiations for arm in comparison.arms} == {SEEDS * DEBTORS}
    for taught in comparison.taught.values():
        by_name = {one.name: one for one in taught}
        most = max(by_name["random-turn"].demos.values())
        assert 0 < max(by_name["turn-aware"].demos.values()) <= most <= 2
        assert by_name["turn-aware"].threshold == by_name["random-turn"].threshold
        assert by_name["random-turn"].train_played <= by_name["turn-aware"].train_played == 2
        assert sum(by_name["uncompiled"].demos.values()) == 0
    main = comparison.differences[0]
    assert (main.arm, main.baseline, main.measure) == ("turn-aware", "random-turn", "objective")
    assert set(main.by_seed) == {0, 1}
    assert "Turn-aware against random-turn" in result.out
    assert (tmp_path / "results" / "demos.md").read_text().strip() in result.out

    met = {words.account(c.creditor_view()) for c in chosen_debtors(read_book(book), "val", DEBTORS)}
    for prompt in lm.engine.prompts:
        shown = prompt.split("[[ ## account ## ]]\n")[1:-1]
        assert all(account.partition("\n")[0] not in met for account in shown), "no demonstration of who is met"

    before = len(lm.engine.prompts)
    again = run("--uncompiled")
    assert again.code == 0
    assert len(lm.engine.prompts) == before, "a repeated run plays nothing"
    repeated = found().model_copy(update={"created": comparison.created})
    assert repeated == comparison


def test_a_difference_is_of_the_same_debtors_with_the_same_seed():
    good, bad = agreement(terms(0, 20, 7, 12)), no_agreement(offer(terms(0, 20, 7, 12)))
    gap = score(good).objective - score(bad).objective
    taught = [
        Taught(name=name, fingerprint=name, demos={}, tokens={}, train_played=1, threshold=0.1)
        for name in ("random-turn", "turn-aware")
    ]

    def at(one, case_id):
        return one.model_copy(update={"case": one.case.model_copy(update={"case_id": case_id})})

    def seed(number, first, second):
        return SeedPlayed(
            seed=number,
            taught=taught,
            negotiations={"random-turn": first, "turn-aware": second},
            spent={"random-turn": [], "turn-aware": []},
        )

    played = [
        seed(0, {"a": at(bad, "a"), "b": at(bad, "b")}, {"a": at(good, "a"), "b": at(bad, "b")}),
        seed(1, {"a": at(bad, "a")}, {"a": at(bad, "a"), "b": at(good, "b")}),  # b was lost on one side
    ]
    head = {"command": "x", "created": "now", "code": {}, "model": {}, "setting": {}}
    main = compared(played, **head).differences[0]
    assert main.by_seed == {0: pytest.approx(gap / 2), 1: 0}
    wanted = paired_difference({"a": [0, 0], "b": [0]}, {"a": [gap, 0], "b": [0]})
    assert main.difference.mean == pytest.approx(wanted.mean)
    assert main.difference.n == 2


def test_training_debtors_cannot_be_met(run):
    result = run("--split", "train")
    assert result.code == 2
    assert "demonstrations come from train" in result.err
