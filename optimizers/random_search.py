"""Bootstrap with random search: several sets of bootstrapped demonstrations, the best on validation debtors wins."""

from __future__ import annotations

import dspy

from optimizers.dspy_bridge import MAX_ERRORS, metric, student
from optimizers.task import CompileTask, StrategySettings
from programs.maden import Maden

NAME = "random-search"
SUMMARY = "several demonstration sets, the best on validation wins; when validation debtors are affordable"


def negotiations(settings: StrategySettings, train: int, val: int) -> int:
    """How many negotiations it plays at most: a validation pass and a bootstrap per candidate, two more for none."""
    return (settings.candidates + 1) * (train + val) + val


def compile_program(task: CompileTask) -> Maden:
    """DSPy's BootstrapFewShotWithRandomSearch; its "labels only" candidate equals the uncompiled program here.

    DSPy seeds its candidates 0, 1, 2, ...; the training order, which the seed of the task decides, makes them differ.
    """
    optimizer = dspy.BootstrapFewShotWithRandomSearch(
        metric=metric,
        metric_threshold=task.metric_threshold,
        max_bootstrapped_demos=task.settings.max_demos,
        max_labeled_demos=0,
        num_candidate_programs=task.settings.candidates,
        num_threads=task.player.threads,
        max_errors=MAX_ERRORS,
    )
    pupil = student(task)
    wanted = [-3, -1, *range(task.settings.candidates)]
    return optimizer.compile(pupil, trainset=task.trainset(), valset=task.valset(), restrict=wanted)
