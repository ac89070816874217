"""The Optuna study of a run: which points were tried, by which process, and which one is tried next.

It lies in a journal file, so several processes may share it and each of them may be killed. A trial is claimed under a
lock; one whose process has died is marked as failed, and its point is tried anew. The sampler starts afresh for each
trial from (seed, number of the trial among those that did not fail), so that one worker, killed or not, tries the same
points. With several workers the order in which trials end decides what the sampler knows, and that is not repeatable.
"""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import optuna
from optuna.distributions import CategoricalDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from optimizers.strategies.search.racing import Race, worse
from optimizers.strategies.search.space import Point, SearchSpace
from plumbing.locks import lock_at, try_acquire

NAME = "search"
NO_VALUE = -1.0
"""Of a trial without one pair of scores; the worst that a gain can be."""
LEAST_STARTUP = 3
STARTUP_SHARE = 0.25
"""Share of the trials that are drawn near the best so far before the sampler has learned anything."""
KEPT = 0.5
"""Chance of a dimension to stay as the program has it in such a draw."""
DRAWS = 100
"""Draws before the first new point is taken that a walk through the space meets."""


class SharedStudy:
    """One process's hold on the study; a context manager, within which the process counts as alive.

    Args:
        path: of the journal; lock files lie beside it.
        space: the points, the same in every process of the run.
        key: equal for points that make the same program; only one of those is tried.
        seed: of the sampling.
        wanted: trials in all, the uncompiled program's included; those that failed do not count.
    """

    def __init__(self, path: Path, space: SearchSpace, key: Callable[[Point], str], seed: int, wanted: int) -> None:
        self.path, self.space, self.key, self.seed, self.wanted = path, space, key, seed, wanted
        self.worker = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._claiming = lock_at(path.with_name(f"{path.name}.claim.lock"))
        self._alive = lock_at(self._worker_path(self.worker))
        self._distributions = {name: CategoricalDistribution(found) for name, found in space.dimensions.items()}

    def __enter__(self) -> Self:
        self._worker_path(self.worker).parent.mkdir(exist_ok=True)
        self._alive.acquire()
        with self._claiming:
            _drop_torn_line(self.path)
            self._study = optuna.create_study(
                storage=JournalStorage(_journal(self.path)),
                sampler=optuna.samplers.RandomSampler(seed=0),  # never asked: every trial's point is given
                study_name=NAME,
                direction="maximize",
                load_if_exists=True,
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._worker_path(self.worker).unlink(missing_ok=True)
        self._alive.release()

    def claim(self) -> Trial | None:
        """A trial for this process alone; None while there is none to be had."""
        with self._claiming:
            self._give_up_the_dead()
            trials = self.trials()
            if not any(trial.state is TrialState.WAITING for trial in trials):
                point = self._next_point(trials)
                if point is None:
                    return None
                self._study.enqueue_trial(dict(point), user_attrs={"candidate": self.key(point)})
            trial = self._study.ask(self._distributions)
            trial.set_user_attr("worker", self.worker)
            return trial

    def finish(self, trial: Trial, race: Race) -> None:
        """Write down what came of a claimed trial."""
        trial.set_user_attr("finished", race.finished and bool(race.gains))
        trial.set_user_attr("objective", race.objective)
        trial.set_user_attr("met", race.met)
        for place, gain in race.gains.items():
            trial.report(gain, place)
        self._study.tell(trial, race.gain if race.gains else NO_VALUE)

    def trials(self) -> list[FrozenTrial]:
        """All trials that did not fail, by number."""
        return [trial for trial in self._study.get_trials(deepcopy=False) if trial.state is not TrialState.FAIL]

    def complete(self) -> list[FrozenTrial]:
        """The trials that came to an end, dropped out or not."""
        return [trial for trial in self.trials() if trial.state is TrialState.COMPLETE]

    @property
    def running(self) -> bool:
        """Whether any process, this one or another, has a trial to finish."""
        return any(trial.state is not TrialState.COMPLETE for trial in self.trials())

    def ranked(self) -> list[FrozenTrial]:
        """The trials that met all debtors, best gain first, the earlier one of equals."""
        finished = [trial for trial in self.complete() if trial.user_attrs["finished"]]
        return sorted(finished, key=lambda trial: (-trial.values[0], trial.number))

    def finalists(self, most: int) -> list[FrozenTrial]:
        """The best that gained something, at most so many; of several that played alike the first.

        None that the best has left behind: it came through because the best came later.
        """
        best = self.rival()
        found: list[FrozenTrial] = []
        for trial in self.ranked():
            alike = any(trial.intermediate_values == other.intermediate_values for other in found)
            if trial.values[0] > 0 and not alike and not worse(trial.intermediate_values, best) and len(found) < most:
                found.append(trial)
        return found

    def rival(self) -> Mapping[int, float]:
        """The gains of the best so far; empty before the uncompiled program has met anybody."""
        return next((trial.intermediate_values for trial in self.ranked()), {})

    def _next_point(self, trials: list[FrozenTrial]) -> Point | None:
        if len(trials) >= self.wanted:
            return None
        if not trials:
            return self.space.uncompiled
        if trials[0].state is not TrialState.COMPLETE:
            return None
        tried = {trial.user_attrs["candidate"] for trial in trials}
        for changes in self.space.screened:
            if self.key(point := {**self.space.uncompiled, **changes}) not in tried:
                return point
        rng = random.Random(f"search {self.seed} {len(trials)}")
        early = len(trials) <= self._startup + len(self.space.screened)
        draw = self._near_the_best(rng) if early else self._sampler(trials, rng)
        for _ in range(DRAWS):
            if self.key(point := draw()) not in tried:
                return point
        first = rng.randrange(len(self.space))
        walk = (self.space.point((first + step) % len(self.space)) for step in range(len(self.space)))
        return next((point for point in walk if self.key(point) not in tried), None)

    @property
    def _startup(self) -> int:
        return max(LEAST_STARTUP, round(STARTUP_SHARE * self.wanted))

    def _near_the_best(self, rng: random.Random) -> Callable[[], Point]:
        """Draws that change about half of the dimensions: as long as little is known, what works is the best guess."""
        best, dimensions = self.ranked()[0].params, self.space.dimensions

        def draw() -> Point:
            return {
                name: best[name] if rng.random() < KEPT else rng.choice(choices) for name, choices in dimensions.items()
            }

        return draw

    def _sampler(self, trials: list[FrozenTrial], rng: random.Random) -> Callable[[], Point]:
        """Optuna's TPE on a copy of what is known."""
        sampler = optuna.samplers.TPESampler(seed=rng.getrandbits(32), n_startup_trials=1)
        known = optuna.create_study(direction="maximize", sampler=sampler)
        known.add_trials([trial for trial in trials if trial.state is TrialState.COMPLETE])
        return lambda: dict(known.ask(self._distributions).params)

    def _give_up_the_dead(self) -> None:
        """Fail the trials whose process is gone, and let their points be tried next."""
        for trial in self.trials():
            if trial.state is TrialState.RUNNING and not self._lives(trial.user_attrs.get("worker")):
                self._study.tell(trial.number, state=TrialState.FAIL)
                self._study.enqueue_trial(
                    trial.system_attrs["fixed_params"], user_attrs={"candidate": trial.user_attrs["candidate"]}
                )

    def _lives(self, worker: str | None) -> bool:
        """Whether the process of that name still holds its lock."""
        if worker is None or not self._worker_path(worker).exists():
            return False
        lock = lock_at(self._worker_path(worker))
        if not try_acquire(lock):
            return True
        self._worker_path(worker).unlink(missing_ok=True)
        lock.release()
        return False

    def _worker_path(self, worker: str) -> Path:
        return self.path.with_name("workers") / f"{worker}.lock"


def _journal(path: Path) -> JournalFileBackend:
    lock: Any = lock_at(path.with_name(f"{path.name}.lock"))  # what Optuna asks of a lock, it can do
    return JournalFileBackend(str(path), lock_obj=lock)


def _drop_torn_line(path: Path) -> None:
    """Cut off what a crash or a full disk left of a last line: Optuna would append to it and read neither."""
    with lock_at(path.with_name(f"{path.name}.lock")):
        if not path.exists():
            return
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.truncate(path, whole)
