"""Packages of the four dimensions: whole (`Terms`) and as a move names them (`PartialTerms`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from data.dimensions import (
    DIMENSIONS,
    SPECS,
    Dimension,
    DiscountPct,
    ImmediatePaymentDays,
    ImmediatePaymentPct,
    InstallmentPeriods,
)
from data.frozen import Frozen


class Terms(Frozen):
    """A complete repayment package.

    Percentages may be fractional (human call logs say 12.5 %); models fill in whole numbers only.
    The bounds here are those of arithmetic; what a creditor may offer is `CreditorPolicy`.
    """

    discount_pct: DiscountPct
    immediate_payment_pct: ImmediatePaymentPct
    immediate_payment_days: ImmediatePaymentDays
    installment_periods: InstallmentPeriods

    @staticmethod
    def whole(named: Mapping[Dimension, float]) -> Terms | None:
        """The package of values that were checked when they were read; None while a dimension was never named."""
        values: dict[Any, Any] = {**named}
        return Terms.model_construct(**values) if len(named) == len(DIMENSIONS) else None

    def softer_in(self, than: Terms) -> tuple[Dimension, ...]:
        """The dimensions in which this package favours the debtor more than another."""
        return tuple(d for d in DIMENSIONS if SPECS[d].given(getattr(than, d), getattr(self, d)) > 0)

    def softest_with(self, other: Terms) -> Terms:
        """In each dimension the value, of the two packages, that favours the debtor more."""
        return Terms.model_validate({d: SPECS[d].softer(getattr(self, d), getattr(other, d)) for d in DIMENSIONS})

    def between(self, other: Terms, share: float) -> Terms:
        """The package `share` (0..1) of the way to `other`, in whole numbers (end points exactly)."""
        if share <= 0 or share >= 1:
            return self if share <= 0 else other
        ends = {d: (getattr(self, d), getattr(other, d)) for d in DIMENSIONS}
        return Terms.model_validate({d: round(a + share * (b - a)) for d, (a, b) in ends.items()})

    def with_value(self, dimension: Dimension, value: float) -> Terms:
        """The package with one dimension changed; the value is the caller's to keep possible."""
        return self.model_copy(update={dimension: value})


class PartialTerms(Frozen):
    """The terms that a move names; a dimension left `None` carries over from one's own last offer."""

    discount_pct: DiscountPct | None = None
    immediate_payment_pct: ImmediatePaymentPct | None = None
    immediate_payment_days: ImmediatePaymentDays | None = None
    installment_periods: InstallmentPeriods | None = None

    @classmethod
    def of(cls, terms: Terms) -> Self:
        """All four dimensions of `terms`, named."""
        return cls(**terms.model_dump())

    @property
    def named(self) -> dict[Dimension, float]:
        """The dimensions that are not left open, with their values."""
        return {d: value for d in DIMENSIONS if (value := getattr(self, d)) is not None}

    def over(self, base: Terms | None) -> Terms | None:
        """The complete package: what is named here, the rest from `base`; None if a dimension is in neither."""
        values: dict[Any, Any] = {**(base.model_dump() if base is not None else {}), **self.named}
        return Terms.model_validate(values) if len(values) == len(DIMENSIONS) else None
