"""A scripted model that answers each of the program's contracts; tests say only what they care about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dspy

from data.domain import Turn
from programs.creditor.settings import Variant
from programs.table.runner import DebtorReply
from signatures.reading import NOTHING_ELSE
from tests.programs.cases import terms
from tests.scripted import scripted_lm

PLAN = {
    "reasoning": "Time before discount.",
    "opening": {
        "discount_pct": 0, "immediate_payment_pct": 40, "immediate_payment_days": 3, "installment_periods": 4
    },
    "target": {
        "discount_pct": 0, "immediate_payment_pct": 20, "immediate_payment_days": 7, "installment_periods": 12
    },
    "floor": {
        "discount_pct": 10, "immediate_payment_pct": 5, "immediate_payment_days": 14, "installment_periods": 24
    },
    "concede_first": "installment_periods",
    "ask_about": "income",
}  # fmt: skip
APPROVE = {
    "gives_more_than_debtor": "no", "instalment_affordable": "unknown", "decision": "approve", "advice": ""
}  # fmt: skip
COURSE = {"aim": "B", "limit": "D", "course": "steady", "reasoning": "It is likely."}
PICK = {"highest_result": 0, "choice": "A"}
PASS = {"heard": "", "reason_holds": "no", "advice": "Take the better one."}
NEGOTIATING = [one for one in Variant if one is not Variant.LISTENING]
"""The variants whose model makes the moves."""
TAKE = {"discount_pct": 10, "immediate_payment_pct": 10, "immediate_payment_days": 7, "installment_periods": 12}


def turn(choice: str, message: str = "I see.", inquiry: str = "none", **more: Any) -> dict[str, Any]:
    """An answer of the negotiator; with `terms=` one of the free negotiator."""
    return {"turn": {"thoughts": "Think.", "choice": choice, "inquiry": inquiry, "message": message, **more}}


def playing(
    negotiator: Callable[[str], Any] | None = None,
    plan: dict[str, Any] | Exception | str = PLAN,
    verdict: dict[str, Any] | Callable[[str], dict[str, Any]] = APPROVE,
    **settings: Any,
) -> dspy.LM:
    """A model for whole negotiations: the contract is told by the prompt's output field.

    Where it chooses among computed options it takes the first.
    """

    def answer(prompt: str) -> Any:
        asked = prompt.rsplit("Respond with", 1)[-1]
        if "`plan`" in asked:
            return {"plan": COURSE}
        if "`pick`" in asked:
            return {"pick": PICK}
        if "`words`" in asked:
            return {"words": {"reply": "Thank you for telling me."}}
        if "`verdict`" in asked and "reason_holds" in prompt:
            return {"verdict": PASS}
        if "`strategy`" in prompt:
            return {"strategy": plan} if isinstance(plan, dict) else plan
        if "`verdict`" in prompt:
            return {"verdict": verdict(prompt) if callable(verdict) else verdict}
        if negotiator is not None:
            return negotiator(prompt)
        if '\\"ask\\"' in prompt:
            return turn("ask", terms=TAKE)
        return turn("step_down")

    return scripted_lm(answer, **settings)


def situation(prompt: str) -> str:
    """The situation of the last request in a negotiator's prompt, demos left out."""
    return prompt.rsplit("[[ ## situation ## ]]", 1)[-1]


def sensible(prompt: str) -> dict[str, Any]:
    """Opens with a question, holds or steps down as the situation says, accepts what is good enough."""
    now = situation(prompt)
    if "our opening" in now:
        return turn("hold", "Good day to you.", "income")
    if "at least as good" in now:
        return turn("accept", "Thank you.")
    if "behind the pace" in now or "moved towards" in now:
        return turn("step_down", "We can come a little closer.", "expenses")
    return turn("hold", "We stay with it for now.", "expenses")


class Stubborn:
    """A debtor that asks for the same package for ever; `gives` lets it come up by so many percent of first payment."""

    package = terms(20, 10, 14, 24)
    gives = 0

    def __init__(self, the_case, seed):
        self.first = self.package.immediate_payment_pct

    def reply(self, table):
        self.first += self.gives
        asked = {**self.package.model_dump(), "immediate_payment_pct": self.first}
        return DebtorReply(Turn.model_validate(
            {"speaker": "debtor", "move": {"kind": "ask", "terms": asked}, "dialogue": "I cannot.", "disclosed": None}
        ))  # fmt: skip


def reads(intent: str = "talk", said: list[dict[str, Any]] | None = None, category: str = NOTHING_ELSE) -> dict:
    """A scripted model's answer to both questions that a reader asks of a message."""
    return {"category": category, "stated": {"intent": intent, "said": said or []}}


def asks_to_read(prompt: str) -> bool:
    """Whether a prompt is one of a reader's."""
    return "`stated`" in prompt or "`category`" in prompt
