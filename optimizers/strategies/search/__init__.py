"""Search: instructions, demonstrations and settings together, raced on training debtors, the best ones on validation.

Candidates meet growing sets of *training* debtors and drop out early (`optimizers.strategies.search.racing`). Only the
few that come through meet the validation debtors, all of them, and the best there wins, the uncompiled program
included: whoever looks at a validation set for every candidate chooses, after enough looks, the one that the set
happens to favour. A candidate is not examined on training debtors whose turns it shows as demonstrations.
"""

from __future__ import annotations

import random
import time
from statistics import fmean
from typing import Any

from pydantic import ValidationError

from optimizers.compile_config import StrategySettings
from optimizers.demonstrations.choosing import choose, good_ones
from optimizers.demonstrations.labelled import labelled
from optimizers.demonstrations.turns import Recorded, play_training
from optimizers.dspy_bridge.dspy_student import plain
from optimizers.proposals.instructions import proposed, proposes, written
from optimizers.proposals.library import combined
from optimizers.runs.task import CompileTask
from optimizers.strategies.random_search import UNCOMPILED, best_of, demo_sets
from optimizers.strategies.search.racing import race, starting_order
from optimizers.strategies.search.screening import screened
from optimizers.strategies.search.space import DemoSet, Point, SearchSpace, demo_set, knobs
from optimizers.strategies.search.study import SharedStudy
from plumbing.errors import UserError
from plumbing.files import replace_file
from plumbing.locks import lock_at, try_acquire
from programs.kinds.negotiation_kind import NEGOTIATIONS

NAME = "search"
SUMMARY = "instructions, demonstrations and settings raced with early exits; the most for a budget, several workers"
PROPOSES = True
CHANGES = "all"

DRAWS = 20
"""Draws of a demonstration set for each that is wanted."""
POLL_S = 0.5
"""How often a process that waits for another one looks again."""


def negotiations(settings: StrategySettings, train: int, val: int) -> int:
    """How many negotiations it plays at most: nobody drops out, and all finalists meet all validation debtors."""
    return (settings.trials + 1) * train + settings.finalists * val


def compile_program(task: CompileTask) -> Any:
    """The best of the uncompiled program and the finalists on the validation debtors; the first of equals.

    Raises:
        Halted: a cap was reached, or someone stopped the run.
    """
    search = Search(task)
    with search.study:
        search.tell_what_is_known()
        search.run()
        search.tell_what_is_known()
        finalists = search.study.finalists(task.settings.finalists)
    candidates = [(plain(task.program), UNCOMPILED)]
    candidates += [(search.program(trial.params), search.space.words(trial.params)) for trial in finalists]
    evaluations = [task.player.evaluate(program, task.val, task.seed, words) for program, words in candidates]
    return candidates[best_of(evaluations)][0]


def work(task: CompileTask) -> None:
    """Help with the trials of a run that another process leads, until none is left to be had.

    Raises:
        Halted: a cap was reached, or someone stopped this process; its trial is tried anew by another one.
    """
    search = Search(task)
    with search.study:
        search.run()


class Search:
    """One process's part in a search."""

    def __init__(self, task: CompileTask) -> None:
        self.task = task
        self.space = _space(task)
        by_id = {case.case_id: case for case in task.train}
        self.order = [by_id[case_id] for case_id in self.space.order]
        path = task.player.folder.study_path
        self.study = SharedStudy(path, self.space, self._key, task.seed, task.settings.trials + 1)
        self._told: set[int] = set()

    def run(self) -> None:
        """Claim and race trials until there are enough, and wait for those of other processes.

        Raises:
            Halted: a cap was reached, or someone stopped the run.
        """
        measured = self.task.player.evaluate(self.task.program, self.order, self.task.seed)
        uncompiled = {case_id: fmean(scores) for case_id, scores in measured.values("objective").items()}
        while True:
            trial = self.study.claim()
            if trial is None:
                if not self.study.running:
                    return
                _pause(self.task)
                continue
            found = race(
                self.task.player,
                self.program(trial.params),
                self.order,
                self.task.seed,
                uncompiled,
                self.study.rival,
                left_out=self.space.shown(trial.params),
            )
            self._told.add(trial.number)
            self.study.finish(trial, found)
            self._announce(trial.params, found.objective, len(found.gains), finished=found.finished)

    def tell_what_is_known(self) -> None:
        """Show and count the trials of earlier sessions and of other processes, whose negotiations the ledger has.

        What infrastructure lost then is not in the ledger and is played again, so that it does not count against this
        session; the trial keeps its value, which is a mean over the pairs that it had.
        """
        for trial in self.study.complete():
            if trial.number in self._told:
                continue
            self._told.add(trial.number)
            shown, known = self.space.shown(trial.params), trial.user_attrs
            met = [case for case in self.order[: known["met"]] if case.case_id not in shown]
            self.task.player.evaluate(self.program(trial.params), met, self.task.seed)
            self._announce(trial.params, known["objective"], len(met), finished=known["finished"])

    def program(self, point: Point) -> Any:
        """The program of a point."""
        return self.space.program(self.task.program, point)

    def _announce(self, point: Point, objective: float | None, debtors: int, *, finished: bool) -> None:
        if objective is not None:
            words = self.space.words(point) + ("" if finished else " (dropped out)")
            self.task.player.watcher.candidate(self._key(point), words, objective, debtors)

    def _key(self, point: Point) -> str:
        return self.program(point).sha256


