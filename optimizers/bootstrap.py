"""Bootstrap few-shot: play training debtors, keep turns of negotiations above the threshold as demonstrations."""

from __future__ import annotations

import dspy

from optimizers.dspy_bridge import MAX_ERRORS, CountingMetric, student
from optimizers.task import CompileTask
from programs.maden import Maden

NAME = "bootstrap"
SUMMARY = "demonstrations from the program's own good negotiations; the cheapest, for a first artifact"


def negotiations(task: CompileTask) -> int:
    """How many negotiations it plays at most."""
    return len(task.train)


def compile_program(task: CompileTask, metric: CountingMetric) -> Maden:
    """Khattab et al. 2023 (DSPy), BootstrapFewShot; `max_labeled_demos=0` since debtors are no demonstrations."""
    optimizer = dspy.BootstrapFewShot(
        metric=metric,
        metric_threshold=task.metric_threshold,
        max_bootstrapped_demos=task.settings.max_demos,
        max_labeled_demos=0,
        max_errors=MAX_ERRORS,
    )
    return optimizer.compile(student(task.program), trainset=task.trainset())
