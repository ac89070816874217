"""One side's words in a call: which figures they put on the table, what they claim, what they do with an offer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from data.amounts import minor_digits
from data.dimensions import DIMENSIONS, SPECS, Dimension
from data.domain import Disclosure, Inquiry
from data.messages.labels import ClaimKind, Intent, TermKind
from data.terms import Terms
from metrics.money.schedule import money_due
from metrics.talk.stated import stated_figures
from programs.calls.phrases import in_full
from programs.calls.speech import last_alternative, readable
from programs.reader.agreement import LIKELY, Agreed, agreed
from programs.reader.arithmetic import DIRECT, Owed, terms
from programs.reader.currencies import other_currency
from programs.reader.opinions.offered import Opinion, opinions
from programs.reader.stated import intents
from programs.reader.stated.cues import cue
from programs.reader.stated.plain import plain
from programs.reader.stated.roles import Role
from programs.reader.stated.stated_figures import Unit, figures
from programs.reader.understood import NotClear
from signatures.reading import Reading

NOTHING = Terms(discount_pct=0, immediate_payment_pct=0, immediate_payment_days=0, installment_periods=1)
"""What a first offer is filled up from: of what nobody named, nothing is given."""
_PLACES = 6
"""Decimals of a share, as the schedule counts them: $250.50 of a debt is paid to the cent."""
_RHYTHMS = (TermKind.INSTALLMENT_AMOUNT, TermKind.FORTNIGHTLY_AMOUNT, TermKind.WEEKLY_AMOUNT)


@dataclass(frozen=True)
class HeardWords:
    """What was made of a turn's words."""

    named: Mapping[Dimension, float]
    """Terms that they put on the table."""
    intent: Intent
    disclosed: Disclosure | None = None
    unclear: tuple[str, ...] = ()
    """Figures that may belong to an offer and were left out, in the words of the turn."""


@dataclass(frozen=True)
class PriorQuestion:
    """What the other side's turn before asked for."""

    inquiry: Inquiry | None = None
    payment: TermKind | None = None
    """How much each month, or at once."""


def heard(
    text: str,
    debt: Owed,
    today: date,
    reading: Reading | None = None,
    answers: PriorQuestion | None = None,
) -> HeardWords:
    """What a side's words say.

    Args:
        text: the whole turn.
        debt: what the arithmetic is done on; its base is what stands before the turn.
        today: the day of the call.
        reading: a model's, of a debtor's words; None: the words alone decide.
        answers: what the turn before asked for.
    """
    text, other = last_alternative(readable(text))
    shown = plain(text)
    found = agreed(text, reading, today)
    said, unclear = _said(found, shown, debt, today)
    answers = answers or PriorQuestion()
    answered = _answered(shown, answers.inquiry, debt)
    if answered is not None:
        return HeardWords({}, Intent.TALK, answered)
    alone = _one_sum(shown, _LEAST_PAID) if len(figures(shown)) == 1 else None
    if answers.payment is not None and not said and alone is not None:
        said, unclear = {answers.payment: alone}, []
    named, contradicts = _terms(said, _splittable(said, debt))
    if debt.base is not None and debt.base.immediate_payment_pct == _ALL and _in_instalments(said):
        named.setdefault("immediate_payment_pct", 0.0)
    if in_full(text) and not _paid_in_parts(said):
        named |= {"immediate_payment_pct": _ALL, "installment_periods": 1}
        named.setdefault("immediate_payment_days", 0)
    intent = intents.intent(shown) if reading is None else reading.intent
    return HeardWords(named, intent, _claims(found, debt), (*unclear, *contradicts, *other))


_SOON_AFTER = re.compile(r"\s?(?:paid |payable |due )?(?:within|in|en|dentro de) (?=\w)")
_SOON_BEFORE = re.compile(r"(?:天|日|周)[之以]?内(?:先|再)?(?:还|付|交)\s?$")


def _is_due_soon(role: Role, shown: str) -> bool:
    """Whether a figure is a share that is due within so many days, whatever else is near: "half within two weeks"."""
    units = {one.span: one.unit for one in figures(shown)}
    if units.get(role.span) is not Unit.SHARE:
        return False
    if _SOON_BEFORE.search(shown[: role.span[0]]):
        return True
    after = _SOON_AFTER.match(shown, role.span[1])
    return after is not None and any(
        unit is Unit.DAYS and after.end() <= span[0] <= after.end() + 1 for span, unit in units.items()
    )


