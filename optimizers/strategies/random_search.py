"""Bootstrap with random search: several sets of turn-aware demonstrations, the best on validation debtors wins."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from optimizers.compile_config import StrategySettings
from optimizers.demonstrations.choosing import Chosen, described, drawn, gathered, with_demos
from optimizers.demonstrations.turns import Demonstration
from optimizers.dspy_bridge.dspy_student import plain
from optimizers.runs.task import CompileTask
from programs.playing.evaluate import Evaluation

NAME = "random-search"
SUMMARY = "several demonstration sets, the best on validation wins; when validation debtors are affordable"
PROPOSES = False
CHANGES = "demos"
UNCOMPILED = "uncompiled"


def negotiations(settings: StrategySettings, train: int, val: int) -> int:
    """How many negotiations it plays at most: the training debtors once, a validation pass per candidate.

    The uncompiled program is a candidate too; its validation pass was played when it was measured.
    """
    return train + settings.candidates * val


def compile_program(task: CompileTask) -> Any:
    """The best of the uncompiled program and `candidates` demo sets, all drawn from the same training negotiations.

    After DSPy's BootstrapFewShotWithRandomSearch, which plays the training debtors again for every candidate.

    Raises:
        Halted: a cap was reached, or someone stopped the run.
    """
    candidates = _candidates(task)
    evaluations = [task.player.evaluate(program, task.val, task.seed, words) for program, words in candidates]
    return candidates[best_of(evaluations)][0]


def best_of(evaluations: Sequence[Evaluation[Any, Any]]) -> int:
    """Index of the highest mean objective over the debtors that all have a score with; the first of equals."""
    values = [evaluation.values("objective") for evaluation in evaluations]
    shared = sorted(set.intersection(*(set(found) for found in values)))
    if not shared:
        return 0
    means = [fmean(fmean(found[case_id]) for case_id in shared) for found in values]
    return means.index(max(means))


def demo_sets(task: CompileTask, sets: int, good: Sequence[Demonstration] | None = None) -> list[Chosen]:
    """Up to `sets` different choices of demonstrations.

    Args:
        task: its settings say how many a predictor.
        sets: wanted.
        good: what is chosen from; None: all that the training examples give.
    """
    settings = task.settings
    return drawn(
        gathered(task) if good is None else good,
        task.program,
        max_demos=settings.max_demos,
        token_budget=settings.demo_token_budget,
        sets=sets,
        seed=task.seed,
    )


def _candidates(task: CompileTask) -> list[tuple[Any, str]]:
    sets = demo_sets(task, task.settings.candidates)
    demonstrated = [(with_demos(task.program, chosen, task.shown_from), described(chosen)) for chosen in sets]
    return [(plain(task.program), UNCOMPILED), *demonstrated]
