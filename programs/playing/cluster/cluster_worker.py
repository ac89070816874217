"""A worker: a process of the cluster that plays one negotiation after another, or a few at once.

It keeps nothing. Every LM call asks the driver first, which knows the answers that are stored and the caps; what was
answered goes back to the driver with the next question. A place, where one job is played at a time, is a thread: a job
is begun, continued and ended there (`at_place`), all else is called in any.
"""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable
from typing import Any

import cloudpickle
import dspy

from plumbing.closure import files_behind, hash_of
from programs.kinds.known import KINDS
from programs.models.model_file import from_elsewhere
from programs.playing.cluster.messages import Job, Note, Parcel, WorkerFacts
from programs.playing.cluster.worker_end import AskedCache, LMCallbacks, WorkerLine, file_here, packed_notes

AT_PLACE = ("start", "go_on", "end")
"""The methods that play; each place has its own."""
MOST_KEPT = 64
"""Programs and models that a worker keeps ready; the oldest goes first."""


class ClusterWorker:
    """The actor.

    Args:
        setup: called once in the worker's process, such as to share a pace; None for nothing.
    """

    def __init__(self, setup: Callable[[], None] | None = None) -> None:
        self._kept: dict[str, Any] = {}
        self._lines: dict[str, WorkerLine] = {}
        self._lock = threading.Lock()
        dspy.cache = AskedCache()
        dspy.BaseLM.callbacks = LMCallbacks()
        from_elsewhere(file_here)
        if setup is not None:
            setup()

    def facts(self) -> WorkerFacts:
        """Who and where it is; answered as soon as it can play."""
        import ray

        node = ray.get_runtime_context().get_node_id()
        return WorkerFacts(node, platform.node(), os.getpid())

    def code(self) -> str:
        """See `code_sha256`."""
        return code_sha256()

    def start(self, token: str, job: Job) -> bytes:
        """Begin `job` under `token`; returns what there is to say first (`packed_notes`)."""
        work, lm = self._unpacked(job.work, made=True), self._unpacked(job.lm) if job.lm else None
        line = self._lines[token] = WorkerLine(work, lm, job)
        return self._said(token, line, line.begin())

    def go_on(self, token: str, answer: Any) -> bytes:
        """Give the job the driver's answer; returns what it has to say next.

        Its own arguments, since Ray packs plain values ten times as fast as an object of ours.
        """
        line = self._lines[token]
        return self._said(token, line, line.go_on(answer))

    def drop(self, token: str) -> None:
        """Nobody waits for the job any more: it ends at its next word."""
        if (line := self._lines.get(token)) is not None:
            line.drop()

    def end(self, token: str) -> None:
        """End a job that was dropped."""
        if (line := self._lines.pop(token, None)) is not None:
            line.end()

    def _said(self, token: str, line: WorkerLine, notes: list[Note]) -> bytes:
        if line.over(notes):
            self._lines.pop(token, None)
        return packed_notes(notes)

    def _unpacked(self, parcel: Parcel, *, made: bool = False) -> Any:
        with self._lock:
            if parcel.sha256 in self._kept:
                return self._kept[parcel.sha256]
        import ray

        found = cloudpickle.loads(ray.get(parcel.ref))
        ready = found.made() if made else found
        with self._lock:
            while len(self._kept) >= MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            return self._kept.setdefault(parcel.sha256, ready)


def at_place(method: str, place: int) -> str:
    """What a worker of `worker_class` calls the `method` of `AT_PLACE` that runs at a place."""
    return f"{method}_{place}"


def worker_class(ray: Any, places: int) -> Any:
    """The actor's class as Ray takes it.

    A method belongs to one of Ray's concurrency groups, here of one thread each; only Ray Client cannot name the group
    with the call, so that each place needs methods of its own.
    """
    groups = {f"place_{place}": 1 for place in range(places)}
    methods = {
        at_place(name, place): ray.method(concurrency_group=group)(_called(name))
        for place, group in enumerate(groups)
        for name in AT_PLACE
    }
    return ray.remote(concurrency_groups=groups)(type("PlacedWorker", (ClusterWorker,), methods))


def _called(name: str) -> Callable[..., Any]:
    def method(self: ClusterWorker, *arguments: Any) -> Any:
        return getattr(self, name)(*arguments)

    return method


def code_sha256() -> str:
    """Hash of the code that plays, every kind's; a worker of another version would play other negotiations."""
    return hash_of(files_behind(*(module for kind in KINDS for module in kind.code)))
