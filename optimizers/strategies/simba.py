"""SIMBA: the same debtors are played several ways, and what did better there becomes a demonstration or a rule.

Stochastic introspective mini-batch ascent through `dspy.SIMBA`, whose course is kept: mini-batches, candidates from a
pool drawn by how well they do, the debtors with the widest spread first. What is done otherwise here (why:
docs/dspy-traps.md): the samples are drawn by the program's calls, a demonstration is chosen turn by turn
(`optimizers.demonstrations.choosing`), and a rule is drawn from what the metrics say
(`optimizers.proposals.instruction_rules`).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import count
from typing import Any

import dspy

from optimizers.compile_config import StrategySettings
from optimizers.demonstrations.choosing import choose, estimated_tokens, good_ones
from optimizers.demonstrations.turns import Recorded, recorded
from optimizers.dspy_bridge.dspy_student import ThroughPlayer, metric, plain, student, student_class
from optimizers.proposals.asking import MAX_INSTRUCTION_CHARS
from optimizers.proposals.instruction_rules import NothingToAdd, add_rules
from optimizers.runs.halt import Halted
from optimizers.runs.task import CompileTask
from programs.creditor.fingerprints import predictors
from programs.kinds.kind import Case, Kind
from programs.models.calls import exploring
from programs.models.retryable import classify
from programs.playing.executor import Sample
from programs.table.failures import ProgramFault

logger = logging.getLogger(__name__)

NAME = "simba"
SUMMARY = "demonstrations and rules from debtors whom it played better and worse; when --prompt-lm can tell why"
PROPOSES = True
CHANGES = "all"

LEAST_CANDIDATES = 2
"""With one sample a debtor there is nothing to hold it against."""
SAMPLING_TEMPERATURE = 1.0
"""SIMBA's own."""


def negotiations(settings: StrategySettings, train: int, val: int) -> int:
    """How many negotiations it plays at most: samples and new candidates in each step, then the best of each step on
    all training debtors."""
    samples, batch = _samples(settings), min(settings.simba_batch, train)
    candidates = min(samples + 1, batch)
    finalists = min(samples + 1, settings.simba_steps + 1)
    return settings.simba_steps * batch * (samples + candidates) + finalists * train


def compile_program(task: CompileTask) -> Any:
    """The program that does best on the training debtors, of the one given and the best of each step.

    Raises:
        Halted: see `optimizers.proposals.asking`.
    """
    additions = Additions(task)
    optimizer = dspy.SIMBA(
        metric=metric(task.kind),
        bsize=min(task.settings.simba_batch, len(task.train)),
        num_candidates=_samples(task.settings),
        max_steps=task.settings.simba_steps,
        max_demos=task.settings.max_demos,
        prompt_model=task.prompt_lm,
        num_threads=task.player.threads,
    )
    optimizer.strategies = [additions.append_demos, additions.append_rules]
    program = optimizer.compile(student(task, of=_explorer(task.kind)), trainset=task.trainset(), seed=task.seed)
    if additions.tried and not additions.ruled:
        logger.warning("the prompt model gave no usable rule in %d tries; try another one", additions.tried)
    return program


