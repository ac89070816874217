"""GEPA: instructions rewritten by a model that reads single turns with the thirteen metrics in words.

Reflective prompt evolution (Agrawal et al. 2025, arXiv 2507.19457) through `dspy.GEPA`. The judge's instruction is not
evolved: its questions are narrow, the figures overrule it wherever they decide, and a third of the proposals would go
to what is left open. Merging is off: it walks a set of names, whose order differs from one process to the next, so
that a resumed run could end elsewhere. Resuming is by replay; GEPA's own checkpoints (pickles) are not used.
"""

from __future__ import annotations

import logging
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import dspy
from dspy.teleprompt.gepa.instruction_proposal import InstructionProposer
from pydantic import ValidationError

from optimizers.compile_config import StrategySettings
from optimizers.dspy_bridge.dspy_student import student
from optimizers.dspy_bridge.patches import reflecting_on
from optimizers.proposals.asking import MAX_INSTRUCTION_CHARS, proposing, sampling
from optimizers.proposals.credit import dearest_call
from optimizers.proposals.echoes import refuse_echo, texts_of
from optimizers.proposals.library import bullets, next_bullet
from optimizers.runs.halt import Halted
from optimizers.runs.task import CompileTask
from plumbing.errors import UserError
from programs.kinds.kind import Kind
from programs.models.adapter import ADAPTER
from programs.models.retryable import classify
from programs.table.failures import ContextOverflow, ProgramFault

logger = logging.getLogger(__name__)

NAME = "gepa"
SUMMARY = "instructions rewritten from feedback in words; few negotiations, when a strong --prompt-lm can read them"
PROPOSES = True
CHANGES = "all"

MINIBATCH = 3
"""Training debtors whose turns one proposal is made from, and has to do better on (GEPA's default)."""
LEAST_PROPOSALS = 15
"""That a budget has room for."""
GUIDANCE = (
    "The assistant meets another debtor each time. Write rules that hold for all of them: no name, no amount and no "
    "wording of a particular debtor. Keep the rules of the current instruction that the feedback does not speak "
    "against, and keep it short. Figures are made by code, so give no formulas."
)


def negotiations(settings: StrategySettings, train: int, val: int) -> int:
    """How many negotiations it plays at most: GEPA looks at its budget before each proposal, and one may need two
    minibatches and a validation pass."""
    return budget(settings, train, val) - 1 + 2 * min(MINIBATCH, train) + val


def floor(train: int, val: int) -> int:
    """The least budget worth beginning with: the first validation, and fifteen proposals that are each tried on a
    minibatch and then accepted (the least that GEPA's makers advise)."""
    return val + LEAST_PROPOSALS * (min(MINIBATCH, train) + val)


def budget(settings: StrategySettings, train: int, val: int) -> int:
    """Negotiations after which no further proposal is begun: what was asked for, or enough for `candidates`
    accepted proposals where every second one is accepted, and never less than `floor`."""
    if settings.gepa_negotiations is not None:
        return settings.gepa_negotiations
    return max(floor(train, val), val + settings.candidates * (4 * min(MINIBATCH, train) + val))


def refuse(settings: StrategySettings, train: int, val: int) -> None:
    """Refuse a budget below the floor: GEPA would end with the program that it began with, or with one that chance
    chose.

    Raises:
        UserError: it is.
    """
    least, asked = floor(train, val), settings.gepa_negotiations
    if asked is not None and asked < least:
        raise UserError(
            f"gepa needs {least} negotiations or more with {train} training and {val} validation examples (validation "
            f"+ {LEAST_PROPOSALS} x (minibatch + validation)), and gepa_negotiations allows {asked}; raise it, leave "
            "it out, or lower --val"
        )


def compile_program(task: CompileTask) -> Any:
    """The program with the instructions that do best on the validation debtors; its own where none does better.

    Raises:
        Halted: see `optimizers.proposals.asking`.
    """
    proposer = Proposer(task)
    optimizer = dspy.GEPA(
        metric=told_by(task.kind),
        max_metric_calls=budget(task.settings, len(task.train), len(task.val)),
        reflection_minibatch_size=min(MINIBATCH, len(task.train)),
        reflection_lm=task.prompt_lm,
        instruction_proposer=proposer,
        use_merge=False,
        num_threads=task.player.threads,
        seed=task.seed,
        gepa_kwargs={"stop_callbacks": [lambda _state: proposer.ended is not None]},
    )
    with reflecting_on(dearest_call):
        program = optimizer.compile(student(task), trainset=task.trainset(), valset=task.valset())
    if proposer.asked and not proposer.given:
        logger.warning("the prompt model gave no usable instruction in %d tries; try another one", proposer.asked)
    return program


