"""MIPROv2: instructions proposed by a model and demonstration sets, searched together by Optuna's TPE."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, partial
from typing import Any

import dspy

from optimizers.compile_config import StrategySettings
from optimizers.demonstrations.choosing import Chosen
from optimizers.dspy_bridge.dspy_student import MAX_ERRORS, metric, plain, student
from optimizers.dspy_bridge.patches import proposals_by
from optimizers.proposals.asking import proposing, with_room
from optimizers.proposals.echoes import refuse_echo, texts_of
from optimizers.proposals.library import combined
from optimizers.runs.task import CompileTask
from optimizers.strategies.random_search import demo_sets
from programs.creditor.fingerprints import predictors
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.models.retryable import classify
from programs.table.failures import ProgramFault

NAME = "mipro"
SUMMARY = "new instructions and demonstrations, searched together; the strongest with a capable prompt model"
PROPOSES = True
CHANGES = "all"

BUILT_IN_CANDIDATES = 3
"""DSPy counts its zero-shot, labels-only and unshuffled sets among `num_candidates`."""

PREDICTORS = 2
"""That instructions are proposed for at most."""
PROPOSAL_TRIES = 2
"""Each is another sample."""


def negotiations(settings: StrategySettings, train: int, val: int) -> int:
    """How many negotiations it plays at most."""
    candidates = max(settings.candidates, BUILT_IN_CANDIDATES)
    checked = min(settings.proposal_debtors, train) * (1 + PREDICTORS * (candidates - 1))
    return candidates * train + checked + (settings.trials + 1) * val


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
    with proposing(task.player), proposals_by(_Proposals(task).instead):
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
    """MIPROv2 whose demonstration sets are ours (`optimizers.demonstrations`), unless turns at random were asked for.

    DSPy's bootstrap knows own answers only, keeps one turn at random of each, and plays the training examples again for
    each set.
    """

    def __init__(self, task: CompileTask, **settings: Any) -> None:
        super().__init__(**settings)
        self.task = task

    def _bootstrap_fewshot_examples(self, program: Any, *more: Any, **settings: Any) -> Any:
        task = self.task
        if task.kind is NEGOTIATIONS and task.settings.demos == "random_turn":
            return super()._bootstrap_fewshot_examples(program, *more, **settings)
        wanted = max(task.settings.candidates, BUILT_IN_CANDIDATES)
        sets: list[Chosen] = [{}, *demo_sets(task, wanted - 1)]
        filled = [
            sets[place % len(sets)] for place in range(wanted)
        ]  # it proposes no more instructions than it has sets
        names = [name for name, _ in program.named_predictors()]
        return {
            place: [[made.example for made in chosen.get(name, [])] for chosen in filled]
            for place, name in enumerate(names)
        }


class _Proposals:
    """What MIPROv2 is given to choose from: the own instruction, the library's, and proposals that beat both.

    Its first proposal for each predictor is never used, so nobody is asked for that. Of the others every second one is
    the library's, if it has one. A proposal that cannot be used costs one candidate: MIPROv2 would keep an echo, or
    lose the compile.
    """

    def __init__(self, task: CompileTask) -> None:
        self.task = task
        settings = task.settings
        found = combined(task.program, task.seed, max(settings.candidates, BUILT_IN_CANDIDATES) // 2)
        self.library = found if settings.library else []

    def instead(self, original: Callable[..., str]) -> Callable[..., str]:
        """DSPy's way of proposing for one predictor, changed."""

        def proposed(
            self_: Any, *, predictor: Any, pred_i: int, demo_candidates: Any, demo_set_i: int, **more: Any
        ) -> str:
            own, written = str(predictor.signature.instructions), self._written(pred_i)
            turn, of_library = divmod(demo_set_i, 2)
            if demo_set_i == 0:
                return own
            if of_library and written:
                return written[turn % len(written)]
            given = {"predictor": predictor, "pred_i": pred_i, "demo_candidates": demo_candidates}
            asked = partial(original, self_, **given, demo_set_i=demo_set_i, **more)
            text = self._asked(asked, own, texts_of(demo_candidates[pred_i] if demo_candidates else ()))
            return text if self._beats(pred_i, text, [own, *written]) else own

        return proposed

    def _asked(self, asked: Callable[[], str], own: str, shown: Iterable[str]) -> str:
        """A usable proposal, or the own instruction."""
        player, seen = self.task.player, list(shown)
        for _ in range(PROPOSAL_TRIES):
            if player.halted is not None:
                raise player.halted
            try:
                text = asked()
                refuse_echo(text, seen, own)
                return str(text)
            except Exception as error:
                if not isinstance(classify(error), ProgramFault):
                    raise
        return own

    def _beats(self, pred_i: int, text: str, others: Sequence[str]) -> bool:
        """Whether an instruction does better on some training debtors than every other one."""
        debtors = self.task.settings.proposal_debtors
        if not debtors or text in others:
            return not debtors
        cases = [example.case for example in self.task.trainset()[:debtors]]
        return self._score(pred_i, text, cases) > max(self._score(pred_i, other, cases) for other in others)

    def _score(self, pred_i: int, text: str, cases: Sequence[Any]) -> float:
        program = plain(self.task.program)
        predictor = predictors(program)[self._names[pred_i]]
        predictor.signature = predictor.signature.with_instructions(text)
        with dspy.context(lm=self.task.lm):
            found = self.task.player.evaluate(program, cases, self.task.seed)
        return found.mean("objective") if found.scored else 0.0

    def _written(self, pred_i: int) -> list[str]:
        return [one.text for one in self.library if one.predictor == self._names[pred_i]]

    @cached_property
    def _names(self) -> list[str]:
        """The predictors as MIPROv2 numbers them."""
        return [name for name, _ in student(self.task).named_predictors()]
