"""Which terms a labelled message offers: figures as they stand, sums and dates by arithmetic on the debt."""

from __future__ import annotations

from data.dimensions import DIMENSIONS, Dimension
from data.messages.corpus import OUTSTANDING, STANDING
from data.messages.labels import TermKind
from data.messages.message import DebtorMessage

PERCENT_SLACK = 1.0
"""A sum that is no whole percentage of the debt becomes the nearest one."""
PERIOD_SLACK = 1.0
WEEKS_A_MONTH = 52 / 12

FROM_SUM: dict[TermKind, Dimension] = {
    TermKind.FIRST_AMOUNT: "immediate_payment_pct",
    TermKind.INSTALLMENT_AMOUNT: "installment_periods",
    TermKind.WEEKLY_AMOUNT: "installment_periods",
    TermKind.FORTNIGHTLY_AMOUNT: "installment_periods",
    TermKind.TOTAL_AMOUNT: "discount_pct",
    TermKind.FIRST_DATE: "immediate_payment_days",
}
"""The dimension that arithmetic makes of a sum or a date."""
A_MONTH: dict[TermKind, float] = {
    TermKind.INSTALLMENT_AMOUNT: 1.0,
    TermKind.WEEKLY_AMOUNT: WEEKS_A_MONTH,
    TermKind.FORTNIGHTLY_AMOUNT: WEEKS_A_MONTH / 2,
}


def wanted(message: DebtorMessage) -> set[Dimension]:
    """The dimensions that the message offers something on."""
    return {_dimension(kind) for kind, _, _ in message.terms}


def offers(message: DebtorMessage, dimension: Dimension, value: float) -> bool:
    """Whether the message offers `value` on `dimension`, in its own words or by a right conversion."""
    return any(
        _dimension(kind) == dimension and _agrees(message, kind, stated, value) for kind, stated, _ in message.terms
    )


def _dimension(kind: TermKind) -> Dimension:
    found = FROM_SUM.get(kind)
    return found if found is not None else next(d for d in DIMENSIONS if d == kind.value)


def _agrees(message: DebtorMessage, kind: TermKind, stated: float | None, value: float) -> bool:
    if stated is None or kind is TermKind.FIRST_DATE:  # when it was written is not known
        return True
    if kind is TermKind.FIRST_AMOUNT:
        return any(
            abs(value - 100 * stated / total) <= PERCENT_SLACK for total in {OUTSTANDING, _total(message)} if total
        )
    if kind is TermKind.TOTAL_AMOUNT:
        return abs(value - 100 * (1 - stated / OUTSTANDING)) <= PERCENT_SLACK
    if kind in A_MONTH:
        return any(abs(value - rest / (stated * A_MONTH[kind])) <= PERIOD_SLACK for rest in _rests(message))
    return value == stated


def _rests(message: DebtorMessage) -> set[float]:
    """What the instalments may be meant to pay: the debt less discount and first payment, or all of it."""
    said, total = _said(message), _total(message)
    share = said.get(TermKind.IMMEDIATE_PAYMENT_PCT, STANDING.immediate_payment_pct)
    first = said.get(TermKind.FIRST_AMOUNT, total * share / 100)
    return {total, total - first}


def _total(message: DebtorMessage) -> float:
    """What is left of the debt after the discount that the message names."""
    said = _said(message)
    discount = said.get(TermKind.DISCOUNT_PCT, STANDING.discount_pct)
    return said.get(TermKind.TOTAL_AMOUNT, OUTSTANDING * (1 - discount / 100))


def _said(message: DebtorMessage) -> dict[TermKind, float]:
    return {kind: stated for kind, stated, _ in message.terms if stated is not None}
