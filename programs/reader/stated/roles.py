"""What each figure of a message is: a term offered now for this debt, a claim about the household, or neither."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from itertools import islice, pairwise

from data.messages.labels import ClaimKind, TermKind
from programs.reader.stated import cues
from programs.reader.stated.clauses import Clause, Clauses, clauses
from programs.reader.stated.dates import named_dates
from programs.reader.stated.doubts import doubt
from programs.reader.stated.no_first_payment import MAYBE_NO_FIRST_PAYMENT, NO_FIRST_PAYMENT
from programs.reader.stated.stated_figures import NamedFigure, Unit, figures

MOST_FIGURES = 16
"""Figures of one message that are looked at; `too_many` says whether there are more."""
Kind = TermKind | ClaimKind
NEAR = 28
"""Characters of a clause beside a figure in which a rhythm or a cue is the figure's own."""


@dataclass(frozen=True)
class Role:
    """A figure and what it is taken for."""

    kind: Kind | None
    """None: nothing that we know."""
    value: Decimal | None
    span: tuple[int, int]
    sure: bool
    """The words say by themselves that it is offered (or claimed) now for this debt."""
    doubt: str = ""
    """Why it is no term: "past", "negated" ...; empty where nothing speaks against it."""
    vague: bool = False
    instead: bool = False
    """A figure of its kind that stands just before it is refused: "20% is too much, 10"."""


@lru_cache(maxsize=256)
def roles(plain_text: str, today: date) -> tuple[Role, ...]:
    """What every figure and date of a `plain` text is, in the order of reading."""
    parts = clauses(plain_text)
    found = figures(plain_text)[:MOST_FIGURES]
    dates = named_dates(plain_text, today)[:MOST_FIGURES]
    within_dates = [one.span for one in dates]
    said = [
        _role(parts, found, at)
        for at, figure in enumerate(found)
        if not any(low <= figure.span[0] and figure.span[1] <= high for low, high in within_dates)
    ]
    said += [_date_role(parts, found, one.days, one.span) for one in dates]
    known = sorted((role for role in said if role is not None), key=lambda role: role.span)
    return tuple(
        sorted((*_instead(parts, known, found), *_maybe_nothing_first(parts, known)), key=lambda role: role.span)
    )


_IN_ITS_PLACE = cues.cue(
    r"make (?:it|that)|try|call it|instead|rather|how about|lets say",
    r"que sean|mejor|pongamos|pong[aoe]\w*|dej\w+ en|sino",
    r"改成|换成|改为|不如|那就|换",
)
INSTEAD_WITHIN = 24
"""Characters between a figure that is refused and the one that is named in its place."""


def _instead(parts: Clauses, known: Sequence[Role], found: tuple[NamedFigure, ...]) -> Iterator[Role]:
    """The roles, those that stand in for a refused one marked."""
    units = {figure.span: figure.unit for figure in found}
    yield from known[:1]
    for before, role in pairwise(known):
        unit, other = units.get(role.span), units.get(before.span)
        near = role.span[0] - before.span[1] <= INSTEAD_WITHIN
        alike = unit is not None and other is not None and (unit is other or Unit.BARE in (unit, other))
        between = parts.text[before.span[1] : role.span[0]]
        named = not role.doubt or (role.doubt == "negated" and _IN_ITS_PLACE.search(between))
        instead = near and alike and before.doubt == "negated" and named
        yield replace(role, instead=True, doubt="") if instead else role


def _maybe_nothing_first(parts: Clauses, known: Sequence[Role]) -> Iterator[Role]:
    """A first payment denied in no set phrase, where its clause names no figure that could be what is denied."""
    for match in islice(MAYBE_NO_FIRST_PAYMENT.finditer(parts.text), MOST_FIGURES):
        clause = parts.at(match.start())
        until = max(clause.end, match.end())
        if not any(clause.start <= role.span[0] < until and role.kind not in _AFTERWARDS for role in known):
            yield Role(TermKind.IMMEDIATE_PAYMENT_PCT, Decimal(0), match.span(), sure=False)


