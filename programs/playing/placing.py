"""From the options of a command line to the executor that plays for it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from plumbing.errors import UserError
from programs.playing.executor import Executor


@dataclass(frozen=True)
class Place:
    """Where a command's negotiations are played."""

    threads: int = 1
    """Negotiations at once; on a cluster, in each worker."""
    cluster: str | None = None
    """`local`, `auto` or `ray://HOST:PORT`; None for this process."""
    workers: int | None = None
    """Of the cluster; None for 2."""
    cpus_per_worker: float | None = None
    """As Ray counts them; None for 1."""
    gpus_per_worker: float | None = None
    """None for 0."""

    def __post_init__(self) -> None:
        given = {
            "--workers": self.workers,
            "--cpus-per-worker": self.cpus_per_worker,
            "--gpus-per-worker": self.gpus_per_worker,
        }
        idle = [flag for flag, value in given.items() if value is not None]
        if self.cluster is None and idle:
            raise UserError(
                f"{' and '.join(idle)} means nothing without --cluster; add --cluster local, or leave it out"
            )

    @contextlib.contextmanager
    def executor(self) -> Iterator[Executor]:
        """The executor, as long as the block runs.

        Raises:
            UserError: a cluster was asked for, and Ray is not installed or nothing answers there.
        """
        if self.cluster is None:
            yield Executor(self.threads)
            return
        from programs.playing.cluster.ray_executor import ray_executor
        from programs.playing.cluster.worker_pool import PoolSize

        cpus = 1.0 if self.cpus_per_worker is None else self.cpus_per_worker
        size = PoolSize(self.workers or 2, self.threads, cpus, self.gpus_per_worker or 0.0)
        with ray_executor(self.cluster, size) as executor:
            yield executor