def _likely(shown: str, today: date, least: float) -> list[tuple[TermKind, Role]]:
    """The figures that nothing speaks against and that are likely offered."""
    told = ((one, _likely_kind(one, shown, least)) for one in opinions(shown, today) if not one.role.doubt)
    return [(kind, one.role) for one, kind in told if kind is not None]


_TAKEN_OFF = re.compile(r"\b(?:quit|descont|descuent|perdon|rebaj|condon)\w*(?: \w+){0,2}\s?$")
BESIDE_OTHERS = 0.3
"""How likely a figure must be offered beside others that surely are; alone it takes `LIKELY`."""


def _likely_kind(one: Opinion, shown: str, least: float) -> TermKind | None:
    """What a figure is that is likely offered; a share of which the reader cannot say what of, the metrics may know."""
    if isinstance(one.role.kind, TermKind):
        sure = one.role.sure and least < LIKELY
        return one.role.kind if sure or one.offered >= least else None
    if one.role.kind is not None:
        return None
    if _is_due_soon(one.role, shown):
        return TermKind.IMMEDIATE_PAYMENT_PCT
    start, end = one.role.span
    if _TAKEN_OFF.search(shown[:start]) and "%" in shown[start:end]:
        return TermKind.DISCOUNT_PCT
    for stated in stated_figures(shown):
        if stated.certain and stated.dimension in _SHARES and stated.span[0] < end and start < stated.span[1]:
            return _SHARES[stated.dimension]
    return None


_SHARES = {
    "discount_pct": TermKind.DISCOUNT_PCT,
    "immediate_payment_pct": TermKind.IMMEDIATE_PAYMENT_PCT,
}
_ALL = 100.0


def _splittable(said: Mapping[TermKind, Decimal], debt: Owed) -> Owed:
    """Whoever answers "all of it today" with instalments means them of the whole debt."""
    base = debt.base
    if base is None or base.immediate_payment_pct < _ALL or not _in_instalments(said):
        return debt
    return replace(debt, base=base.with_value("immediate_payment_pct", 0.0))


def _in_instalments(said: Mapping[TermKind, Decimal]) -> bool:
    return any(kind in said for kind in (TermKind.INSTALLMENT_PERIODS, *_RHYTHMS))


def _said(found: Agreed, shown: str, debt: Owed, today: date) -> tuple[dict[TermKind, Decimal], list[str]]:
    """The figures that are offered; of two of a kind the later one, which people mean."""
    owed = Decimal(debt.outstanding).scaleb(-minor_digits(debt.currency))
    likely = _likely(shown, today, LIKELY)
    if found.stands or likely:
        likely = _likely(shown, today, BESIDE_OTHERS)
    said: dict[TermKind, Decimal] = {}
    taken: set[tuple[int, int]] = set()
    for told, role in sorted([*found.stands, *likely], key=lambda pair: pair[1].span):
        kind = TermKind.IMMEDIATE_PAYMENT_PCT if _is_due_soon(role, shown) else told
        foreign = other_currency(shown[slice(*role.span)], debt.currency)
        if role.value is not None and not role.vague and not foreign:
            said.pop(kind, None)
            said[kind] = role.value
            taken.add(role.span)
    if TermKind.IMMEDIATE_PAYMENT_DAYS in said:
        said.pop(TermKind.FIRST_DATE, None)
    if said.get(TermKind.TOTAL_AMOUNT) == owed:  # the debt is named, no total that would settle it
        del said[TermKind.TOTAL_AMOUNT]
    unclear = [role for role in found.unsure if role.span not in taken and role.value != owed]
    return said, [shown[slice(*role.span)].strip() for role in unclear]


def _terms(said: dict[TermKind, Decimal], debt: Owed) -> tuple[dict[Dimension, float], list[str]]:
    """The terms of the figures; where sums contradict, what the others say, and a sentence."""
    debt = replace(debt, places=_PLACES)
    settled = _settlement(said, debt)
    try:
        return _whole_at_once(settled, terms(settled, debt)), []
    except NotClear as question:
        contradicts = [str(question)]
    for kept in (_without_the_earlier(said), {kind: value for kind, value in said.items() if kind in DIRECT}):
        with suppress(NotClear):
            return terms(kept, debt), contradicts
    return {}, contradicts


def _without_the_earlier(said: Mapping[TermKind, Decimal]) -> dict[TermKind, Decimal]:
    """Of a number of instalments and a sum that contradict, what was said last is meant."""
    first = next((kind for kind in said if kind in (TermKind.INSTALLMENT_PERIODS, *_RHYTHMS)), None)
    return {kind: value for kind, value in said.items() if kind is not first}


