"""What is read off the system about the processor: quotas of containers, and what others use."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from programs.models.embedded.processor import LoadMeter, ProcessorLoad, quota_cores, usable_cores


def groups(tmp_path, files: dict[str, str], own: str):
    for name, content in files.items():
        (tmp_path / "cgroup" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "cgroup" / name).write_text(content)
    (tmp_path / "self").write_text(own)
    return tmp_path / "cgroup", tmp_path / "self"


@pytest.mark.parametrize(
    ("files", "own", "cores"),
    [
        ({"a/b/cpu.max": "50000 100000\n"}, "0::/a/b\n", 0.5),
        ({"a/cpu.max": "150000 100000\n", "a/b/cpu.max": "max 100000\n"}, "0::/a/b\n", 1.5),
        ({"cpu.max": "200000 100000\n"}, "0::/host/path/of/a/container\n", 2.0),
        ({"a/cpu.max": "max 100000\n"}, "0::/a\n", None),
        ({"cpu,cpuacct/x/cpu.cfs_quota_us": "25000\n", "cpu,cpuacct/x/cpu.cfs_period_us": "50000\n"},
         "4:memory:/m\n3:cpu,cpuacct:/x\n", 0.5),
        ({"cpu/x/cpu.cfs_quota_us": "-1\n", "cpu/x/cpu.cfs_period_us": "100000\n"}, "1:cpu:/x\n", None),
        ({"a/cpu.max": "nonsense\n"}, "0::/a\n", None),
        ({}, "", None),
    ],
)  # fmt: skip
def test_a_containers_quota_counts_whichever_version_and_level_sets_it(tmp_path, files, own, cores):
    assert quota_cores(*groups(tmp_path, files, own)) == cores


def test_no_cgroups_no_quota(tmp_path):
    assert quota_cores(tmp_path, tmp_path / "none") is None


def test_affinity_counts(monkeypatch):
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("no affinity here")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert usable_cores() == 1


@pytest.mark.parametrize(
    ("load", "free"),
    [
        (ProcessorLoad(cores=2), 2),
        (ProcessorLoad(cores=2, others=0.8), 1.2),
        (ProcessorLoad(cores=2, others=5), 0),
        (ProcessorLoad(cores=0.5, others=1, machine_cores=8), 0.5),
        (ProcessorLoad(cores=4, others=6, machine_cores=8), 2),
    ],
)
def test_free_is_what_quota_and_others_leave(load, free):
    assert load.free == pytest.approx(free)


@pytest.mark.alone
def test_a_busy_process_is_seen_and_our_own_work_is_not():
    if (os.cpu_count() or 1) < 2 or os.getloadavg()[0] > os.cpu_count() - 1:
        pytest.skip("nothing to see on a machine that is busy anyway")
    meter = LoadMeter()
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        time.sleep(0.2)
        meter.sample()
        until = time.monotonic() + 0.8
        while time.monotonic() < until:  # we are busy as well
            pass
        beside = meter.read()
    finally:
        busy.kill()
        busy.wait()
    assert beside.others > 0.4
    assert beside.free < beside.cores - 0.4


@pytest.mark.alone
def test_a_meter_that_slept_measures_anew():
    meter = LoadMeter()
    began = time.monotonic()
    load = meter.read()
    assert 0.1 <= time.monotonic() - began < 2
    assert load.others >= 0
    assert load.cores >= 0.1
