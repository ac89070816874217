"""Rules to add to an instruction, which the prompt model draws from two goes of the same program at one debtor.

What DSPy's SIMBA shows for it is two whole traces with the program's source: some 16,000 tokens of a negotiation, twice
the context of the embedded model. Here it is what each cost, by the metrics, and the turn at which the two parted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import dspy

from optimizers.demonstrations.choosing import taught
from optimizers.demonstrations.turns import PredictorCall, Recorded
from optimizers.proposals.asking import proposing, sampling
from optimizers.proposals.echoes import refuse_echo
from optimizers.runs.task import CompileTask
from programs.creditor.fingerprints import predictors
from programs.models.adapter import ADAPTER
from programs.models.retryable import classify
from programs.table.failures import ProgramFault
from signatures.instruction import AddRule

MOST_FIELD_CHARS = 1100
"""Of one field of the turn at which two goes parted: a menu of six options. Of a longer one the end is shown, which is
the latest."""
UNSEEN_FIELDS = ("account",)
"""Inputs that tell who the debtor is and nothing of what to do."""


class NothingToAdd(ProgramFault):
    """No rule came of two goes."""

    kind = "nothing to add"


def add_rules(
    task: CompileTask, program: Any, better: Recorded, worse: Recorded, numbers: Iterator[int], most_chars: int
) -> None:
    """Add to each taught predictor of `program` that the two goes differ in a rule that the prompt model draws.

    Args:
        task: whose seed decides the samples.
        program: changed in place.
        better, worse: two goes at the same example.
        numbers: of proposals, so that no two samples of a compile are the same.
        most_chars: length that an instruction may have with its rule.

    Raises:
        Halted: see `optimizers.proposals.asking`.
        NothingToAdd: not one usable rule came of it.
    """
    added = 0
    for name in taught(program):
        if parting := _parting(better, worse, name):
            rule = _asked(task, program, name, better, worse, parting, next(numbers))
            added += _added(predictors(program)[name], rule, most_chars)
    if not added:
        raise NothingToAdd("no usable rule came of two goes")


def _asked(
    task: CompileTask, program: Any, name: str, better: Recorded, worse: Recorded, parting: str, number: int
) -> str:
    """One rule; empty where the model's answer is unusable."""
    current = str(predictors(program)[name].signature.instructions)
    told = [_told(task, one, name) for one in (better, worse)]
    try:
        with proposing(task.player), dspy.context(lm=sampling(task.prompt_lm, task.seed, number), adapter=ADAPTER):
            answer = dspy.Predict(AddRule)(
                module=name.partition(".")[0], current_instruction=current, better=told[0], worse=told[1],
                parting=parting,
            )  # fmt: skip
        rule = cast(str, answer.advice.rule).strip()
        refuse_echo(rule, (AddRule.instructions, *told, parting), current)
    except Exception as error:
        if not isinstance(classify(error), ProgramFault):
            raise
        return ""
    return rule


def _told(task: CompileTask, one: Recorded, name: str) -> str:
    return task.kind.feedback(one.negotiation, task.kind.score([one.negotiation])[0], name)


def _added(predictor: dspy.Predict, rule: str, most_chars: int) -> bool:
    own = str(predictor.signature.instructions)
    whole = f"{own.rstrip()}\n\n{rule}"
    if not rule or rule in own or len(whole) > most_chars:
        return False
    predictor.signature = predictor.signature.with_instructions(whole)
    return True


def _parting(better: Recorded, worse: Recorded, name: str) -> str:
    """The first call of a predictor that the two answered differently; empty where there is none."""
    pairs = zip(_calls(better, name), _calls(worse, name), strict=False)
    for ours, theirs in pairs:
        if ours.outputs != theirs.outputs:
            shown = [f"{field}: {_shown(value)}" for field, value in ours.inputs.items() if field not in UNSEEN_FIELDS]
            answers = [f"better answer: {_shown(ours.outputs)}", f"worse answer: {_shown(theirs.outputs)}"]
            return "\n".join([*shown, *answers])
    return ""


def _calls(one: Recorded, name: str) -> list[PredictorCall]:
    return [call for entry in one.calls for call in entry if call.predictor == name]


def _shown(value: Any) -> str:
    return str(value)[-MOST_FIELD_CHARS:]
