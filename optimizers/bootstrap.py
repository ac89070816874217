"""Bootstrap few-shot: play training debtors, keep turns of negotiations above the threshold as demonstrations."""

from __future__ import annotations

import dspy

from optimizers.dspy_bridge import MAX_ERRORS, CountingMetric, student, thaw
from optimizers.task import LEAST_THRESHOLD, CompileTask
from programs.maden import Maden

NAME = "bootstrap"
SUMMARY = "demonstrations from the program's own good negotiations; the cheapest, for a first artifact"


def negotiations(task: CompileTask) -> int:
    """How many negotiations it plays at most."""
    return len(task.train)


def compile_program(task: CompileTask, metric: CountingMetric) -> Maden:
    """Khattab et al. 2023 (DSPy), BootstrapFewShot; `max_labeled_demos=0` since debtors are no demonstrations.

    Where the threshold is our own choice and no negotiation reached it, the best one that was played becomes the
    demonstration; at temperature 0 its model calls come from the cache.
    """
    program = _bootstrapped(task, metric, task.metric_threshold)
    if task.threshold_given or has_demos(program) or metric.best < LEAST_THRESHOLD:
        return program
    return _bootstrapped(task, metric, metric.best)


def has_demos(program: Maden) -> bool:
    """Whether any predictor of the program has a demonstration."""
    return any(predictor.demos for _, predictor in thaw(program).named_predictors())


def _bootstrapped(task: CompileTask, metric: CountingMetric, threshold: float) -> Maden:
    optimizer = dspy.BootstrapFewShot(
        metric=metric,
        metric_threshold=threshold,
        max_bootstrapped_demos=task.settings.max_demos,
        max_labeled_demos=0,
        max_errors=MAX_ERRORS,
    )
    return optimizer.compile(student(task.program), trainset=task.trainset())
