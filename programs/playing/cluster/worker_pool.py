"""The pool of workers: kept at its size while nodes come and go, and handed out one place at a time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from plumbing.errors import UserError
from programs.models.pace import look
from programs.playing.cluster.cluster_worker import code_sha256, worker_class
from programs.playing.cluster.messages import WorkerFacts

SAY_EVERY_S = 30.0
"""How often it is said that everybody waits."""
LOOK_EVERY_S = 0.5
NOTICES = logging.getLogger("maden")


@dataclass(frozen=True)
class PoolSize:
    """What is asked of the cluster."""

    workers: int
    places: int = 1
    """Negotiations that one worker plays at once."""
    cpus: float = 1.0
    """A worker's, as Ray counts them."""
    gpus: float = 0.0


@dataclass(eq=False)
class Hired:
    """One worker of the pool."""

    actor: Any
    facts: WorkerFacts | None = None
    """None until it is ready."""
    busy: set[int] = field(default_factory=set)
    """Places that are taken."""
    kept: bool = False
    """For one negotiation alone."""
    gone: bool = False


class Pool:
    """The workers of one run.

    Args:
        ray: Ray's module, connected.
        size: what is asked for.
        setup: called in each worker's process as it begins.
    """

    def __init__(self, ray: Any, size: PoolSize, setup: Callable[[], None] | None = None) -> None:
        self._ray, self.size, self._setup = ray, size, setup
        self._worker = worker_class(ray, size.places)
        self._coming: dict[Any, Hired] = {}
        self._ready: list[Hired] = []
        self._changed = threading.Condition()
        self._ended = threading.Event()
        self._failure: BaseException | None = None
        self._known_nodes: set[str] = set()
        self._code = code_sha256()
        self._said = time.monotonic()
        self.lost = 0
        """Workers that died."""
        for _ in range(size.workers):
            self._hire()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    @property
    def ready(self) -> int:
        """Workers that stand ready or play."""
        with self._changed:
            return len(self._ready)

    @contextmanager
    def worker(self, *, alone: bool = False) -> Iterator[tuple[Hired, int]]:
        """A block that has one place of a worker to itself, and which; waits for it, and says so where that takes long.

        Args:
            alone: take a whole worker, so that nobody else goes down with this negotiation.

        Raises:
            UserError: the workers run another version of the code, or cannot begin at all.
            Exception: what a check of `programs.models.pace.watching` raises while it waits.
        """
        hired, place = self._taken(alone)
        try:
            yield hired, place
        finally:
            with self._changed:
                hired.busy.remove(place)
                hired.kept = hired.kept and not alone
                self._changed.notify_all()

    def lose(self, hired: Hired) -> None:
        """`hired` is gone: another worker is asked for in its place."""
        with self._changed:
            if hired.gone or self._ended.is_set():
                return
            hired.gone = True
            self.lost += 1
            self._ready = [one for one in self._ready if one is not hired]
            self._changed.notify_all()
        where = f" on {hired.facts.host}" if hired.facts else ""
        NOTICES.warning("a worker%s is gone; what it was at is played again on another one", where)
        self._hire()

    def close(self) -> None:
        """Let every worker go."""
        self._ended.set()
        self._keeper.join()
        for hired in [*self._ready, *self._coming.values()]:
            self._ray.kill(hired.actor)

    def _taken(self, alone: bool) -> tuple[Hired, int]:
        mine: Hired | None = None
        while True:
            with self._changed:
                if self._failure is not None:
                    raise self._failure
                if mine is None or mine.gone:
                    mine = self._offered(alone)
                if mine is not None and not (alone and mine.busy):
                    return mine, self._place(mine)
                self._changed.wait(LOOK_EVERY_S)
            try:
                look()
            except BaseException:
                self._release(mine)
                raise
            self._say_if_empty()

    def _offered(self, alone: bool) -> Hired | None:
        """The worker with the most free places; one that is wanted alone gets no further job from here on."""
        free = [one for one in self._ready if not one.kept and (alone or len(one.busy) < self.size.places)]
        found = min(free, key=lambda one: len(one.busy), default=None)
        if found is not None and alone:
            found.kept = True
        return found

    def _place(self, hired: Hired) -> int:
        place = next(place for place in range(self.size.places) if place not in hired.busy)
        hired.busy.add(place)
        return place

    def _release(self, hired: Hired | None) -> None:
        with self._changed:
            if hired is not None:
                hired.kept = False

    def _hire(self) -> None:
        options = {
            "num_cpus": self.size.cpus,
            "num_gpus": self.size.gpus,
            "max_concurrency": 2,  # of what is called outside the places
            "max_restarts": 0,
            "max_task_retries": 0,
            "enable_task_events": False,  # a dashboard's record of each word of a conversation
        }
        actor = self._worker.options(**options).remote(self._setup)
        with self._changed:
            self._coming[actor.facts.remote()] = Hired(actor)

    def _keep(self) -> None:
        while not self._ended.is_set():
            with self._changed:
                coming = list(self._coming)
            if not coming:
                self._ended.wait(LOOK_EVERY_S)
                continue
            for ref in self._ray.wait(coming, timeout=LOOK_EVERY_S, num_returns=1)[0]:
                self._arrived(ref)

    def _arrived(self, ref: Any) -> None:
        with self._changed:
            hired = self._coming.pop(ref)
        failure: BaseException | None = None
        try:
            hired.facts = self._ray.get(ref)
            self._check(hired.actor, hired.facts)
        except self._ray.exceptions.RayTaskError as error:
            failure = error.as_instanceof_cause()
        except self._ray.exceptions.RayError:
            self.lose(hired)
            self._ended.wait(LOOK_EVERY_S)  # a worker that dies at once would be begun a thousand times a minute
            return
        except UserError as error:
            failure = error
        with self._changed:
            self._failure = self._failure or failure
            self._ready.append(hired)
            self._changed.notify_all()

    def _check(self, actor: Any, facts: WorkerFacts) -> None:
        """The first worker of a node says whether the node runs the same code."""
        if facts.node in self._known_nodes:
            return
        if self._ray.get(actor.code.remote()) != self._code:
            raise UserError(
                f"the worker on {facts.host} runs another version of maden's playing code than this machine; install "
                "the same version on every node"
            )
        self._known_nodes.add(facts.node)

    def _say_if_empty(self) -> None:
        """One of all who wait says it."""
        with self._changed:
            now = time.monotonic()
            if self._ready:
                self._said = now
            if now - self._said < SAY_EVERY_S:
                return
            self._said = now
        NOTICES.warning("%s", self._waiting())

    def _waiting(self) -> str:
        size, found = self.size, self._ray.cluster_resources()
        gpus = f" and {size.gpus:g} GPUs" if size.gpus else ""
        return (
            f"no worker is there: asked for are {size.workers} with {size.cpus:g} CPUs{gpus} each, the cluster has "
            f"{found.get('CPU', 0):g} CPUs and {found.get('GPU', 0):g} GPUs; it goes on by itself as soon as one begins"
        )