def told_by(kind: Kind) -> Callable[..., dspy.Prediction]:
    """A kind's metric as GEPA calls it: with five arguments, and with words where it asks for a predictor's."""

    def told(
        gold: dspy.Example,
        pred: dspy.Prediction,
        trace: Any = None,
        pred_name: str | None = None,
        pred_trace: Any = None,
    ) -> dspy.Prediction:
        """The objective, and for `pred_name` what it did to it; the score is the negotiation's either way."""
        card = kind.score([pred.negotiation])[0]
        if pred_name is None:
            return dspy.Prediction(score=card.objective)
        return dspy.Prediction(score=card.objective, feedback=kind.feedback(pred.negotiation, card, pred_name))

    return told


class Proposer:
    """GEPA's own proposer of instructions, asked with the run's accounting and with a sample of its own each time.

    Every second proposal for a predictor is its instruction with a written rule more (`optimizers.proposals.library`).
    GEPA asks once more where a proposal failed, and goes on without one where that fails too.
    """

    def __init__(self, task: CompileTask) -> None:
        self.task = task
        self.asked = 0
        self.given = 0
        self._turns: Counter[str] = Counter()
        self._bullets = bullets(task.program) if task.settings.library else {}
        self.guidance = task.kind.guidance or GUIDANCE
        self._inner = InstructionProposer(
            additional_instructions=self.guidance, max_chars=MAX_INSTRUCTION_CHARS, adapter=ADAPTER
        )

    @property
    def ended(self) -> Exception | None:
        """Why there is no use in going on; GEPA would."""
        return self.task.player.failed or self.task.player.halted

    def __call__(
        self,
        candidate: dict[str, str],
        reflective_dataset: Mapping[str, Sequence[Mapping[str, Any]]],
        components_to_update: list[str],
    ) -> dict[str, str]:
        """A new instruction for each predictor of `components_to_update`, by name.

        Raises:
            Halted: see `optimizers.proposals.asking`; at once where the run is halted already.
        """
        if (why := self.ended) is not None:
            raise why
        if (written := self._from_library(candidate, components_to_update)) is not None:
            return written
        self.asked += 1
        lm = sampling(self.task.prompt_lm, self.task.seed, self.asked)
        try:
            with proposing(self.task.player), dspy.context(lm=lm):
                texts = self._asked(candidate, reflective_dataset, components_to_update)
        except Exception as error:
            if not isinstance(classify(error), Halted | ProgramFault | ValidationError):
                self.task.player.failed = error  # a full disk or a bug: nobody's fault at the table
            raise
        self.given += 1
        return texts

    def _from_library(self, candidate: dict[str, str], names: list[str]) -> dict[str, str] | None:
        """Each instruction with a rule more, where it is the library's turn and it has one for all of them."""
        self._turns.update(names)
        if any(self._turns[name] % 2 for name in names):
            return None
        found = {}
        for name in names:
            rng = random.Random(f"bullet {self.task.seed} {name} {self._turns[name]}")
            if (grown := next_bullet(candidate[name], self._bullets.get(name, ()), rng)) is None:
                return None
            found[name] = grown
        return found

    def _asked(
        self,
        candidate: dict[str, str],
        examples: Mapping[str, Sequence[Mapping[str, Any]]],
        names: list[str],
    ) -> dict[str, str]:
        """The proposals, from fewer turns where the prompt model's context does not hold them all."""
        for kept in range(MINIBATCH, 0, -1):
            shown = {name: list(examples[name])[:kept] for name in names if name in examples}
            try:
                texts = self._inner(candidate, cast(Any, shown), names)
            except Exception as error:
                if kept == 1 or not isinstance(classify(error), ContextOverflow):
                    raise
            else:
                for name, text in texts.items():
                    refuse_echo(text, (self.guidance, *texts_of(shown.get(name, ()))), candidate[name])
                return texts
        raise AssertionError("one turn was asked with")
