"""The executor that plays on a Ray cluster."""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, TypeVar

import dspy
from typing_extensions import override

from programs.kinds.kind import INFRASTRUCTURE, Kind
from programs.kinds.known import KINDS
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.models.pace import limits
from programs.playing.cluster.connecting import connected
from programs.playing.cluster.driver_end import Conversation, listened_to
from programs.playing.cluster.messages import Job, Parcel
from programs.playing.cluster.model_files import FilesHere
from programs.playing.cluster.paces import keeper_of, shared
from programs.playing.cluster.travelling_programs import packed_lm, packed_program, packed_work
from programs.playing.cluster.worker_pool import Pool, PoolSize
from programs.playing.executor import Executor, Program, Sample
from programs.table.failures import InfrastructureFailure

Result = TypeVar("Result")
AGAIN = 2
"""How often a negotiation is played again whose worker died."""


class WorkerLost(InfrastructureFailure):
    """Every worker that played it died, the last one too."""

    kind = "worker_lost"


class RayExecutor(Executor):
    """Plays on the workers of a pool.

    Args:
        ray: Ray's module, connected.
        pool: of the run.
    """

    def __init__(self, ray: Any, pool: Pool) -> None:
        super().__init__(pool.size.workers * pool.size.places)
        self._ray, self._pool, self._files = ray, pool, FilesHere(ray)
        self._sent: dict[str, Parcel] = {}
        self._given_up: dict[tuple[str, str, int], WorkerLost] = {}
        """Whoever retries what infrastructure broke is not to take three more workers down."""
        self._lock = threading.Lock()

    @property
    def ready(self) -> int:
        """Workers that stand ready or play."""
        return self._pool.ready

    @property
    def lost(self) -> int:
        """Workers that died."""
        return self._pool.lost

    @override
    def placed(self, program: Program) -> Program:
        work, kind = self._parcel(packed_program(program)), _kind_of(program)

        def played(case: Any, seed: int) -> SimpleNamespace:
            try:
                record = self._played(work, case, seed, None)
            except WorkerLost as lost:
                record = kind.unplayed(program, case, seed, f"{lost.kind}: {lost}")
            return SimpleNamespace(negotiation=record)

        return played

    @override
    def working(self, work: Callable[[Any, int], Result]) -> Callable[[Any, int], Result]:
        parcel = self._parcel(packed_work(work))

        def done(case: Any, seed: int) -> Result:
            result: Result = self._played(parcel, case, seed, None)
            return result

        return done

    @override
    def rehearsed(self, program: Program, case: Any, seed: int, sample: Sample | None = None) -> Any | None:
        try:
            record = self._played(self._parcel(packed_program(program)), case, seed, sample)
        except WorkerLost as lost:
            return _kind_of(program).unplayed(program, case, seed, f"{lost.kind}: {lost}")
        return record if record.ending.value == INFRASTRUCTURE else None

    @override
    def stop(self) -> None:
        self._pool.close()

    def _played(self, work: Parcel, case: Any, seed: int, sample: Sample | None) -> Any:
        lm = self._parcel(packed_lm(dspy.settings.lm)) if dspy.settings.lm is not None else None
        job, key = Job(work, lm, case, seed, sample, listened_to()), (work.sha256, getattr(case, "case_id", ""), seed)
        if key in self._given_up:
            raise self._given_up[key]
        for attempt in range(AGAIN + 1):
            with self._pool.worker(alone=attempt > 0) as (hired, place):  # it may be what took the worker down
                try:
                    return Conversation(hired.actor, place, job, self._files).result()
                except _gone(self._ray) as error:
                    last = error
                    self._pool.lose(hired)
        self._given_up[key] = WorkerLost(f"{AGAIN + 1} workers died while they played it ({type(last).__name__})")
        raise self._given_up[key]

    def _parcel(self, content: bytes) -> Parcel:
        sha256 = hashlib.sha256(content).hexdigest()
        with self._lock:
            if sha256 not in self._sent:
                self._sent[sha256] = Parcel(sha256, self._ray.put(content))
            return self._sent[sha256]


def _gone(ray: Any) -> tuple[type[Exception], ...]:
    """What tells that a worker, or the node with it, is gone."""
    errors = ray.exceptions
    return (errors.RayActorError, errors.WorkerCrashedError, errors.OutOfMemoryError, errors.ObjectLostError)


def _kind_of(program: Program) -> Kind:
    return next((kind for kind in KINDS if isinstance(program, kind.program_class)), NEGOTIATIONS)


@contextlib.contextmanager
def ray_executor(address: str, size: PoolSize) -> Iterator[RayExecutor]:
    """An executor on the cluster at `address`, as long as the block runs.

    Raises:
        UserError: Ray is not installed, or no cluster answers there.
    """
    wanted = math.ceil(size.workers * size.cpus)
    with connected(address, max(wanted, os.cpu_count() or 1)) as ray:
        keeper = keeper_of(ray, limits())
        executor = RayExecutor(ray, Pool(ray, size, shared(keeper, limits())))
        try:
            yield executor
        finally:
            executor.stop()
