"""A scripted student that gives away too much, in words of its own, and tables of it."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from pathlib import Path
from typing import Any

import dspy

from data.domain import DebtCase
from optimizers.preferences.sampling import Sampler, SamplingPlan, TableCandidates
from optimizers.preferences.student import Student
from programs.creditor.rule_seats import rule_seat
from programs.creditor.settings import ProgramSettings
from tests.programs.cases import POLICY, case
from tests.programs.creditor.choosing.test_choosing import options
from tests.programs.playing.cluster.fleet import LoggedEngine, fleet_lm
from tests.scripted import ScriptedEngine, scripted_lm

HOPES = ("I hear you.", "Thank you for telling us.", "Let us settle this together.", "We want to help you.")
WHY = ("It suits you both ways.", "That should make it lighter.", "It is a fair way out.", "We mean well.")
QUESTIONS = ("none", "income", "expenses", "none")
CHECK = "ok"


def over_conceding(seed: int = 0, **settings: Any) -> dspy.LM:
    """Opens soft, gives a large step each time, and takes a demand too early; another answer at each call."""
    numbers = itertools.count()

    def answer(prompt: str) -> str:
        if "[[ ## dialogue ## ]]" not in prompt:
            return CHECK
        told = hashlib.sha256(f"{seed}|{next(numbers)}|{prompt}".encode()).digest()
        return reply(prompt, random.Random(told))

    return scripted_lm(answer, **settings)


def reply(prompt: str, rng: random.Random) -> str:
    """The JSON of one turn, without blanks, as the embedded engine decodes it."""
    rounds = prompt.rsplit("[[ ## dialogue ## ]]", 1)[-1].count("Creditor:")
    given = min(1.0, rng.choice((0.1, 0.3, 0.5)) + 0.2 * rounds)
    choice = rng.choices(("ask", "accept", "reject"), (0.6, 0.25, 0.15) if rounds else (1, 0, 0))[0]
    terms = {
        "discount_pct": round(30 * given * rng.uniform(0.5, 1)),
        "immediate_payment_pct": round(50 - 45 * given),
        "immediate_payment_days": round(1 + 13 * given),
        "installment_periods": round(3 + 21 * given),
    }
    return written(choice, terms, f"{rng.choice(HOPES)} {rng.choice(WHY)}", rng.choice(QUESTIONS), rng.choice(WHY))


class ConcedingEngine(LoggedEngine):
    """Over-concedes by prompt and seed alone, so that whoever asks, in whatever order, hears the same.

    Args:
        name: tells one such model from another, which concedes otherwise.
    """

    def __init__(self, name: str, log: Path | None = None, deadly: str = "") -> None:
        super().__init__(log, deadly=deadly)
        self.name = name

    def reply(self, prompt: str, seed: int | None) -> Any:
        asked, rng = prompt.rsplit("Respond with", 1)[-1], random.Random(f"{self.name}|{seed}|{prompt}")
        if "`pick`" in asked:
            return {"pick": {"highest_result": 0, "choice": rng.choice(sorted(options(prompt)))}}
        return reply(prompt, rng) if "`turn`" in asked else super().reply(prompt, seed)


def conceding(log: Path | None = None, deadly: str = "", name: str = "conceding") -> dspy.LM:
    """A model that can be sent to workers (`tests.programs.playing.cluster.fleet`)."""
    return fleet_lm(ConcedingEngine(name, log, deadly), f"scripted/{name}")


def written(
    choice: str, terms: dict[str, int], message: str = "I hear you.", inquiry: str = "none", thoughts: str = "Well."
) -> str:
    turn = {"thoughts": thoughts, "choice": choice, "terms": terms, "inquiry": inquiry, "message": message}
    return json.dumps({"turn": turn}, separators=(",", ":"), ensure_ascii=False)


def engine(lm: dspy.LM) -> ScriptedEngine:
    assert isinstance(lm.engine, ScriptedEngine)
    return lm.engine


def sampler(lm: dspy.LM, teacher: str = "linear", **plan: Any) -> Sampler:
    chosen = SamplingPlan(**plan)
    student = Student(ProgramSettings(policy=POLICY, temperature=chosen.temperature), lm)
    return Sampler(lambda view, seed: rule_seat(teacher, view, POLICY, seed), student, chosen)


def tables(lm: dspy.LM, the_case: DebtCase | None = None, seed: int = 0, **plan: Any) -> list[TableCandidates]:
    return sampler(lm, **plan).tables(the_case or case(), seed)
