"""Bootstrap few-shot: play training debtors, keep turns of good negotiations as demonstrations."""

from __future__ import annotations

from typing import Any

import dspy

from optimizers.compile_config import StrategySettings
from optimizers.demonstrations.choosing import choose, gathered, with_demos
from optimizers.dspy_bridge.dspy_student import MAX_ERRORS, metric, student, thaw
from optimizers.runs.task import LEAST_THRESHOLD, CompileTask

NAME = "bootstrap"
SUMMARY = "demonstrations from the program's own good negotiations; the cheapest, for a first artifact"
PROPOSES = False
CHANGES = "demos"


def negotiations(settings: StrategySettings, train: int, val: int) -> int:
    """How many negotiations it plays at most."""
    return train


def compile_program(task: CompileTask) -> Any:
    """The task's program with demonstrations of its own good negotiations (`optimizers.demonstrations.choosing`).

    After Khattab et al. 2023 (DSPy), BootstrapFewShot, but each turn is chosen for its phase and for what it gained.

    Raises:
        Halted: a cap was reached, or someone stopped the run.
    """
    settings = task.settings
    if settings.demos == "random_turn":
        return _random_turns(task)
    limits = {"max_demos": settings.max_demos, "token_budget": settings.demo_token_budget}
    return with_demos(task.program, choose(gathered(task), task.program, **limits), task.shown_from)


def has_demos(program: Any) -> bool:
    """Whether any predictor of the program has a demonstration."""
    return any(predictor.demos for _, predictor in thaw(program).named_predictors())


def _random_turns(task: CompileTask) -> Any:
    """DSPy's BootstrapFewShot; `max_labeled_demos=0` since debtors are no demonstrations.

    It stops at the first `max_demos` negotiations that reach the threshold. Where the threshold is our own choice and
    none does, the best one serves; its model calls were paid before.
    """
    program = _bootstrapped(task, task.metric_threshold)
    if task.threshold_given or has_demos(program):
        return program
    best = _best_training_score(task)
    return program if best < LEAST_THRESHOLD else _bootstrapped(task, best)


def _best_training_score(task: CompileTask) -> float:
    ids = {case.case_id for case in task.train}
    return max((line.score for line in task.player.ledger if line.case_id in ids), default=0.0)


def _bootstrapped(task: CompileTask, threshold: float) -> Any:
    optimizer = dspy.BootstrapFewShot(
        metric=metric(task.kind),
        metric_threshold=threshold,
        max_bootstrapped_demos=task.settings.max_demos,
        max_labeled_demos=0,
        max_errors=MAX_ERRORS,
    )
    return optimizer.compile(student(task), trainset=task.trainset())