_AFTERWARDS = frozenset(
    [
        TermKind.INSTALLMENT_PERIODS,
        TermKind.INSTALLMENT_AMOUNT,
        TermKind.WEEKLY_AMOUNT,
        TermKind.FORTNIGHTLY_AMOUNT,
    ]
)
"""What is paid after a first payment, or without one."""
_NO_NUMBER = frozenset(["one", "un", "una", "uno", "一", "1", "a", "thousand", "十", "万"])
"""Words that are seldom a figure where no unit follows."""


def too_many(plain_text: str) -> bool:
    """More figures than anybody needs for an offer: what some of them are is not known."""
    return len(figures(plain_text)) > MOST_FIGURES


def _role(parts: Clauses, found: tuple[NamedFigure, ...], at: int) -> Role | None:
    figure = found[at]
    if figure.unit in (Unit.MONTHS, Unit.DAYS) and _is_rhythm(parts.text, found, at):
        return None
    clause = parts.at(figure.span[0])
    kind = _kind(parts, found, at, clause)
    if kind is None and figure.unit is Unit.BARE and parts.text[slice(*figure.span)] in _NO_NUMBER:
        return None
    against = doubt(parts, clause, figure.span, claim=isinstance(kind, ClaimKind))
    sure = kind is not None and not against and not figure.vague and figure.value is not None
    sure = sure and (isinstance(kind, ClaimKind) or _offered(parts, clause, figure))
    if sure and figure.unit is Unit.DAYS:
        sure = _when_paid(parts, found, clause, figure)
    if sure and figure.unit is Unit.BARE and kind in (TermKind.FIRST_AMOUNT, TermKind.TOTAL_AMOUNT):
        sure = figure.value is not None and figure.value > 100  # "10 down": percent or money
    return Role(kind, figure.value, figure.span, sure, against, figure.vague)


def _offered(parts: Clauses, clause: Clause, figure: NamedFigure) -> bool:
    """The clause asks or pays, or says nothing but the figure."""
    words = f"{clause.begun_by} {parts.sentence(clause, figure.span[0])}"
    if cues.PAY.search(words) or cues.ASK.search(words) or cues.BOUND.search(words):
        return True
    if clause.end - clause.start > 2 * NEAR + 20:
        return False
    rest = parts.text[clause.start : figure.span[0]] + " " + parts.text[figure.span[1] : clause.end]
    return len(re.findall(r"[a-z]+|[\u4e00-\u9fff]", rest)) <= 4


_AT_ONCE = 3
"""From so many days on it is a stretch of time, no "today" or "tomorrow"."""
_AFTER_SPAN = re.compile(
    r"\s?(?:之?以?[内后]|from (?:now|today)|later|time\b|notice\b|to (?:pay|start|get|come|make)|for the (?:first|down)|mas\b|more\b|para (?:pagar|el|la|juntar|empezar))"
)


def _when_paid(parts: Clauses, found: tuple[NamedFigure, ...], clause: Clause, figure: NamedFigure) -> bool:
    """ "today" beside a payment, "in 3 weeks", "give me 10 days"; no "once a week", no "good night, tomorrow then"."""
    words = parts.words(clause, figure.span[0])
    before, after = _around(parts, clause, figure)
    beside = any(one.unit in (Unit.MONEY, Unit.SHARE) and clause.start <= one.span[0] < clause.end for one in found)
    if figure.value is not None and figure.value < _AT_ONCE and parts.text[figure.span[0]] not in "0123456789":
        now = parts.text[slice(*figure.span)] in ("now", "ahora", "现在", "ya mismo")
        return _adjacent(found, figure) if now else beside
    paid = beside or bool(cues.HAND_OVER.search(words) or cues.FIRST.search(words) or cues.ASK.search(before))
    return paid and bool(cues.WITHIN.search(before) or _AFTER_SPAN.match(after))