def _space(task: CompileTask) -> SearchSpace:
    """What the run's folder says, or else, by whoever comes first, made and written there."""
    path = task.player.folder.path / "search.json"
    lock = lock_at(path.with_suffix(".lock"))
    while not try_acquire(lock):
        _pause(task)
    try:
        if not path.exists():
            replace_file(path, _made(task).model_dump_json(indent=1).encode(), durable=True)
        return SearchSpace.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise UserError(
            f"{path} is not readable; remove it together with {task.player.folder.study_path.name} and resume the run: "
            "its negotiations are kept"
        ) from error
    finally:
        lock.release()


def _made(task: CompileTask) -> SearchSpace:
    played = play_training(task)
    own = task.program.settings
    settings = knobs(own) if task.kind is NEGOTIATIONS else {}
    objectives = {one.negotiation.case.case_id: one.objective for one in played}
    instructions = written(task.program)
    if task.settings.library:
        instructions += combined(task.program, task.seed, task.settings.candidates)
    if proposes(task):
        instructions += proposed(task, played, instructions)
    return SearchSpace(
        instructions=tuple(instructions),
        demo_sets=tuple(_demo_sets(task, played)),
        settings=settings,
        screened=tuple(
            screened(own, settings, task.pool or task.train, task.seed, task.settings.screened) if settings else ()
        ),
        order=tuple(starting_order({case.case_id: 0.0 for case in task.train} | objectives, task.seed)),
    )


def _demo_sets(task: CompileTask, played: list[Recorded]) -> list[DemoSet]:
    """Sets from at most half of the training debtors each, so that others are left to examine the candidate on.

    The first is from the best negotiations, the others from random ones of the good. Labelled demonstrations are of
    examples that nothing is examined on.
    """
    settings = task.settings
    if unplayed := labelled(task, unplayed=True):
        sets = demo_sets(task, settings.candidates, unplayed)
        return [demo_set(number, task.program, one, task.shown_from) for number, one in enumerate(sets, start=1)]
    good = good_ones(
        played, task.metric_threshold, threshold_given=task.threshold_given, train=task.train, kind=task.kind
    )
    objectives = {made.case_id: made.objective for made in good}
    ranked = sorted(objectives, key=lambda case_id: (-objectives[case_id], case_id))
    most, rng = min(len(task.train) // 2, len(ranked)), random.Random(f"demo sets {task.seed}")
    found: list[DemoSet] = []
    for draw in range(DRAWS * settings.candidates if most else 0):
        kept = ranked[:most] if draw == 0 else rng.sample(ranked, most)
        chosen = choose(
            [made for made in good if made.case_id in kept],
            task.program,
            max_demos=settings.max_demos,
            token_budget=settings.demo_token_budget,
        )
        made = demo_set(len(found) + 1, task.program, chosen, task.train)
        if made.case_ids and all(made.demos != other.demos for other in found):
            found.append(made)
        if len(found) == settings.candidates:
            break
    return found


def _pause(task: CompileTask) -> None:
    if (why := task.player.failed or task.player.halted) is not None:
        raise why
    time.sleep(POLL_S)
