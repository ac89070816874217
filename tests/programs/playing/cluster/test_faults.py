"""Nodes that die, come late or are not there: on a Ray cluster of simulated nodes."""

from __future__ import annotations

import contextvars
import logging
import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import dspy
import pytest

from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from programs.playing.cluster import worker_pool as pools
from programs.playing.cluster.ray_executor import ray_executor
from programs.playing.cluster.worker_pool import PoolSize
from programs.playing.evaluate import evaluate
from programs.playing.executor import Executor
from tests.data.builders import unlike
from tests.programs.playing.cluster.fleet import calls, logged_lm

pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(900)]
PROGRAM = Maden(ProgramSettings(variant=Variant.PLANNED))
CASES = tuple(unlike(number) for number in range(24))


@contextmanager
def nodes(count: int, cpus: int = 2):
    """A cluster whose head has no room for workers, and so many nodes that have."""
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    made = [cluster.add_node(num_cpus=cpus) for _ in range(count)]
    ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.ERROR)
    try:
        yield cluster, made
    finally:
        ray.shutdown()
        cluster.shutdown()


def test_a_node_that_dies_costs_no_more_than_the_calls_in_flight(tmp_path):
    log, here = tmp_path / "there", tmp_path / "here"
    with dspy.context(lm=logged_lm(here)):
        expected = evaluate(PROGRAM, CASES, seed=1, threads=4)
    dspy.cache.reset_memory_cache()
    moment = random.Random(0).randrange(10, len(calls(here)) - 30)
    with nodes(3) as (cluster, made), ray_executor("auto", PoolSize(6)) as executor:
        while executor.ready < 6:
            time.sleep(0.1)
        killer = threading.Thread(target=kill_after, args=(cluster, made[1], log, moment))
        killer.start()
        with dspy.context(lm=logged_lm(log, latency_s=0.05)):
            found = evaluate(executor.placed(PROGRAM), CASES, seed=1, threads=executor.at_once, retries=0)
        killer.join()
        assert executor.lost == 2
    assert found == expected
    assert found.unscored == 0
    paid = Counter(prompt for _, prompt in calls(log))
    assert set(paid) == {prompt for _, prompt in calls(here)}
    in_flight = 2
    assert sum(paid.values()) <= len(calls(here)) + in_flight


def kill_after(cluster, node, log, count: int) -> None:
    while len(calls(log)) < count:
        time.sleep(0.01)
    cluster.remove_node(node, allow_graceful=False)


def test_an_empty_cluster_is_waited_for_and_it_is_said(caplog, monkeypatch):
    monkeypatch.setattr(pools, "SAY_EVERY_S", 1.0)
    with (
        nodes(0) as (cluster, _),
        ray_executor("auto", PoolSize(2)) as executor,
        caplog.at_level(logging.WARNING),
        ThreadPoolExecutor() as threads,
        dspy.context(lm=logged_lm()),
    ):
        playing = partial(evaluate, executor.placed(PROGRAM), CASES[:2], threads=2)
        evaluated = threads.submit(contextvars.copy_context().run, playing)
        time.sleep(3.0)
        assert not evaluated.done()
        cluster.add_node(num_cpus=2)
        found = evaluated.result()
    assert found.scored == 2
    assert "no worker is there: asked for are 2 with 1 CPUs each, the cluster has 0 CPUs" in caplog.text


def test_a_cluster_that_shrinks_goes_on_with_what_is_left():
    with nodes(2, cpus=1) as (cluster, made), ray_executor("auto", PoolSize(2)) as executor:
        while executor.ready < 2:
            time.sleep(0.1)
        cluster.remove_node(made[0], allow_graceful=False)
        with dspy.context(lm=logged_lm()):
            there = evaluate(executor.placed(PROGRAM), CASES[:4], threads=2)
            assert there == evaluate(PROGRAM, CASES[:4], threads=Executor().at_once)
