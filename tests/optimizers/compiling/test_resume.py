"""A compile that was ended goes on where it was, alone or with others beside it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.optimizers.served import ROOT, Compiler, nap, served

pytestmark = pytest.mark.slow


def test_killed_between_saving_and_noticing_it_saves_nothing_twice(forker, tmp_path, flags):
    with served() as model:
        compiler = Compiler(forker, tmp_path, model, *flags)
        assert compiler.begin(die_at="optimizers.compiling.process:write_summary").ended() == -9
        saved, asked = compiler.artifact(), len(model.asked)
        assert compiler.resume().ended() == 0, compiler.said()
        assert compiler.versions() == ["v0001.json"]
        assert compiler.artifact() == saved
        assert compiler.resume().ended() == 0
        assert "run it was finished before; nothing was called" in compiler.said()
        assert len(model.asked) == asked


def test_another_configuration_is_refused_with_the_difference_and_another_way_of_working_is_not(
    forker, tmp_path, flags
):
    with served() as model:
        compiler = Compiler(forker, tmp_path, model, *flags)
        child = compiler.begin()
        model.wait_for(5, lambda: child.gone)
        assert child.kill() == -9
        assert compiler.resume("--seed", 3, "--val", 4, "--optimizer", "bootstrap").ended() == 2
        refusal = "run it was begun with another configuration: seed was 0, is 3; val was 2, is 4; resume it"
        assert refusal in compiler.said()
        assert compiler.resume("--max-calls", 500, "--log-json", tmp_path / "log.jsonl").ended() == 0


@pytest.mark.parametrize(
    ("strategy", "moment"), [("mipro", 0.7), pytest.param("bootstrap", 0.9, marks=pytest.mark.thorough)]
)
def test_ctrl_c_saves_the_best_so_far_says_how_to_go_on_and_the_end_is_the_same(
    forker, tmp_path, flags, strategy, moment
):
    with served() as model:
        whole = Compiler(forker, tmp_path / "whole", model, *flags, "--optimizer", strategy)
        artifact, requests = whole.whole(), len(model.asked)
    with served() as model:
        cut = Compiler(forker, tmp_path / "cut", model, *flags, "--optimizer", strategy, threads=2)
        child = cut.begin()
        model.wait_for(int(requests * moment), lambda: child.gone)
        child.signal(signal.SIGINT)
        assert child.ended() == 130, cut.said()
        assert "stopping: what is being answered ends" in cut.said()
        assert f"--resume it --runs {cut.runs} goes on and pays for nothing twice" in cut.said()
        assert "Traceback" not in cut.said()
        assert len(model.asked) == cut.stored(), "what was being answered is kept"
        marked = json.loads(cut.artifact(1))
        assert marked["provenance"]["halted"]["reason"] == "interrupted"
        assert "stopped early" in marked["notes"]
        assert json.loads((cut.runs / "it" / "summary.json").read_text())["halted"]["reason"] == "interrupted"
        assert cut.resume().ended() == 0, cut.said()
        assert len(model.asked) == requests
        first, last = json.loads(artifact), json.loads(cut.artifact(2))
        assert {name for name in first if first[name] != last[name]} == {"version", "content_sha256"}


def test_a_second_ctrl_c_ends_at_once_and_loses_nothing_that_was_paid(forker, tmp_path, flags):
    with served(latency_s=0.5) as model:
        compiler = Compiler(forker, tmp_path, model, *flags)
        child = compiler.begin()
        model.wait_for(4, lambda: child.gone)
        child.signal(signal.SIGINT)
        while "stopping" not in compiler.said():
            nap(0.01)
        child.signal(signal.SIGINT)
        assert child.ended(5) in (-signal.SIGINT, 130)
        assert compiler.stored() >= 3


def test_two_compiles_at_once_into_one_name_get_a_number_each(forker, tmp_path, flags):
    with served() as model:
        one = Compiler(forker, tmp_path / "one", model, *flags)
        two = Compiler(forker, tmp_path / "two", model, *flags, "--seed", 1)
        two.artifacts = one.artifacts
        children = one.begin(), two.begin()
        assert [child.ended() for child in children] == [0, 0]
        assert one.versions() == ["v0001.json", "v0002.json"]
        assert {json.loads(one.artifact(number))["provenance"]["seed"] for number in (1, 2)} == {0, 1}


def test_one_run_is_led_by_one_process(forker, tmp_path, flags):
    with served() as model:
        compiler = Compiler(forker, tmp_path, model, *flags)
        leader = compiler.begin()
        model.wait_for(3, lambda: leader.gone)
        leader.signal(signal.SIGSTOP)  # or a busy machine lets it end before the other one has begun
        assert compiler.resume().ended() == 2
        assert "run it is being worked on by another process" in compiler.said()
        leader.signal(signal.SIGCONT)
        assert leader.ended() == 0


def test_the_command_line_itself_goes_on_with_a_run(forker, tmp_path, flags):
    """A fresh interpreter, as a user starts it."""
    with served() as model:
        compiler = Compiler(forker, tmp_path, model, *flags)
        child = compiler.begin()
        model.wait_for(30, lambda: child.gone)
        assert child.kill() == -9
        lost = len(model.asked) - compiler.stored()
        argv = ["--resume", "it", "--runs", compiler.runs, "--artifacts", compiler.artifacts]
        done = subprocess.run(
            [sys.executable, "-m", "programs.compile", *map(str, argv)],
            env={**os.environ, **compiler.env, "PYTHONPATH": str(ROOT)}, cwd=tmp_path, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert len(model.asked) == compiler.stored() + lost
        assert "saved" in done.stdout


def test_a_second_worker_helps_with_a_search_and_nothing_is_paid_twice(forker, tmp_path, flags):
    with served() as model:
        leading = Compiler(forker, tmp_path, model, *flags, "--optimizer", "search")
        leader = leading.begin()
        measured = leading.runs / "it" / "negotiations.jsonl"
        while not (measured.exists() and measured.read_text().splitlines()):  # early: a busy machine begins one slowly
            assert not leader.gone, leading.said()
            nap(0.01)
        helper = leading.join()
        assert (leader.ended(), helper.ended()) == (0, 0), leading.said()
        assert "nothing is left to do for a further worker" in leading.said()
        assert len(model.asked) == leading.stored()
        assert leading.versions() == ["v0001.json"]
