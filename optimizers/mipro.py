"""MIPROv2: instructions proposed by a model and demonstration sets, searched together by Optuna's TPE."""

from __future__ import annotations

import dspy

from optimizers.dspy_bridge import MAX_ERRORS, metric, student
from optimizers.proposing import proposing
from optimizers.task import CompileTask, StrategySettings
from programs.maden import Maden

NAME = "mipro"
SUMMARY = "new instructions and demonstrations, searched together; the strongest with a capable prompt model"

BUILT_IN_CANDIDATES = 3
"""DSPy counts its zero-shot, labels-only and unshuffled sets among `num_candidates`."""


def negotiations(settings: StrategySettings, train: int, val: int) -> int:
    """How many negotiations it plays at most."""
    return max(settings.candidates, BUILT_IN_CANDIDATES) * train + (settings.trials + 1) * val


def compile_program(task: CompileTask) -> Maden:
    """Opsahl-Ong et al. 2024 (MIPROv2).

    The data-aware proposer is off: it prints whole examples, and with them the debtors' private finances, into a
    prompt. The seed goes to the constructor: `compile(seed=0)` would silently use 9. It also decides
    the sample (rollout id) of each proposal, so that a repeated run makes the same ones.

    Raises:
        Halted: see `optimizers.proposing`.
    """
    optimizer = dspy.MIPROv2(
        metric=metric,
        prompt_model=task.prompt_lm,
        task_model=task.lm,
        auto=None,
        num_candidates=max(task.settings.candidates, BUILT_IN_CANDIDATES),
        max_bootstrapped_demos=task.settings.max_demos,
        max_labeled_demos=0,
        num_threads=task.player.threads,
        max_errors=MAX_ERRORS,
        metric_threshold=task.metric_threshold,
        seed=task.seed,
    )
    with proposing(task.player):
        return optimizer.compile(
            student(task),
            trainset=task.trainset(),
            valset=task.valset(),
            num_trials=task.settings.trials,
            minibatch=False,
            program_aware_proposer=False,
            data_aware_proposer=False,
        )
