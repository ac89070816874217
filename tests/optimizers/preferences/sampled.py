"""A model whose sampled turns differ, and what is sampled with it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import dspy

from data.domain import DebtCase
from optimizers.preferences.sampling import Sampler, SamplingPlan, TableCandidates
from optimizers.preferences.student import Student
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from tests.programs.cases import case
from tests.programs.players import PLAN, TAKE, turn
from tests.scripted import ScriptedEngine, scripted_lm

SOFTEST = {"discount_pct": 30, "immediate_payment_pct": 5, "immediate_payment_days": 14, "installment_periods": 24}


def sampling_lm(
    words: Callable[[int], str] = lambda number: f"Answer number {'i' * number}.", **settings: Any
) -> dspy.LM:
    """Holds or steps down in turn; without a ladder it accepts, or gives everything away."""
    numbers = itertools.count()

    def answer(prompt: str) -> Any:
        if "`strategy`" in prompt:
            return {"strategy": PLAN}
        number = next(numbers)
        if '\\"ask\\"' in prompt:
            return (
                turn("accept", words(number), terms=TAKE) if number % 2 else turn("ask", words(number), terms=SOFTEST)
            )
        return turn(("hold", "step_down")[number % 2], words(number))

    return scripted_lm(answer, **settings)


def engine(lm: dspy.LM) -> ScriptedEngine:
    assert isinstance(lm.engine, ScriptedEngine)
    return lm.engine


def sampler(teacher: Variant = Variant.PLANNED, student_lm: dspy.LM | None = None, **plan: Any) -> Sampler:
    chosen = SamplingPlan(**plan)
    settings = ProgramSettings(variant=teacher)
    student = Student(settings.model_copy(update={"temperature": chosen.temperature}), student_lm)
    return Sampler(Maden(settings), student, chosen)


def tables(lm: dspy.LM, the_case: DebtCase | None = None, seed: int = 0, **plan: Any) -> list[TableCandidates]:
    with dspy.context(lm=lm):
        return sampler(**plan).tables(the_case or case(), seed)
