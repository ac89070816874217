"""Something about a debtor's money that is said in words alone: no figure of the account or of a typed claim holds it.

Real people tell what decides a plan in passing: a partner's wages, a payday, a sum beyond which they cannot go. Debtors
with a circumstance are where a program that listens can do better than the figures (docs/support.md).
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from data.frozen import Frozen

SLOT = re.compile(r"\{(amount|days)\}")
"""Where the figure stands in the words."""


class CircumstanceKind(StrEnum):
    """What a circumstance means."""

    SECOND_INCOME = "second_income"
    """Money that comes each month beside the income that is claimed."""
    PAYDAY = "payday"
    """The first payment cannot be made before so many days."""
    MONTHLY_LIMIT = "monthly_limit"
    """No more than so much a month goes to this debt."""
    NOTHING = "nothing"
    """A figure that means nothing for a plan: the past, other people, other debts, hopes."""


class Circumstance(Frozen):
    """What one debtor says of itself in passing."""

    kind: CircumstanceKind
    words: Annotated[str, Field(min_length=1, max_length=400)]
    """With one slot, {amount} or {days}."""
    amount_minor: Annotated[int, Field(gt=0, strict=True)] | None = None
    """Minor units of the debt's currency."""
    days: Annotated[int, Field(ge=1, le=90)] | None = None

    @model_validator(mode="after")
    def _one_figure(self) -> Self:
        slots = SLOT.findall(self.words)
        if (
            len(slots) != 1
            or (self.amount_minor is None) != (slots == ["days"])
            or (self.days is None) != (slots == ["amount"])
        ):
            raise ValueError("the words need one slot, {amount} with an amount_minor or {days} with days")
        if self.kind is not CircumstanceKind.NOTHING and (self.kind is CircumstanceKind.PAYDAY) != (slots == ["days"]):
            raise ValueError("a payday has days, a second income and a monthly limit an amount")
        return self

    def of(self, kind: CircumstanceKind) -> int:
        """Its figure, minor units or days, where it is of that kind; 0 otherwise."""
        return (self.amount_minor or self.days or 0) if self.kind is kind else 0
