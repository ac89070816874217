"""Instructions to choose from: written ones (`instructions.toml`), and ones that the prompt model proposes.

A proposal is made from the current instruction and from what the metrics say of training negotiations. That feedback
names no private figure and quotes nobody (`metrics/feedback.py`), and nothing else of a debtor is shown.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import dspy

from data.frozen import Frozen
from optimizers.demonstrations.choosing import taught
from optimizers.demonstrations.turns import Recorded
from optimizers.proposals.asking import proposing, sampling
from optimizers.proposals.echoes import refuse_echo
from optimizers.runs.halt import Halted
from optimizers.runs.task import CompileTask
from programs.creditor.fingerprints import predictors
from programs.kinds.negotiation_kind import NEGOTIATOR, PLANNER
from programs.models.adapter import ADAPTER
from programs.models.retryable import classify
from programs.table.failures import ProgramFault

FILE = Path(__file__).with_name("instructions.toml")
SHOWN = 5
"""Negotiations whose feedback one proposal is made from."""


class Instruction(Frozen):
    """One instruction that a predictor may be given in place of its own."""

    predictor: str
    """Its DSPy name."""
    name: str
    """What tells it from the others, in a few words."""
    reason: str
    """Why it could do better."""
    text: str


def written(program: Any) -> list[Instruction]:
    """The hand-written instructions for the predictors of `program`; the judge's stays as it is."""
    own = _own(program)
    return [
        Instruction(predictor=name, name=title, reason=entry["reason"], text=entry["text"].strip())
        for name, contract in contracts(program).items()
        if name in own
        for title, entry in _written().get(contract, {}).items()
        if entry["text"].strip() != own[name].strip()
    ]


def proposes(task: CompileTask) -> bool:
    """Whether the prompt model is asked: where it was said so, or else where one was named of its own."""
    said = task.settings.propose
    return task.prompt_lm is not task.lm if said is None else said


def proposed(task: CompileTask, played: Sequence[Recorded], known: Sequence[Instruction]) -> list[Instruction]:
    """For each taught predictor up to `candidates` instructions of the prompt model that are not `known` yet.

    Args:
        task: whose program they are for; its seed decides every sample.
        played: negotiations with training debtors.
        known: whose texts are no news.

    Raises:
        Halted: a cap was reached, someone stopped the run, or the prompt model could not be reached.
    """
    own, texts, found, number = _own(task.program), {one.text for one in known}, [], 0
    for predictor in taught(task.program):
        for _ in range(task.settings.candidates if played else 0):
            number += 1
            text = _asked(task, predictor, own[predictor], _told(task, played, predictor, number), number)
            if text and text not in texts | set(own.values()):
                texts.add(text)
                seen = f"{min(SHOWN, len(played))} {task.kind.words.record}s"
                reason = f"proposed by the prompt model from the feedback of {seen}"
                found.append(Instruction(predictor=predictor, name=f"proposal {number}", reason=reason, text=text))
    return found


def _asked(task: CompileTask, predictor: str, current: str, told: str, number: int) -> str:
    """One proposal; empty where the model's answer is unusable."""
    lm = sampling(task.prompt_lm, task.seed, number)
    try:
        with proposing(task.player), dspy.context(lm=lm, adapter=ADAPTER):
            answer = dspy.Predict(task.kind.proposal)(
                module=predictor.partition(".")[0], current_instruction=current, feedback=told
            )
        text = cast(str, answer.proposal.instruction).strip()
        refuse_echo(text, (task.kind.proposal.instructions, told), current)
    except Halted:
        raise
    except Exception as error:
        if not isinstance(classify(error), ProgramFault):
            raise
        return ""
    return text


def _told(task: CompileTask, played: Sequence[Recorded], predictor: str, number: int) -> str:
    """The feedback of some negotiations, most of them among the worse half; other ones for each proposal."""
    rng = random.Random(f"proposal {task.seed} {number}")
    ranked = sorted(played, key=lambda one: (one.objective, one.negotiation.case.case_id))
    half = ranked[: max(1, len(ranked) // 2)]
    some = rng.sample(half, min(SHOWN - 1, len(half)))
    some += rng.sample(rest := [one for one in ranked if one not in some], min(SHOWN - len(some), len(rest)))
    cards = task.kind.score([one.negotiation for one in some])
    told = (task.kind.feedback(one.negotiation, card, predictor) for one, card in zip(some, cards, strict=True))
    return "\n".join(f"{i}. {words}" for i, words in enumerate(told, start=1))


def contracts(program: Any) -> dict[str, str]:
    """The name of the signature that each taught predictor has, by which the files of this folder call it."""
    names = sorted(taught(program), key=lambda name: (name != PLANNER, name != NEGOTIATOR, name))
    return {name: predictors(program)[name].signature.__name__ for name in names}


def _own(program: Any) -> dict[str, str]:
    return {name: predictor.signature.instructions for name, predictor in predictors(program).items()}


@lru_cache(maxsize=1)
def _written() -> dict[str, dict[str, dict[str, str]]]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))