def _adjacent(found: tuple[NamedFigure, ...], figure: NamedFigure) -> bool:
    """ "half now", "now 300", 现在付一半: the sum or share stands right beside it."""
    return any(
        one.unit in (Unit.MONEY, Unit.SHARE, Unit.BARE)
        and -1 <= max(one.span[0] - figure.span[1], figure.span[0] - one.span[1]) <= 4
        for one in found
    )


def _kind(parts: Clauses, found: tuple[NamedFigure, ...], at: int, clause: Clause) -> Kind | None:
    figure = found[at]
    if figure.unit in (Unit.MONEY, Unit.BARE):
        return _kind_of_money(parts, found, at, clause)
    if figure.unit is Unit.OFF:
        return TermKind.DISCOUNT_PCT
    if figure.unit is Unit.SHARE:
        own = (parts.text, *figure.span)
        named = figure.value == 0 and (NO_FIRST_PAYMENT.match(*own) or cues.FIRST.search(*own))
        return TermKind.IMMEDIATE_PAYMENT_PCT if named else _kind_of_share(parts, clause, figure)
    if figure.unit is Unit.DAYS:
        return TermKind.IMMEDIATE_PAYMENT_DAYS
    return TermKind.INSTALLMENT_PERIODS


_RHYTHM_BEFORE = re.compile(r"(?:\b(?:once|twice|times|x|every|each|per|cada|por|a la|al|/)|每)\s?$")
_A_STRETCH = re.compile(r"(?:a|one|un|una|1|the|two|2|dos|其|两|二|一|半)\b|[两二一半1]")


def _is_rhythm(text: str, found: tuple[NamedFigure, ...], at: int) -> bool:
    """ "200 a month", "$80 every two weeks", "once a week": how often, no number of months or days."""
    figure = found[at]
    before = found[at - 1] if at else None
    beside = before is not None and before.unit in (Unit.MONEY, Unit.BARE) and figure.span[0] - before.span[1] <= 2
    article = _A_STRETCH.match(text, figure.span[0]) is not None
    return (beside and article) or _RHYTHM_BEFORE.search(text[max(0, figure.span[0] - 8) : figure.span[0]]) is not None


def _around(parts: Clauses, clause: Clause, figure: NamedFigure) -> tuple[str, str]:
    """What stands just before and just after a figure in its clause."""
    return (
        parts.text[max(clause.start, figure.span[0] - NEAR) : figure.span[0]],
        parts.text[figure.span[1] : min(clause.end, figure.span[1] + NEAR)],
    )


_OWN_RHYTHM = (Unit.MONEY, Unit.SHARE, Unit.BARE)
"""Of the next of these the words behind it speak: "500 down today and 200 a month"."""


def _rhythm(parts: Clauses, found: tuple[NamedFigure, ...], at: int, clause: Clause) -> TermKind | None:
    before, after = _around(parts, clause, found[at])
    others = [one.span for one in found[at + 1 :] if one.unit in _OWN_RHYTHM]
    end = next((span[0] for span in others if parts.text[slice(*span)] not in _NO_NUMBER), None)
    after = after if end is None else parts.text[found[at].span[1] : min(end, found[at].span[1] + len(after))]
    for where in (after, before):
        for pattern, kind in (
            (cues.FORTNIGHTLY, TermKind.FORTNIGHTLY_AMOUNT), (cues.WEEKLY, TermKind.WEEKLY_AMOUNT),
            (cues.MONTHLY, TermKind.INSTALLMENT_AMOUNT),
        ):  # fmt: skip
            if pattern.search(where):
                return kind
    return None


_LEAST_SUM = 10
"""A smaller number without a sign or name of money is rather a count: "5 monthly bits"."""


