"""A cluster that is reached through Ray Client, as from outside of it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import dspy
import pytest

from plumbing.errors import UserError
from plumbing.files import ROOT
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from programs.playing.cluster.ray_executor import ray_executor
from programs.playing.cluster.worker_pool import PoolSize
from programs.playing.evaluate import evaluate
from tests.data.builders import unlike
from tests.programs.playing.cluster.fleet import calls, logged_lm

pytest.importorskip("grpc", reason="Ray Client needs ray[client]")
pytestmark = [pytest.mark.cluster, pytest.mark.slow, pytest.mark.timeout(900)]
PROGRAM = Maden(ProgramSettings(variant=Variant.PLANNED))
CASES = tuple(unlike(number) for number in range(3))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def address(tmp_path_factory):
    ports = {name: free_port() for name in ("port", "ray-client-server-port")}
    flags = [f"--{name}={port}" for name, port in ports.items()]
    ray = str(Path(sys.executable).parent / "ray")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    here = ("--node-ip-address=127.0.0.1", "--num-cpus=2", "--include-dashboard=false", "--block")
    begin = [ray, "start", "--head", *here, *flags]
    with subprocess.Popen(begin, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as head:
        yield f"ray://127.0.0.1:{ports['ray-client-server-port']}"
        head.terminate()


def test_what_is_played_there_is_what_is_played_here(address, tmp_path):
    log = tmp_path / "log"
    for _ in range(60):  # the server of Ray Client begins a while after the head
        try:
            with ray_executor(address, PoolSize(2)) as executor, dspy.context(lm=logged_lm(log)):
                there = evaluate(executor.placed(PROGRAM), CASES, threads=2)
            break
        except UserError:
            continue
    assert len(calls(log)) > 0
    dspy.cache.reset_memory_cache()
    with dspy.context(lm=logged_lm()):
        assert there == evaluate(PROGRAM, CASES)


def test_a_host_where_nothing_listens_is_said_and_is_in_nobodys_way():
    with (
        pytest.raises(UserError, match=r"no Ray cluster answers at ray://127\.0\.0\.1:\d+"),
        ray_executor(f"ray://127.0.0.1:{free_port()}", PoolSize(1)),
    ):
        pass
    with ray_executor("local", PoolSize(1)) as executor, dspy.context(lm=logged_lm()):
        assert evaluate(executor.placed(PROGRAM), CASES[:1]).scored == 1
