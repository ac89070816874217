"""Bootstrap few-shot: play training debtors, keep turns of negotiations above the threshold as demonstrations."""

from __future__ import annotations

import dspy

from optimizers.dspy_bridge import MAX_ERRORS, metric, student, thaw
from optimizers.task import LEAST_THRESHOLD, CompileTask, StrategySettings
from programs.maden import Maden

NAME = "bootstrap"
SUMMARY = "demonstrations from the program's own good negotiations; the cheapest, for a first artifact"


def negotiations(settings: StrategySettings, train: int, val: int) -> int:
    """How many negotiations it plays at most."""
    return train


def compile_program(task: CompileTask) -> Maden:
    """Khattab et al. 2023 (DSPy), BootstrapFewShot; `max_labeled_demos=0` since debtors are no demonstrations.

    Where the threshold is our own choice and no negotiation reached it, the best one that was played becomes the
    demonstration; at temperature 0 its model calls come from the cache.
    """
    program = _bootstrapped(task, task.metric_threshold)
    if task.threshold_given or has_demos(program):
        return program
    best = _best_training_score(task)
    return program if best < LEAST_THRESHOLD else _bootstrapped(task, best)


def _best_training_score(task: CompileTask) -> float:
    ids = {case.case_id for case in task.train}
    return max((line.score for line in task.player.ledger if line.case_id in ids), default=0.0)


def has_demos(program: Maden) -> bool:
    """Whether any predictor of the program has a demonstration."""
    return any(predictor.demos for _, predictor in thaw(program).named_predictors())


def _bootstrapped(task: CompileTask, threshold: float) -> Maden:
    optimizer = dspy.BootstrapFewShot(
        metric=metric,
        metric_threshold=threshold,
        max_bootstrapped_demos=task.settings.max_demos,
        max_labeled_demos=0,
        max_errors=MAX_ERRORS,
    )
    return optimizer.compile(student(task), trainset=task.trainset())
