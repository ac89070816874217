"""The judge's contract: narrow questions about one draft turn, on facts that code supplies."""

from __future__ import annotations

from typing import Literal

import dspy
from pydantic import Field

from signatures.answer import Answer


class Verdict(Answer):
    """Answers to the narrow questions; code checks them against the facts before they count."""

    gives_more_than_debtor: Literal["yes", "no"] = Field(
        description="does this draft give way further than the debtor last did?"
    )
    instalment_affordable: Literal["yes", "no", "unknown"] = Field(
        description="is the monthly instalment at most what the debtor says is left each month?"
    )
    decision: Literal["approve", "revise"]
    advice: str = Field(max_length=120, description="what to do instead, one short sentence")


class JudgeTurn(dspy.Signature):
    """You review a creditor's draft before it is sent. Answer only from the facts.

    Revise a draft that gives way further than the debtor last did, that accepts an offer much worse than our own, or
    whose monthly instalment is above what the debtor has left each month. Approve every other draft.
    """

    facts: str = dspy.InputField(desc="computed facts about both sides' last steps and about what the debtor can pay")
    draft: str = dspy.InputField(desc="the move about to be made")
    verdict: Verdict = dspy.OutputField()
