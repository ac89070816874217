"""MIPROv2: instructions proposed by a model and demonstration sets, searched together by Optuna's TPE."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dspy

from optimizers.dspy_bridge.dspy_student import MAX_ERRORS, metric, student
from optimizers.dspy_bridge.patches import proposals_by
from optimizers.proposals.asking import proposing, with_room
from optimizers.proposals.echoes import refuse_echo, texts_of
from optimizers.runs.player import Player
from optimizers.runs.task import CompileTask
from optimizers.settings import StrategySettings
from optimizers.strategies.random_search import demo_sets
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.models.retryable import classify
from programs.table.failures import ProgramFault

NAME = "mipro"
SUMMARY = "new instructions and demonstrations, searched together; the strongest with a capable prompt model"
PROPOSES = True
CHANGES = "all"

BUILT_IN_CANDIDATES = 3
"""DSPy counts its zero-shot, labels-only and unshuffled sets among `num_candidates`."""

PROPOSAL_TRIES = 2
"""Each is another sample."""


def negotiations(settings: StrategySettings, train: int, val: int) -> int:
    """How many negotiations it plays at most."""
    return max(settings.candidates, BUILT_IN_CANDIDATES) * train + (settings.trials + 1) * val


def compile_program(task: CompileTask) -> Any:
    """Opsahl-Ong et al. 2024 (MIPROv2).

    The data-aware proposer is off: it prints whole examples, and with them the debtors' private finances, into a
    prompt. The seed goes to the constructor: `compile(seed=0)` would silently use 9. It also decides
    the sample (rollout id) of each proposal, so that a repeated run makes the same ones.

    Raises:
        Halted: see `optimizers.proposals.asking`.
    """
    optimizer = _Mipro(
        task,
        metric=metric(task.kind),
        prompt_model=with_room(task.prompt_lm),
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
    with proposing(task.player), proposals_by(_own_where_none_is_proposed(task.player)):
        return optimizer.compile(
            student(task),
            trainset=task.trainset(),
            valset=task.valset(),
            num_trials=task.settings.trials,
            minibatch=False,
            program_aware_proposer=False,
            data_aware_proposer=False,
        )


class _Mipro(dspy.MIPROv2):
    """MIPROv2 whose demonstration sets are ours where labels say what is right.

    DSPy's bootstrap knows own answers only, and plays the training examples again for each set.
    """

    def __init__(self, task: CompileTask, **settings: Any) -> None:
        super().__init__(**settings)
        self.task = task

    def _bootstrap_fewshot_examples(self, program: Any, *more: Any, **settings: Any) -> Any:
        if self.task.kind is NEGOTIATIONS:
            return super()._bootstrap_fewshot_examples(program, *more, **settings)
        sets = demo_sets(self.task, max(self.task.settings.candidates, BUILT_IN_CANDIDATES) - 1)
        names = [name for name, _ in program.named_predictors()]
        return {
            place: [[], *([made.example for made in chosen.get(name, [])] for chosen in sets)]
            for place, name in enumerate(names)
        }


def _own_where_none_is_proposed(player: Player) -> Callable[[Callable[..., str]], Callable[..., str]]:
    """Let one proposal that cannot be used cost one candidate: MIPROv2 would keep an echo, or lose the compile."""

    def changed(original: Callable[..., str]) -> Callable[..., str]:
        def proposed(self: Any, *, predictor: Any, pred_i: int, demo_candidates: Any, **more: Any) -> str:
            own = str(predictor.signature.instructions)
            for _ in range(PROPOSAL_TRIES):
                if player.halted is not None:
                    raise player.halted
                try:
                    text = original(self, predictor=predictor, pred_i=pred_i, demo_candidates=demo_candidates, **more)
                    refuse_echo(text, texts_of(demo_candidates[pred_i] if demo_candidates else ()), own)
                    return str(text)
                except Exception as error:
                    if not isinstance(classify(error), ProgramFault):
                        raise
            return own

        return proposed

    return changed