def _kind_of_money(parts: Clauses, found: tuple[NamedFigure, ...], at: int, clause: Clause) -> Kind | None:
    figure = found[at]
    words = parts.words(clause, figure.span[0])
    rhythm = _rhythm(parts, found, at, clause)
    if rhythm in (None, TermKind.INSTALLMENT_AMOUNT):
        if cues.INCOME.search(words):
            pays = cues.PAY.search(parts.text[max(clause.start, figure.span[0] - 14) : figure.span[0]])
            return None if pays else _claim(ClaimKind.MONTHLY_INCOME, figure)
        if cues.EXPENSES.search(words):
            return _claim(ClaimKind.MONTHLY_EXPENSES, figure)
    counts = figure.unit is Unit.BARE and (figure.value is None or figure.value < _LEAST_SUM)
    if rhythm is not None or _per_payment(parts.text, found, at):
        return None if counts and figure.value is not None else rhythm or TermKind.INSTALLMENT_AMOUNT
    return None if counts else _kind_of_sum(parts, clause, figure, words)


def _kind_of_sum(parts: Clauses, clause: Clause, figure: NamedFigure, words: str) -> Kind | None:
    """Of a sum that is paid once."""
    if cues.TOTAL.search(words):
        return TermKind.TOTAL_AMOUNT
    before, after = _around(parts, clause, figure)
    return TermKind.FIRST_AMOUNT if cues.FIRST.search(before) or cues.FIRST.search(after) else None


def _claim(kind: ClaimKind, figure: NamedFigure) -> Kind | None:
    return kind if figure.unit is Unit.MONEY or (figure.value is not None and figure.value >= 100) else None


def _per_payment(text: str, found: tuple[NamedFigure, ...], at: int) -> bool:
    """ "12 payments of 250", "12 x 250", "3 cuotas de 500", 分3期每期500."""
    if not at:
        return False
    before, between = found[at - 1], text[found[at - 1].span[1] : found[at].span[0]]
    counted = before.unit in (Unit.PAYMENTS, Unit.MONTHS)
    of = re.fullmatch(
        r"\s?(?:of|de|at|for|@|x|\*|por|a|,?\s?每[期次个]月?(?:还|付)?)\s?(?:only |about |just )?", between
    )
    return bool(of) and (counted or between.strip() in ("x", "*"))


_LOWERED_TO = re.compile(
    r"(?:\bto|\bal|\b(?:re)?(?:baj|duc|duz|dej|llev|pas)\w*(?: \w+){0,3} a|[降减改调][到至为成]|到|至)\s?$"
)
"""Of a share. A bare "a" is English as often as Spanish: "a 20% discount"."""
_FIRST_PART = re.compile(
    r"\b(?:down ?payment|first payment|initial payment|deposit|upfront|enganche|entrada|inicial|anticipo|primer pago)\b|首付|首期|首笔|头款|比例"
)


def _kind_of_share(parts: Clauses, clause: Clause, figure: NamedFigure) -> Kind | None:
    before, after = _around(parts, clause, figure)
    if _LOWERED_TO.search(before):  # lowered to 10 %: the first payment, or nobody knows what
        return TermKind.IMMEDIATE_PAYMENT_PCT if _FIRST_PART.search(before) else None
    near = [
        (distance, kind)
        for pattern, kind in ((cues.DISCOUNT, TermKind.DISCOUNT_PCT), (cues.FIRST, TermKind.IMMEDIATE_PAYMENT_PCT))
        for distance in _distances(pattern, before, after)
    ]
    return min(near)[1] if near else None


def _distances(pattern: re.Pattern[str], before: str, after: str) -> list[float]:
    found = [len(before) - match.end() + 0.5 for match in pattern.finditer(before)]
    return found + [float(match.start()) for match in pattern.finditer(after)]


def _date_role(parts: Clauses, found: tuple[NamedFigure, ...], days: int, span: tuple[int, int]) -> Role:
    clause = parts.at(span[0])
    words = parts.words(clause, span[0])
    pays = cues.PAY.search(words) or cues.FIRST.search(parts.text[max(clause.start, span[0] - NEAR) : span[0]])
    alone = any(clause.start <= figure.span[0] < clause.end and figure.unit is Unit.MONEY for figure in found)
    against = doubt(parts, clause, span, claim=False)
    return Role(TermKind.FIRST_DATE, Decimal(days), span, bool(pays or alone) and not against, against)