class Additions:
    """What a candidate of SIMBA may be given, each a function as SIMBA calls it; one that raises costs the candidate.

    DSPy's own go on with a candidate that was given nothing, and play it.
    """

    def __init__(self, task: CompileTask) -> None:
        self.task = task
        self.tried = 0
        """Candidates for which rules were asked for."""
        self.ruled = 0
        """Those that were given one."""
        self._numbers = count(1)

    def append_demos(self, bucket: Sequence[Mapping[str, Any]], system: Any, **given: Any) -> None:
        """Show `system` the best turn of the best go for each predictor.

        Raises:
            NothingToAdd: it was no good go, or has nothing that is not shown already.
        """
        if bucket[0]["score"] <= given["batch_10p_score"]:
            raise NothingToAdd("the best go at this debtor is among the worst of its batch")
        task, budget = self.task, self.task.settings.demo_token_budget
        found = good_ones(
            [bucket[0]["prediction"].recorded],
            task.metric_threshold,
            threshold_given=task.threshold_given,
            train=task.train,
            kind=task.kind,
        )
        fresh = [made for made in found if made.example not in predictors(system)[made.predictor].demos]
        chosen = choose(fresh, system, max_demos=1, token_budget=budget)
        if not any(chosen.values()):
            raise NothingToAdd("no turn of it can be shown")
        for name, made in chosen.items():
            _show(predictors(system)[name], [one.example for one in made], budget)

    def append_rules(self, bucket: Sequence[Mapping[str, Any]], system: Any, **given: Any) -> None:
        """Give `system` rules that tell the best go at a debtor from the worst.

        Raises:
            Halted: see `optimizers.proposals.asking`.
            NothingToAdd: the two fared alike, or no rule came of it.
        """
        better, worse = bucket[0], bucket[-1]
        useless = better["score"] <= given["batch_10p_score"] or worse["score"] >= given["batch_90p_score"]
        if useless or better["score"] <= worse["score"]:
            raise NothingToAdd("there is nothing to tell apart")
        self.tried += 1
        first, last = better["prediction"].recorded, worse["prediction"].recorded
        try:
            add_rules(self.task, system, first, last, self._numbers, MAX_INSTRUCTION_CHARS)
        except Exception as error:
            if not isinstance(classify(error), Halted | ProgramFault):
                self.task.player.failed = error  # a full disk or a bug: SIMBA would go on
            raise
        self.ruled += 1


class Explorer(ThroughPlayer):
    """A student that can be told to answer otherwise than it would, and keeps the calls behind each turn.

    SIMBA tells it by giving its predictors a model of a rollout of its own. That would change nothing here, since each
    call says its own temperature, and the program could not be fingerprinted.
    """

    sample = 0
    """Which go it is; 0: as the program plays."""

    def set_lm(self, lm: dspy.LM) -> None:
        """Take the sample of the model's rollout."""
        self.sample = int(lm.kwargs.get("rollout_id") or 0) + 1

    def forward(self, case: Case, seed: int = 0) -> dspy.Prediction:
        """Play one negotiation.

        Returns:
            `Prediction(negotiation=..., recorded=Recorded)`.

        Raises:
            Halted: a cap was reached, or someone stopped the run, or infrastructure broke the negotiation for good.
        """
        made: list[Recorded] = []

        def playing(case: Case, seed: int) -> dspy.Prediction:
            made.append(self._recorded(case, seed))
            return dspy.Prediction(negotiation=made[-1].negotiation)

        negotiation = self.through_player(case, seed, playing, sample=self.sample)
        objective = self.player.kind.score([negotiation])[0].objective
        return dspy.Prediction(negotiation=negotiation, recorded=replace(made[-1], objective=objective))

    def _recorded(self, case: Case, seed: int) -> Recorded:
        program = plain(self)
        executor = self.player.executor
        if not self.sample:
            return recorded(program, case, seed, executor)
        with exploring(SAMPLING_TEMPERATURE, self.sample):
            return recorded(program, case, seed, executor, Sample(SAMPLING_TEMPERATURE, self.sample))


def _samples(settings: StrategySettings) -> int:
    return max(settings.candidates, LEAST_CANDIDATES)


def _show(predictor: dspy.Predict, examples: Sequence[dspy.Example], token_budget: int) -> None:
    """Add demonstrations, and let the oldest go where they no longer fit."""
    demos = [*predictor.demos, *examples]
    while sum(estimated_tokens(predictor.signature, demo) for demo in demos) > token_budget:
        demos.pop(0)
    predictor.demos = demos


@lru_cache(maxsize=8)
def _explorer(kind: Kind) -> type:
    base = student_class(kind)
    return type(f"{base.__name__}Explorer", (Explorer, base), {})
