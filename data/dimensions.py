"""The four negotiated dimensions: all that is true of a dimension by itself, each fact once.

A new dimension begins here. What a creditor may offer, what a debtor dreams of and what a model may fill in are facts
of theirs and stand with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

Dimension = Literal["discount_pct", "immediate_payment_pct", "immediate_payment_days", "installment_periods"]
"""The name of one of the four negotiated dimensions."""

Unit = Literal["percent", "days", "months"]


@dataclass(frozen=True)
class DimensionSpec:
    """One dimension."""

    name: Dimension
    bounds: tuple[int, int]
    """(lowest, highest) value that arithmetic allows."""
    sign: Literal[1, -1]
    """+1 where a larger value favours the debtor, -1 where a smaller one does."""
    unit: Unit
    step: Literal[0, 1]
    """Least difference between two values: 1 where there are whole numbers only, 0 where any fraction is possible."""
    words: str
    """As the object of a sentence: "it took back an earlier concession on `the discount`"."""
    label: str
    """What a person is asked for, with its unit."""
    clause: str
    """A value in words, as a format."""

    def softer(self, a: float, b: float) -> float:
        """The one of two values that favours the debtor more."""
        return max(a, b, key=lambda value: self.sign * value)

    def given(self, before: float, after: float) -> float:
        """By how much `after` favours the debtor more than `before`, in `unit`; negative where it is firmer."""
        return self.sign * (after - before)


SPECS: dict[Dimension, DimensionSpec] = {
    spec.name: spec
    for spec in (
        DimensionSpec(
            name="discount_pct",
            bounds=(0, 100),
            sign=1,
            unit="percent",
            step=0,
            words="the discount",
            label="discount in percent",
            clause="a {:g}% discount",
        ),
        DimensionSpec(
            name="immediate_payment_pct",
            bounds=(0, 100),
            sign=-1,
            unit="percent",
            step=0,
            words="the immediate payment",
            label="immediate payment in percent",
            clause="{:g}% paid at once",
        ),
        DimensionSpec(
            name="immediate_payment_days",
            bounds=(0, 365),
            sign=1,
            unit="days",
            step=1,
            words="the days until the immediate payment",
            label="days until the immediate payment",
            clause="the first payment within {:g} days",
        ),
        DimensionSpec(
            name="installment_periods",
            bounds=(1, 600),
            sign=1,
            unit="months",
            step=1,
            words="the number of instalments",
            label="number of monthly instalments",
            clause="{:g} monthly instalments",
        ),
    )
}

DIMENSIONS: tuple[Dimension, ...] = tuple(SPECS)
"""In the order of every table, command and record."""


def within(dimension: Dimension) -> Any:
    """The bounds of `dimension` as pydantic checks them, for `Annotated`."""
    low, high = SPECS[dimension].bounds
    return Field(ge=low, le=high)


DiscountPct = Annotated[float, within("discount_pct")]
"""Share of the outstanding debt that is forgiven, percent."""
ImmediatePaymentPct = Annotated[float, within("immediate_payment_pct")]
"""Share of the discounted debt that is paid first, percent."""
ImmediatePaymentDays = Annotated[int, within("immediate_payment_days")]
"""Days from agreement to the immediate payment."""
InstallmentPeriods = Annotated[int, within("installment_periods")]
"""Number of equal monthly payments for the rest."""
