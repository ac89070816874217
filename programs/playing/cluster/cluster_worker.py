"""A worker: a process of the cluster that plays one negotiation after another, or a few at once.

It keeps nothing. Every LM call asks the driver first, which knows the answers that are stored and the caps; what was
answered goes back to the driver before the program goes on. A job runs in a thread of its own; the actor's methods hand
the driver what that thread has to say, and it the driver's answers.
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
from programs.playing.cluster.messages import DriverAnswer, Job, Parcel, WorkerFacts
from programs.playing.cluster.worker_end import AskedCache, LMCallbacks, WorkerLine, file_here, packed_notes

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
        line = WorkerLine(work, lm, job)
        with self._lock:
            self._lines[token] = line
        line.begin()
        return self._said(token, line)

    def go_on(self, token: str, answered: bool, value: Any) -> bytes:
        """Give the job the driver's answer, if it waits for one; returns what it has to say next.

        Its own arguments, since Ray packs plain values ten times as fast as an object of ours.
        """
        line = self._lines[token]
        if answered:
            line.answer(DriverAnswer(value))
        return self._said(token, line)

    def drop(self, token: str) -> None:
        """Nobody waits for the job any more: it ends at its next call."""
        with self._lock:
            line = self._lines.pop(token, None)
        if line is not None:
            line.drop()

    def _said(self, token: str, line: WorkerLine) -> bytes:
        notes = line.said()
        if line.over(notes):
            with self._lock:
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


def code_sha256() -> str:
    """Hash of the code that plays, every kind's; a worker of another version would play other negotiations."""
    return hash_of(files_behind(*(module for kind in KINDS for module in kind.code)))