def _settlement(said: dict[TermKind, Decimal], debt: Owed) -> dict[TermKind, Decimal]:
    """ "12 payments of $100" on a debt of $2,000 is a discount that nobody called one: a total instead.

    So is "24 payments of $100" on $2,400 after an offer with a discount: none, this time.
    """
    count, each = said.get(TermKind.INSTALLMENT_PERIODS), said.get(TermKind.INSTALLMENT_AMOUNT)
    if count is None or each is None or TermKind.TOTAL_AMOUNT in said or TermKind.DISCOUNT_PCT in said:
        return said
    base = debt.base or NOTHING
    total, due = _total(count * each, said, base, debt), money_due(base, debt.outstanding)
    if abs(total - due) <= _ROUNDED * due or total > debt.outstanding * (1 + _ROUNDED):
        return said
    settled: dict[TermKind, Decimal] = dict(said)
    del settled[TermKind.INSTALLMENT_AMOUNT]
    settled[TermKind.TOTAL_AMOUNT] = Decimal(min(total, debt.outstanding)).scaleb(-minor_digits(debt.currency))
    return settled


def _total(paid: Decimal, said: Mapping[TermKind, Decimal], base: Terms, debt: Owed) -> int:
    """What instalments and a first payment come to, in minor units."""
    if (first := said.get(TermKind.FIRST_AMOUNT)) is not None:
        return debt.minor(paid + first)
    share = said.get(TermKind.IMMEDIATE_PAYMENT_PCT, Decimal(str(base.immediate_payment_pct)))
    return int(debt.minor(paid) / (1 - min(share, Decimal(99)) / 100))


_ROUNDED = Decimal("0.1")
"""A product that misses what is due by less is a rounded instalment."""


def _whole_at_once(said: Mapping[TermKind, Decimal], named: dict[Dimension, float]) -> dict[Dimension, float]:
    """A total that nobody splits is paid at once."""
    if TermKind.TOTAL_AMOUNT in said and not _paid_in_parts(said):
        return named | {"immediate_payment_pct": _ALL, "installment_periods": 1}
    return named


def _paid_in_parts(said: Mapping[TermKind, Decimal]) -> bool:
    return _in_instalments(said) or TermKind.FIRST_AMOUNT in said or TermKind.IMMEDIATE_PAYMENT_PCT in said


def _claims(found: Agreed, debt: Owed) -> Disclosure | None:
    minor = {kind.value: debt.minor(role.value) for kind, role in found.claims if role.value is not None}
    return Disclosure.model_validate(minor) if minor else None


_ANSWERS = {
    Inquiry.INCOME: ClaimKind.MONTHLY_INCOME.value,
    Inquiry.EXPENSES: ClaimKind.MONTHLY_EXPENSES.value,
    Inquiry.ASSETS: "assets",
}
_PAYS = cue(
    r"pay|paying|offer|settle|afford|put down|instal+ments?|i can (?:do|send|manage)",
    r"pag(?:o|ar|aria|ando)|abon(?:o|ar)|ofre(?:zco|cer)|cuotas?",
    r"还|付|分期",
)
_LEAST_PAID = 10
_LEAST = 100
"""Major units: a smaller number without a sign is an hour, a day or a child's age."""


def _answered(shown: str, asked: Inquiry | None, debt: Owed) -> Disclosure | None:
    """The one sum with which a question is answered: "how much do you make?" "about two thousand"."""
    key = _ANSWERS.get(asked) if asked is not None and not _PAYS.search(shown) else None
    alone = _one_sum(shown, _LEAST)
    return Disclosure.model_validate({key: debt.minor(alone)}) if key and alone is not None else None


def _one_sum(shown: str, least: int) -> Decimal | None:
    """The only sum of a text; None where there are more, or none of that size."""
    sums = [one.value for one in figures(shown) if one.unit in (Unit.MONEY, Unit.BARE) and one.value is not None]
    large = [value for value in sums if value >= least]
    return large[0] if len(large) == 1 else None


def matches(named: Mapping[Dimension, float], package: Terms | None) -> bool:
    """Whether everything that was named is what a package says, up to what people round."""
    if package is None or not named:
        return False
    slack = {d: 0.5 if SPECS[d].unit == "percent" else 0.0 for d in DIMENSIONS}
    return all(abs(getattr(package, d) - value) <= slack[d] for d, value in named.items())
