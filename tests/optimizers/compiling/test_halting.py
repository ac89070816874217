"""A compile that reaches a cap saves the best that was fully evaluated, marks it, and goes on with a higher one."""

from __future__ import annotations

import json

import dspy
import pytest

from optimizers.runs.ledger import Ledger
from programs.artifacts.__main__ import load_program, read_artifact
from programs.compile import compile_
from tests.programs.command_line import CommandLine, small_book
from tests.programs.players import playing, situation, turn

pytestmark = pytest.mark.slow

PRICE_USD = 0.01


def uneven(prompt):
    if "Round 1 " in situation(prompt):
        return turn("hold")
    return turn("step_down" if sum(map(ord, prompt)) % 3 else "hold")


class Runs:
    """Compiles of one small configuration in one folder."""

    def __init__(self, cli, folder, book):
        self.cli, self.folder, self.book = cli, folder, book
        self.lm = None

    def __call__(self, *argv):
        dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)  # only the run's folder may help
        self.lm = playing(uneven, cache=True, price_usd=PRICE_USD)
        self.cli.use_model(self.lm)
        folders = ("--runs", self.folder / "r", "--artifacts", self.folder / "a")
        return self.cli(compile_, "python -m programs.compile", *argv, *folders)

    def begin(self, *argv, run="it"):
        return self("--run", run, "--book", self.book, "--train", 3, "--val", 3, *argv)

    def calls(self):
        """Calls to the model in the last session, the probe left out."""
        return len(self.lm.engine.prompts) - 1

    def summary(self, run="it"):
        return json.loads((self.folder / "r" / run / "summary.json").read_text())

    def artifact(self, version=1):
        return read_artifact(f"maden@{version}", root=self.folder / "a")


@pytest.fixture
def runs(monkeypatch, capsys, tmp_path):
    return Runs(CommandLine(monkeypatch, capsys), tmp_path, small_book(tmp_path, 80))


@pytest.fixture
def whole_calls(runs):
    """What the whole compile takes."""
    assert runs.begin(run="whole").code == 0
    return runs.calls()


@pytest.mark.parametrize("cap", ["--max-calls", "--max-usd"])
def test_at_a_cap_the_best_so_far_is_saved_and_marked_and_a_higher_cap_goes_on(runs, whole_calls, cap):
    unit = 1 if cap == "--max-calls" else PRICE_USD
    most = whole_calls - 5
    result = runs.begin(cap, most * unit)
    assert result.code == 0, result.err
    assert "stopped early: the budget of" in result.err
    assert "--resume it" in result.err
    assert runs.calls() <= most
    marked = runs.artifact(2)
    assert marked.provenance["halted"]["reason"] == cap.removeprefix("--").replace("-", "_")
    assert marked.notes.startswith("stopped early: the budget of")
    assert marked.cost["calls"] == runs.calls()
    assert marked.cost["money_usd"] == pytest.approx(runs.calls() * PRICE_USD)
    assert set(marked.scores) == {"uncompiled", "compiled"}
    load_program("maden@2", root=runs.folder / "a")
    first = runs.calls()
    assert runs("--resume", "it").code == 0
    assert first + runs.calls() == whole_calls
    assert runs.artifact(3).provenance == runs.artifact(1).provenance
    assert runs.artifact(3).program_sha256 == runs.artifact(1).program_sha256
    assert runs.artifact(3).cost == runs.artifact(1).cost
    assert len(runs.summary()["session_seconds"]) == 2
    assert runs.summary()["halted"] is None


def test_a_cap_below_the_first_evaluation_saves_nothing_says_so_and_can_be_raised(runs):
    result = runs.begin("--max-calls", 4)
    assert result.code == 2
    assert "nothing was saved here: no candidate was fully evaluated by then" in result.err
    assert "Traceback" not in result.err
    assert not (runs.folder / "a").exists()
    assert runs("--resume", "it").code == 0
    assert runs.artifact().provenance.get("halted") is None


def test_minutes_are_a_cap_too(runs):
    assert runs.begin("--max-minutes", 0).code == 2
    assert runs.calls() == 0


def test_a_finished_run_is_told_again_without_a_model(runs):
    first = runs.begin()
    assert first.code == 0
    again = runs("--resume", "it", "--max-calls", 1)
    assert again.code == 0
    assert runs.lm.engine.prompts == []
    assert "finished before; nothing was called" in again.out
    table = first.out[: first.out.index("model calls and")].rsplit("\n", 1)[0]
    assert again.out.startswith(table)


def test_a_finished_run_whose_artifact_is_gone_saves_it_again_and_pays_nothing(runs):
    assert runs.begin().code == 0
    before = runs.artifact()
    before.path.unlink()
    assert runs("--resume", "it").code == 0
    assert runs.calls() == 0
    assert runs.artifact() == before


def test_nothing_in_the_ledger_is_a_score_of_a_halted_negotiation(runs):
    runs.begin("--max-calls", 30)
    lines = list(Ledger(runs.folder / "r" / "it" / "negotiations.jsonl"))
    assert lines
    assert {line.ending for line in lines} <= {"agreement", "walked_away", "round_limit"}
    assert all(line.cost["failed_calls"] == 0 for line in lines)


def test_a_dry_run_makes_no_folder_and_shows_what_a_cap_would_cut(runs):
    result = runs.begin("--dry-run", "--max-calls", 10)
    assert result.code == 0
    assert "--max-calls 10 is below the estimate" in result.err
    assert not (runs.folder / "r").exists()


def test_a_cap_in_money_without_a_price_is_refused_before_there_is_a_run(runs, monkeypatch):
    monkeypatch.setitem(globals(), "PRICE_USD", None)
    result = runs.begin("--max-usd", 1)
    assert result.code == 2
    assert "the price of scripted/test is unknown, so --max-usd cannot be kept" in result.err
    assert runs.lm.engine.prompts == []
    assert not (runs.folder / "r").exists()


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--resume", "nowhere"], "there is no run nowhere in"),
        (["--run", "a", "--resume", "b"], "give one of the three"),
        (["--run", "a/b"], "cannot be the name of a run"),
        (["--join", "nowhere"], "there is no run nowhere in"),
    ],
)
def test_a_users_mistake_with_runs_gets_one_sentence(runs, argv, sentence):
    result = runs(*argv)
    assert result.code == 2
    assert sentence in result.err
    assert not list((runs.folder / "r").glob("*/responses.sqlite"))


def test_a_run_that_one_process_does_cannot_be_joined(runs):
    runs.begin("--max-calls", 40)
    result = runs("--join", "it")
    assert result.code == 2
    assert "nobody can join it; those with several workers: search" in result.err
