from __future__ import annotations

import contextlib
import os
import time

import dspy
import pytest

from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from programs.models.accounts import CostAccount
from programs.playing.cluster import driver_end
from programs.playing.cluster.ray_executor import ray_executor
from programs.playing.cluster.worker_pool import PoolSize
from programs.playing.contestants import contestant
from programs.playing.evaluate import broken, evaluate
from programs.playing.executor import Executor
from programs.table import words
from programs.table.failures import InfrastructureFailure
from programs.table.runner import listening
from tests.data.builders import unlike
from tests.programs.playing.cluster.fleet import calls, logged_lm

pytestmark = pytest.mark.cluster
PROGRAM = Maden(ProgramSettings(variant=Variant.PLANNED))
CASES = tuple(unlike(number) for number in range(6))


@pytest.fixture(scope="module")
def cluster():
    with ray_executor("local", PoolSize(workers=2, places=2, cpus=0.5)) as executor:
        while executor.ready < 2:
            time.sleep(0.1)
        yield executor


def records(executor: Executor, program=PROGRAM, cases=CASES) -> list[str]:
    played = evaluate(executor.placed(program), cases, seed=3, threads=executor.at_once, retries=0).played
    return [one.negotiation.model_dump_json() for one in played]


def test_what_is_played_there_is_what_is_played_here(cluster, tmp_path):
    with dspy.context(lm=logged_lm(tmp_path / "there")):
        there = records(cluster)
    dspy.cache.reset_memory_cache()
    with dspy.context(lm=logged_lm(tmp_path / "here")):
        here = records(Executor())
    assert there == here
    asked_there, asked_here = calls(tmp_path / "there"), calls(tmp_path / "here")
    assert sorted(prompt for _, prompt in asked_there) == sorted(prompt for _, prompt in asked_here)
    assert len({pid for pid, _ in asked_there}) == 2
    assert os.getpid() not in {pid for pid, _ in asked_there}


def test_answers_come_back_to_the_driver_and_are_asked_for_there_first(cluster, tmp_path):
    with dspy.context(lm=logged_lm(tmp_path / "log")):
        first = records(cluster)
        asked = len(calls(tmp_path / "log"))
        assert records(cluster) == first
        assert records(Executor()) == first
    assert len(calls(tmp_path / "log")) == asked > 0


def test_costs_come_back_to_whoever_counts_them(cluster, tmp_path):
    account = CostAccount()
    with dspy.context(lm=logged_lm(tmp_path / "log")), account.watching():
        records(cluster)
    assert account.total.calls == len(calls(tmp_path / "log"))
    assert {"planner", "negotiator"} <= set(account.by_role)
    assert account.total.money_usd == pytest.approx(0.001 * account.total.calls)
    assert account.total.failed_calls == 0


def test_turns_are_told_to_whoever_listens(cluster, tmp_path):
    heard = []
    with dspy.context(lm=logged_lm()), listening(heard.append):
        negotiation = cluster.placed(PROGRAM)(case=CASES[0], seed=3).negotiation
    assert tuple(heard) == negotiation.turns


def test_turns_are_not_sent_where_nobody_listens(cluster, monkeypatch):
    heard = []
    monkeypatch.setattr(driver_end, "_heard_by_listener", heard.append)
    with dspy.context(lm=logged_lm()):
        assert cluster.placed(PROGRAM)(case=CASES[1], seed=3).negotiation.turns
    assert heard == []


def test_a_rule_needs_no_model(cluster):
    rule = contestant("boulware").program
    assert records(cluster, rule) == records(Executor(), rule)


def test_a_rehearsed_negotiation_is_played_here_without_a_call(cluster, tmp_path):
    log, trace = tmp_path / "log", []
    with dspy.context(lm=logged_lm(log), trace=trace, max_trace_size=1000):
        assert cluster.rehearsed(PROGRAM, CASES[0], 3) is None
        asked = len(calls(log))
        PROGRAM(case=CASES[0], seed=3)
    assert len(calls(log)) == asked > 0
    assert len(trace) == asked


def test_a_case_that_kills_its_worker_is_unscored_and_the_others_are_played(cluster, tmp_path):
    deadly = words.account(CASES[2].creditor_view())
    log = tmp_path / "log"
    before = cluster.lost
    with dspy.context(lm=logged_lm(log, deadly=deadly)):
        played = evaluate(cluster.placed(PROGRAM), CASES, seed=3, threads=4, retries=2).played
    assert cluster.lost - before == 3, "whoever retries takes no more workers down"
    lost = [one.case_id for one in played if broken(one.negotiation)]
    assert lost == [CASES[2].case_id]
    assert "worker_lost" in played[2].negotiation.failure
    assert played[2].scorecard is None


def test_what_a_program_raises_is_raised_here_with_where_it_came_from(cluster):
    def faulty(case, seed):
        raise ZeroDivisionError(f"at {case.case_id}")

    with pytest.raises(ZeroDivisionError, match=CASES[0].case_id) as raised:
        cluster.working(faulty)(CASES[0], 0)
    assert "in faulty" in "".join(raised.value.__notes__)


def test_what_the_driver_refuses_ends_the_job(cluster, monkeypatch):
    class Refusing:
        def get(self, *_):
            raise InfrastructureFailure("no more")

    monkeypatch.setattr(dspy, "cache", Refusing())
    with dspy.context(lm=logged_lm()), pytest.raises(InfrastructureFailure, match="no more"):
        cluster.placed(PROGRAM)(case=CASES[0], seed=0)


@pytest.mark.parametrize("address", ["ray:/host", "localhost:6379", ""])
def test_an_address_that_is_none_is_refused(address):
    with pytest.raises(Exception, match="is no cluster"), contextlib.ExitStack() as stack:
        stack.enter_context(ray_executor(address, PoolSize(1)))
