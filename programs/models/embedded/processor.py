"""How much of the processor is free for this process: affinity, a container's quota, and what others keep busy.

`os.cpu_count` says how many cores the machine has. What pays in threads depends on the cores that this process may use
(its affinity mask and its cgroup's CPU quota) and on what other processes take of them, or would take if they got it
(pressure stall information: the share of time in which something that could run had to wait).
"""

from __future__ import annotations

import math
import os
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path

import psutil

WINDOW_S = 1.0
"""A load is that of about the last second."""
SHORTEST_S = 0.1
"""Over less than this, the clock ticks of the system's figures (10 ms) would decide."""
STALE_S = 3.0
"""A reading older than this says nothing about now."""
CGROUP, SELF = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
PRESSURE = Path("/proc/pressure/cpu")


@dataclass(frozen=True)
class ProcessorLoad:
    """What others do with the processor."""

    cores: float
    """Cores that this process may use at most; a container's quota may be no whole number."""
    others: float = 0.0
    """Cores that other processes keep busy, or would if they did not have to wait for this one."""
    machine_cores: float | None = None
    """Cores that `others` are busy on; None: `cores`. With a quota there are more of them than this process may use."""

    @property
    def free(self) -> float:
        """Cores that are left for this process, 0 at least."""
        return max(0.0, min(self.cores, (self.machine_cores or self.cores) - self.others))


@dataclass(frozen=True)
class _Sample:
    at: float
    busy_s: float
    """CPU time of everything on the cores that this process may use."""
    own_s: float
    """CPU time of this process."""
    stalled_s: float
    """Time in which something that could run had to wait for a core."""


class LoadMeter:
    """The load of the last second, from samples that are taken as work goes on; safe to use from several threads."""

    def __init__(self) -> None:
        self._samples: deque[_Sample] = deque(maxlen=64)

    def sample(self) -> None:
        """Take a sample; cheap (a quarter of a millisecond), ignored when the last one is fresh."""
        if not self._samples or time.monotonic() - self._samples[-1].at >= SHORTEST_S:
            self._samples.append(_sample())

    def read(self) -> ProcessorLoad:
        """The load between now and about a second ago; waits a tenth of a second where nothing was sampled lately."""
        now = _sample()
        earlier = self._earlier(now)
        if earlier is None:
            time.sleep(SHORTEST_S)
            earlier, now = now, _sample()
        self._samples.append(now)
        return _between(earlier, now)

    def _earlier(self, now: _Sample) -> _Sample | None:
        """The sample closest to `WINDOW_S` before `now`; None where none would do."""
        usable = [s for s in list(self._samples) if SHORTEST_S <= now.at - s.at <= STALE_S]
        return min(usable, key=lambda s: abs(now.at - s.at - WINDOW_S), default=None)


def usable_cores() -> int:
    """Cores that this process may use, a quota rounded up: as many threads as could ever run at once."""
    return max(1, math.ceil(min(len(_affinity()), quota_cores() or math.inf)))


def quota_cores(root: Path = CGROUP, own: Path = SELF) -> float | None:
    """CPU quota of this process's cgroup and those above it, in cores; None where there is none.

    Args:
        root: where cgroups are mounted, version 2 or version 1.
        own: the file that says in which groups this process is.
    """
    quotas = [quota for folder in _groups(root, own) if (quota := _quota(folder)) is not None]
    return min(quotas, default=None)


def _groups(root: Path, own: Path) -> list[Path]:
    """The folders of this process's CPU cgroups, up to the root's."""
    try:
        lines = own.read_text().splitlines()
    except OSError:  # not Linux
        return []
    folders: list[Path] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = root / controllers if controllers else root
        # Inside a container the file may name a path of the host's, which is the mount's top here.
        inner = top / path.lstrip("/")
        folders += [inner, *(parent for parent in inner.parents if parent.is_relative_to(top))]
    return folders


def _quota(folder: Path) -> float | None:
    try:
        if (unified := folder / "cpu.max").is_file():
            limit, period = unified.read_text().split()
        else:
            limit, period = ((folder / f"cpu.cfs_{name}_us").read_text().strip() for name in ("quota", "period"))
        return None if limit in ("max", "-1") else int(limit) / int(period)
    except (OSError, ValueError):
        return None


def _affinity() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _sample() -> _Sample:
    times = psutil.cpu_times(percpu=True)
    usable = [times[core] for core in _affinity() if core < len(times)]
    busy = sum(_busy_s(core) for core in usable)
    return _Sample(time.monotonic(), busy, time.process_time(), _stalled_s())


def _busy_s(times: object) -> float:
    # Not `guest`: it is part of `user`. `steal` is what other virtual machines took.
    names = ("user", "nice", "system", "irq", "softirq", "interrupt", "dpc", "steal")
    return sum(getattr(times, name, 0.0) for name in names)


def _stalled_s() -> float:
    """Time since boot in which something had to wait for a core; 0 where the system does not say."""
    try:
        return int(PRESSURE.read_text().partition("total=")[2].split()[0]) / 1e6
    except (OSError, ValueError, IndexError):
        return 0.0


def _between(earlier: _Sample, now: _Sample) -> ProcessorLoad:
    seconds, cores = now.at - earlier.at, float(len(_affinity()))
    running = max(0.0, (now.busy_s - earlier.busy_s) - (now.own_s - earlier.own_s)) / seconds
    waiting = min(1.0, (now.stalled_s - earlier.stalled_s) / seconds)
    # Who waits may be a thread of ours: only where others run at all is it a sign that they want more than they get.
    others = running + min(waiting, running)
    return ProcessorLoad(cores=min(cores, quota_cores() or cores), others=others, machine_cores=cores)
