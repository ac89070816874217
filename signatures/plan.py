"""The planner's contract: a strategy before the first offer, and again when the debtor opens the books."""

from __future__ import annotations

from typing import Literal

import dspy
from pydantic import BaseModel, Field

from data.domain import Terms


class Package(BaseModel):
    """One repayment package in whole numbers (constrained decoding bounds integers, not floats)."""

    discount_pct: int = Field(ge=0, le=100)
    immediate_payment_pct: int = Field(ge=0, le=100)
    immediate_payment_days: int = Field(ge=1, le=90)
    installment_periods: int = Field(ge=1, le=60)

    def terms(self) -> Terms:
        """The package as domain terms."""
        return Terms.model_validate(self.model_dump())


class Strategy(BaseModel):
    """The planner's answer; code clamps it to the policy and builds the concession ladder from it."""

    reasoning: str = Field(max_length=240, description="one or two short sentences")
    opening: Package = Field(description="the first offer: firm, inside the limits")
    target: Package = Field(description="where the deal should end")
    floor: Package = Field(description="the softest terms worth accepting")
    concede_first: Literal[
        "installment_periods", "immediate_payment_pct", "immediate_payment_days", "discount_pct"
    ] = Field(description="what to give way on first")
    ask_about: Literal["income", "expenses", "assets", "reason", "none"] = Field(
        description="what to find out from the debtor first"
    )


class MakePlan(dspy.Signature):
    """You plan a repayment negotiation for a creditor.

    Money recovered early is worth more than money recovered late, and a discount is money lost for good: give more
    time before giving any discount. But a plan whose instalments the debtor cannot pay every month fails and recovers
    little, so where income and expenses are known, the target's instalment must fit what is left over each month.
    Set three packages, each softer than the one before: the opening, the target, the floor. Stay inside the limits.
    """

    account: str = dspy.InputField(desc="the debt and the debtor, as the creditor knows them")
    limits: str = dspy.InputField(desc="what the creditor may agree to at most")
    facts: str = dspy.InputField(desc="computed for you: what plans cost a month, and what the debtor has said")
    strategy: Strategy = dspy.OutputField()
