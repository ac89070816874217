"""The same sampling here and on a cluster: the same pairs, to the byte, and the same calls paid."""

from __future__ import annotations

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing

import dspy
import pytest

from data.book import read_book
from programs.models import make as models
from programs.playing.stage import chosen_debtors
from programs.table import words
from tests.optimizers.preferences.command import candidates, options, sampled
from tests.optimizers.preferences.students import conceding, reply
from tests.optimizers.preferences.test_travelling_sampler import KINDS
from tests.optimizers.served import MODEL, PATIENCE_S, ROOT, served
from tests.programs.playing.cluster.fleet import calls

ray = pytest.importorskip("ray", reason="Ray is not installed; make test-cluster installs it")
pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(1800)]
WORKERS = 2
CLUSTER = ("--cluster", "local", "--workers", WORKERS, "--cpus-per-worker", 0.5)


@pytest.fixture(scope="module", autouse=True)
def begun():
    from programs.playing.cluster.connecting import connected

    with connected("local", 2):
        yield


def played(line, folder, book, *more, deadly=""):
    """The command's result, and the calls: process and prompt."""
    dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True)
    folder.mkdir(exist_ok=True)
    line.use_model(conceding(folder / "log", deadly))
    result = sampled(line, folder, book, *more, "--examples", folder / "examples.jsonl")
    return result, calls(folder / "log")


def prompts(asked):
    return sorted(prompt for _, prompt in asked)


@pytest.mark.parametrize("more", KINDS)
def test_the_pairs_do_not_depend_on_where_they_were_sampled(line, book, tmp_path, more):
    here, asked_here = played(line, tmp_path / "here", book, *more, "--threads", 3)
    there, asked_there = played(line, tmp_path / "there", book, *more, *CLUSTER)
    assert (here.code, there.code) == (0, 0), there.err
    for name in ("pairs.jsonl", "examples.jsonl"):
        assert (tmp_path / "there" / name).read_bytes() == (tmp_path / "here" / name).read_bytes() != b""
    assert candidates(tmp_path / "there") == candidates(tmp_path / "here")
    costs = [json.loads((tmp_path / one / "pairs.card.json").read_text())["cost"] for one in ("here", "there")]
    assert costs[0] == costs[1]
    assert prompts(asked_there) == prompts(asked_here)
    by_workers = [pid for pid, _ in asked_there if pid != os.getpid()]
    assert len(set(by_workers)) == WORKERS
    assert len(asked_there) - len(by_workers) == 1, "the driver asks whether the model answers, and nothing else"


def test_teacher_and_student_keep_a_model_each(line, book, tmp_path, monkeypatch):
    for folder, place in ((tmp_path / "here", ()), (tmp_path / "there", CLUSTER)):
        monkeypatch.setattr(models, "make_lm", lambda name, **_: conceding(name=name))
        both = ("--teacher", "planned", "--lm", "shows", "--student-lm", "learns")
        result = sampled(line, folder, book, *both, *place)
        assert result.code == 0, result.err
    assert candidates(tmp_path / "there") == candidates(tmp_path / "here")
    assert answers(tmp_path / "there") == answers(tmp_path / "here")
    assert {model for model, _ in answers(tmp_path / "here")} == {"scripted/shows", "scripted/learns"}


def answers(folder):
    """Model and key of each stored answer."""
    [path] = (folder / "runs").glob("preferences-*/responses.sqlite")
    with closing(sqlite3.connect(path)) as connection:
        return sorted(connection.execute("SELECT model, key FROM answers"))


def test_at_a_cap_it_stops_and_goes_on_without_paying_twice(line, book, tmp_path):
    _, whole = played(line, tmp_path / "whole", book)
    cap = len(whole) * 2 // 3
    result, asked = played(line, tmp_path / "part", book, *CLUSTER, "--max-calls", cap)
    assert f"stopped early: the budget of {cap} calls is used up" in result.err
    probes = 1
    assert len(asked) <= cap + WORKERS + probes
    again, asked = played(line, tmp_path / "part", book, *CLUSTER)
    assert again.code == 0, again.err
    assert (tmp_path / "part" / "pairs.jsonl").read_bytes() == (tmp_path / "whole" / "pairs.jsonl").read_bytes()
    assert len(asked) <= len(whole) + WORKERS + probes


def test_a_debtor_that_kills_its_workers_is_lost_and_the_others_are_sampled(line, book, tmp_path):
    played(line, tmp_path / "here", book)
    unlucky = chosen_debtors(read_book(book), "train", 3)[1]
    deadly = words.account(unlucky.creditor_view())
    result, _ = played(line, tmp_path / "there", book, *CLUSTER, deadly=deadly)
    assert result.code == 0, result.err
    assert f"{unlucky.case_id} was lost: 3 workers died while they played it" in result.err
    expected = candidates(tmp_path / "here")
    del expected[unlucky.case_id]
    assert candidates(tmp_path / "there") == expected


def answered(prompt):
    """A student's turn, by the prompt alone."""
    return json.loads(reply(prompt, random.Random(prompt)))


def begin(folder, book, model, session, *more):
    folder.mkdir(exist_ok=True)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "OPENAI_API_BASE": model.url,
        "OPENAI_API_KEY": "none",
        "DSPY_CACHEDIR": str(folder / f"dspy-{session}"),  # nothing but the run's folder may help
    }
    command = [sys.executable, "-m", "optimizers.preferences", *options(folder, book, "--lm", MODEL, *more)]
    with (folder / "said").open("ab") as said:
        return subprocess.Popen(command, env=environment, cwd=folder, stdout=said, stderr=said)


def test_a_driver_that_is_killed_is_gone_on_with_and_pays_for_nothing_that_came_back(book, tmp_path):
    with served(latency_s=0.05) as model:
        model._answer = answered
        assert begin(tmp_path / "whole", book, model, 1).wait(PATIENCE_S) == 0, (tmp_path / "whole/said").read_text()
        once = Counter(model.asked)
        model.asked.clear()
        child = begin(tmp_path / "cut", book, model, 1, *CLUSTER)
        model.wait_for(once.total() // 2, lambda: child.poll() is not None)
        child.kill()
        assert child.wait() == -9, (tmp_path / "cut/said").read_text()
        assert begin(tmp_path / "cut", book, model, 2, *CLUSTER).wait(PATIENCE_S) == 0
        assert (tmp_path / "cut/pairs.jsonl").read_bytes() == (tmp_path / "whole/pairs.jsonl").read_bytes() != b""
        assert set(model.asked) == set(once)
        assert len(model.asked) <= once.total() + WORKERS
