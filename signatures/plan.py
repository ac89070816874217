"""The planner's contract: a strategy before the first offer, and again when the debtor opens the books."""

from __future__ import annotations

from typing import Literal

import dspy
from pydantic import Field

from data.terms import Terms
from signatures.answer import Answer


class Package(Answer):
    """One repayment package in whole numbers (constrained decoding bounds integers, not floats)."""

    discount_pct: int = Field(ge=0, le=100)
    immediate_payment_pct: int = Field(ge=0, le=100)
    immediate_payment_days: int = Field(ge=1, le=90)
    installment_periods: int = Field(ge=1, le=60)

    def terms(self) -> Terms:
        """The package as domain terms."""
        return Terms.model_validate(self.model_dump())


class Strategy(Answer):
    """The planner's answer; code clamps it to the policy and builds the concession ladder from it."""

    reasoning: str = Field(max_length=120, description="one short sentence")
    opening: Package = Field(description="first offer, firm")
    target: Package = Field(description="where the deal should end")
    floor: Package = Field(description="softest terms worth accepting")
    concede_first: Literal["installment_periods", "immediate_payment_pct", "immediate_payment_days", "discount_pct"]
    ask_about: Literal["income", "expenses", "assets", "reason", "none"]


class MakePlan(dspy.Signature):
    """You plan a repayment negotiation for a creditor.

    Money recovered early is worth more than money recovered late, and a discount is lost for good: give time before a
    discount. But a plan whose instalments the debtor cannot pay fails. Set three packages inside the limits, each
    softer than the one before: opening, target, floor. Begin from the starting points in the facts and adjust them.
    """

    account: str = dspy.InputField(desc="the debt and the debtor, as the creditor knows them")
    limits: str = dspy.InputField(desc="what the creditor may agree to at most")
    facts: str = dspy.InputField(desc="computed for you: what plans cost a month, and what the debtor has said")
    strategy: Strategy = dspy.OutputField()
