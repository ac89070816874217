"""Sums and dates as terms of this debt: "$200 a month" is a number of instalments, "$400 today" a share and days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from data.amounts import minor_digits
from data.dimensions import SPECS, Dimension
from data.messages.labels import TermKind
from data.terms import Terms
from metrics.money.schedule import immediate_payment, money_due
from programs.reader.understood import NotClear
from programs.table.words import money_said
from wording import mark, number_text, say

_A_YEAR = {TermKind.INSTALLMENT_AMOUNT: 12, TermKind.FORTNIGHTLY_AMOUNT: 26, TermKind.WEEKLY_AMOUNT: 52}
_EACH = {
    TermKind.INSTALLMENT_AMOUNT: mark("{amount} a month"),
    TermKind.FORTNIGHTLY_AMOUNT: mark("{amount} every two weeks"),
    TermKind.WEEKLY_AMOUNT: mark("{amount} a week"),
}
AGREES = Decimal("0.1")
"""Instalments and their number, both named, agree where their product misses the rest by no more than this share."""


@dataclass(frozen=True)
class Owed:
    """What the arithmetic is done on."""

    outstanding: int
    """Minor units."""
    currency: str
    base: Terms | None
    """The terms that unnamed figures are taken from."""
    places: int = 2
    """Decimals of a share that a sum makes; what is said back needs few, what a record is scored by needs all."""

    def money(self, major: Decimal) -> str:
        """A sum that a person named, in words."""
        return money_said(self.minor(major), self.currency)

    def minor(self, major: Decimal) -> int:
        """A sum in minor units."""
        return int(major.scaleb(minor_digits(self.currency)))


def terms(said: Mapping[TermKind, Decimal], debt: Owed) -> dict[Dimension, float]:
    """The terms that figures mean on this debt.

    Raises:
        NotClear: a sum is more than the debt, makes no possible number of instalments, or two figures contradict.
    """
    named: dict[Dimension, float] = {}
    for kind, dimension in DIRECT.items():
        if kind in said:
            named[dimension] = _bounded(dimension, float(said[kind]))
    if TermKind.TOTAL_AMOUNT in said:
        _merge(named, "discount_pct", _discount(said[TermKind.TOTAL_AMOUNT], debt), said[TermKind.TOTAL_AMOUNT], debt)
    if TermKind.FIRST_AMOUNT in said:
        first = said[TermKind.FIRST_AMOUNT]
        _merge(named, "immediate_payment_pct", _share(first, named, debt), first, debt)
    for kind in _A_YEAR:
        if kind in said:
            _instalments(kind, said[kind], named, debt)
    return named


DIRECT: dict[TermKind, Dimension] = {
    TermKind.DISCOUNT_PCT: "discount_pct",
    TermKind.IMMEDIATE_PAYMENT_PCT: "immediate_payment_pct",
    TermKind.IMMEDIATE_PAYMENT_DAYS: "immediate_payment_days",
    TermKind.FIRST_DATE: "immediate_payment_days",
    TermKind.INSTALLMENT_PERIODS: "installment_periods",
}
"""Figures that are a term as they stand."""


def _bounded(dimension: Dimension, value: float) -> float:
    spec = SPECS[dimension]
    low, high = spec.bounds
    if not low <= value <= high or (spec.step and not float(value).is_integer()):
        raise NotClear(
            say(
                "{value} cannot be the {what}: it is from {low} to {high}. What do you mean?",
                value=number_text(value),
                what=say(spec.label),
                low=low,
                high=high,
            )
        )
    return value


def _merge(named: dict[Dimension, float], dimension: Dimension, value: float, amount: Decimal, debt: Owed) -> None:
    if abs(named.setdefault(dimension, value) - value) > 1:
        raise NotClear(
            say(
                "{amount} would be {value} as the {what}, but you also name {other}. Which of the two do you mean?",
                amount=debt.money(amount),
                value=number_text(value),
                what=say(SPECS[dimension].label),
                other=number_text(named[dimension]),
            )
        )


def _discount(total: Decimal, debt: Owed) -> float:
    minor = debt.minor(total)
    if minor > debt.outstanding:
        owed = money_said(debt.outstanding, debt.currency)
        sentence = mark("You name {amount}, but {owed} is owed in all. What do you offer?")
        raise NotClear(say(sentence, amount=debt.money(total), owed=owed))
    return _percent(debt.outstanding - minor, debt.outstanding, debt.places)


def _share(first: Decimal, named: Mapping[Dimension, float], debt: Owed) -> float:
    due = money_due(_package(named, debt), debt.outstanding)
    minor = debt.minor(first)
    if minor > due or due == 0:
        raise NotClear(
            say(
                "You name a first payment of {amount}, but {due} is to be paid in all. How much do you mean?",
                amount=debt.money(first),
                due=money_said(due, debt.currency),
            )
        )
    return _percent(minor, due, debt.places)


def _instalments(kind: TermKind, amount: Decimal, named: dict[Dimension, float], debt: Owed) -> None:
    package = _package(named, debt)
    due = money_due(package, debt.outstanding)
    rest = due - immediate_payment(package, debt.outstanding)
    monthly = Decimal(debt.minor(amount)) * _A_YEAR[kind] / 12
    each, left = say(_EACH[kind], amount=debt.money(amount)), money_said(rest, debt.currency)
    if monthly <= 0 or monthly > max(rest, 1):
        raise NotClear(
            say(
                "You name {each}, but {left} remains to be paid in instalments. What do you mean?", each=each, left=left
            )
        )
    periods = int((rest / monthly).to_integral_value(ROUND_CEILING))
    low, high = SPECS["installment_periods"].bounds
    if not low <= periods <= high:
        raise NotClear(
            say(
                "{each} would take {periods} months to pay {left}; the most is {high}. "
                "Can you name more a month, or another way?",
                each=each,
                periods=periods,
                left=left,
                high=high,
            )
        )
    counted = named.setdefault("installment_periods", periods)
    if abs(monthly * Decimal(counted) - rest) > AGREES * rest and counted != periods:
        product = money_said(int(monthly * Decimal(counted)), debt.currency)
        raise NotClear(
            say(
                "{number} instalments at {each} make {product}, but {left} remains to be paid. "
                "Which of the two do you mean?",
                number=number_text(counted),
                each=each,
                product=product,
                left=left,
            )
        )


def _package(named: Mapping[Dimension, float], debt: Owed) -> Terms:
    base = debt.base or _NOTHING_STANDS
    return base.model_copy(update={k: v for k, v in named.items() if k != "installment_periods"})


_NOTHING_STANDS = Terms(discount_pct=0, immediate_payment_pct=0, immediate_payment_days=0, installment_periods=1)


def _percent(part: int, whole: int, places: int) -> float:
    return float(round(Decimal(100) * part / whole, places))
