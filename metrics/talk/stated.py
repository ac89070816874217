"""Reading figures out of words: which number a sentence gives for which term.

Recognised are numbers with a unit (percent, days and weeks, months and instalments, money; in English, Spanish and
Chinese) in digits, English words or Chinese numerals, named terms ("discount: 10"), and bare numbers of three digits
and more, which are read as money unless they are a year, a reference or part of a longer code. A spelled-out "one" is
no figure ("one day at a time"), nor is a rhythm ("every 30 days").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from data.dimensions import DIMENSIONS, Dimension
from metrics.talk.numerals import DIGITS, NUMBER, parse, plain_digits


@dataclass(frozen=True)
class Figure:
    """One number in a text."""

    dimension: Dimension | Literal["amount"]
    value: float
    """Percentage points, days or periods; an amount in minor units."""
    span: tuple[int, int]
    """Where in the text, as the bounds of a slice."""
    certain: bool = True
    """False for a percentage of which the sentence does not say what it is of."""
    decimals: int = 0
    """Digits after the point as stated."""
    overdue: bool = False
    """The sentence says that this is how long the debt is overdue."""


@lru_cache(maxsize=4096)
def stated_figures(text: str, currency: str | None = None) -> tuple[Figure, ...]:
    """All figures of a text in the order of reading.

    Args:
        text: English, Spanish or Chinese.
        currency: an ISO code that marks amounts besides the common ones.
    """
    plain = plain_digits(text)
    starts = [number.start() for number in _ANY_NUMBER.finditer(plain)]
    taken = [False] * len(plain)
    found: list[Figure] = []
    for pattern, read, anchored in _patterns(currency) if starts else ():
        # most patterns begin with the number: trying them only there is several times as fast as searching
        matches = (pattern.match(plain, at) for at in starts) if anchored else pattern.finditer(plain)
        for match in matches:
            if match is None or any(taken[match.start() : match.end()]):
                continue
            if (figures := read(plain, match)) is not None:
                taken[match.start() : match.end()] = [True] * (match.end() - match.start())
                found += figures
    return tuple(sorted(found, key=lambda figure: figure.span))


# In every pattern the number is in group `n`; where there can be a range ("10 to 15 %") its beginning is in `m`.
_I = re.IGNORECASE
_RANGE = rf"(?<!第)(?<!\d)(?<!\d[.,])(?:(?P<m>{NUMBER})\s*(?:-|–|~|to|and|or|至|到)\s*)?(?P<n>{NUMBER})"
_CODES = "USD|EUR|GBP|CNY|RMB|JPY|HKD|TWD|INR|AUD|CAD|CHF|SEK|NOK|DKK|SGD"
_UNITS = r"dollars?\b|bucks\b|euros?\b|pounds?\b|yuan\b|renminbi\b|rupees?\b|pesos?\b|d[oó]lares\b|元|块钱?"
_POINTS = r"\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?(?![\d.])"
"""A sum with points between its thousands, as most of Europe and Latin America write it: no sum has three decimals."""
_SCALES = {"k": 10**3, "thousand": 10**3, "million": 10**6, "千": 10**3, "万": 10**4, "亿": 10**8}
_SCALE = r"(?:\s*(?P<scale>k\b|thousand\b|million\b|万|千|亿))?"
_EACH = r"(?:(?:equal|monthly|consecutive|regular|fixed|easy|small|smaller|more|further|manageable|even)[\s,-]+)*"

_ANY_NUMBER = re.compile(NUMBER, _I)
_NO_FIGURE = re.compile(
    r"\b100\s?%\s+(?:sure|certain|committed|confident|understand\w*|behind|clear|agree\w*)"
    r"|\b(?:every|each)\s+30\s+days|\b30\s+days\s+(?:after|later|apart|thereafter)|每(?:隔)?30\s*[天日]"
    r"|\b24\s*/\s*7\b|(?<!\d)\d+\s*月\s*\d+\s*[日号]",
    _I,
)
_PERCENT = re.compile(rf"{_RANGE}\s*(?:%|percent\b|per\s+cent\b|pct\b|por\s+ciento\b)", _I)
_PERCENT_CHINESE = re.compile(rf"百分之\s*(?P<n>{NUMBER})")
_TENTHS = re.compile(r"(?<![\d.])(?P<n>\d{1,2}(?:\.\d+)?|[一二三四五六七八九]{1,2})\s*折(?!扣)")
_LABEL = re.compile(
    r"\b(?:(?P<discount_pct>discount(?:_pct)?)|(?P<immediate_payment_pct>immediate[_ ]payment(?:_pct)?)"
    r"|(?P<immediate_payment_days>(?:immediate_payment_)?days)"
    r"|(?P<installment_periods>(?:installment_)?periods|instal?lments|months))"
    rf"\s*[:=]\s*(?P<n>{DIGITS})(?!\s*(?:%|percent|[A-Za-z\d]))",
    _I,
)
_DAYS = re.compile(
    rf"{_RANGE}[\s-]*(?:(?:calendar|business|working)\s+)?"
    r"(?P<unit>days?\b|weeks?\b|d[ií]as?\b|semanas?\b|天|日(?=内|之内|以内|后)|周|个?星期)",
    _I,
)
_DAY_NUMBER = re.compile(r"\bday\s+(?P<n>\d+)\b", _I)
_PERIODS = re.compile(
    rf"{_RANGE}[\s-]*{_EACH}(?P<unit>months?\b|instal?lments?\b|payments?\b|periods?\b"
    r"|mes(?:es)?\b|cuotas?\b|mensualidad(?:es)?\b|pagos?\b|plazos\b|个月|期)"
    r"(?P<total>\s+(?:in\s+total|altogether|in\s+all)\b)?",
    _I,
)
_YEARS = re.compile(
    rf"(?:\b(?:over|across|within|in)\s+(?:a\s+period\s+of\s+)?|分|用)(?P<n>{NUMBER})\s*(?:years?\b|年)", _I
)
_CENTS = re.compile(rf"(?<![\w.])(?P<n>{DIGITS})\s*(?:cents?|fen)\b", _I)
_BARE = re.compile(
    r"(?<![A-Za-z0-9_.,#/:-])(?P<n>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.\d\d|\d{3,9})(?![A-Za-z0-9_%/:-]|[.,]\d)"
)
_REFERENCE = re.compile(
    r"(?:\b(?:section|article|paragraph|no\.?|number|case|ref(?:erence)?|account|id|code|room|form|line|call|dial)|§|第|号)"
    r"\s*(?:[:#]\s*)?$",
    _I,
)
_BEFORE_YEAR = re.compile(
    r"(?:\b(?:in|since|year|until|by|before|after|from|january|february|march|april|may|june|july|august|september"
    r"|october|november|december)|\d,)\s+$",
    _I,
)
_OVERDUE_BEFORE = re.compile(
    r"(?:overdue|past due|in arrears|behind|atrasad[oa]|逾期|拖欠)(?:\s+\w+){0,3}(?:\s*(?:了|已))?\s*$", _I
)
_OVERDUE_AFTER = re.compile(
    r"\s{0,20}(?:overdue|past due|in arrears|behind|late\b|delinquent|de (?:atraso|mora|retraso)|逾期)", _I
)

_DISCOUNT = (
    r"\bdiscount|\boff\b|\breduc|\bwaiv|\bforgiv|\bwrite[- ]?off|\brebate"
    r"|\bdescuento|\brebaja|\bquita\b|\bmenos\b|减免|折扣|优惠|减|免除"
)
_IMMEDIATE = (
    r"\bimmediate|\bup[- ]?front|\bdown\s?payment|\bdeposit|\bfirst payment|\binitial"
    r"|\bentrada\b|\bprimer pago\b|\bpago inicial\b|\benganche\b|\banticipo\b|\bal inicio\b|\bpor adelantado\b"
    r"|首付|首期|首笔|先付|先还|先支付|立即|马上"
)
_NOW = (
    rf"|\bnow\b|\btoday\b|\bdown\b|\bstraight away|\bright away|\bat once|\b(?:with)?in {NUMBER} (?:days?|weeks?)\b"
    rf"|\bhoy\b|\b(?:en|dentro de) {NUMBER} (?:d[ií]as?|semanas?)\b"
)
_CUES_BEFORE = re.compile(rf"(?P<discount>{_DISCOUNT})|(?P<immediate>{_IMMEDIATE})", _I)
_CUES_AFTER = re.compile(rf"(?P<discount>{_DISCOUNT})|(?P<immediate>{_IMMEDIATE}{_NOW})", _I)
_STOP = re.compile(r"[.;,!?:，。；！？、%]|\band\b|\bwith\b|\bplus\b|\by\b|\bluego\b|(?<!\d)\d+\s*%", _I)
_NEAR = 40


@lru_cache(maxsize=64)
def _patterns(currency: str | None) -> tuple[tuple[re.Pattern[str], _Reader, bool], ...]:
    """(pattern, reader, whether it begins with the number), in order: what one has read, the later leave alone."""
    codes = _CODES if currency is None else f"{_CODES}|{re.escape(currency)}"
    sign = rf"(?:US\$|HK\$|[$€£¥￥₹]|\b(?:{codes})|人民币)\s*(?P<n>{_POINTS}|{DIGITS}){_SCALE}"
    points = rf"(?<![\d.,])(?P<n>{_POINTS})\s*(?:{_UNITS}|[€£]|\b(?:{codes})\b)"
    unit = rf"{_RANGE}{_SCALE}\s*(?:{_UNITS}|\b(?:{codes})\b|人民币)"
    return (
        (_NO_FIGURE, _read_nothing, False),
        (_PERCENT_CHINESE, _read_percent, False),
        (_PERCENT, _read_percent, True),
        (_TENTHS, _read_tenths, True),
        (_LABEL, _read_label, False),
        (re.compile(sign, _I), _read_money, False),
        (re.compile(points, _I), _read_money, False),
        (re.compile(unit, _I), _read_money, True),
        (_CENTS, _read_cents, True),
        (_DAY_NUMBER, _read_day_number, False),
        (_DAYS, _read_days, True),
        (_PERIODS, _read_periods, True),
        (_YEARS, _read_years, False),
        (_BARE, _read_bare, True),
    )


_Reader = Callable[[str, re.Match[str]], list[Figure] | None]
"""Figures of a match; None leaves its text to the patterns that follow."""


def _numbers(match: re.Match[str]) -> Iterator[tuple[Decimal, tuple[int, int], bool]]:
    """(value, span, spelled out) of the numbers in a match; the last one's span takes the unit along."""
    first = match.groupdict().get("m")
    if first is not None:
        yield parse(first), match.span("m"), not first[0].isdigit()
    start = match.start() if first is None else match.start("n")
    yield parse(match["n"]), (start, match.end()), not match["n"][0].isdigit()


def _figure(
    dimension: Dimension | Literal["amount"],
    value: Decimal,
    span: tuple[int, int],
    certain: bool = True,
    overdue: bool = False,
) -> Figure:
    exponent = value.as_tuple().exponent
    decimals = max(0, -exponent) if isinstance(exponent, int) else 0
    scaled = value * 100 if dimension == "amount" else value
    return Figure(dimension, float(scaled), span, certain, decimals, overdue)


def _read_nothing(text: str, match: re.Match[str]) -> list[Figure]:
    return []


def _read_percent(text: str, match: re.Match[str]) -> list[Figure]:
    dimension = _percent_of(text, *match.span())
    return [_figure(dimension or "discount_pct", v, span, dimension is not None) for v, span, _ in _numbers(match)]


def _percent_of(text: str, start: int, end: int) -> Dimension | None:
    """Whose percentage it is, by the nearest cue in the same clause; None if the sentence does not say."""
    before, after = text[max(0, start - _NEAR) : start], text[end : end + _NEAR]
    stops = list(_STOP.finditer(before))
    before = before[stops[-1].end() :] if stops else before
    stop = _STOP.search(after)
    after = after[: stop.start()] if stop else after
    cues = [(len(before) - cue.end(), 1, cue.lastgroup) for cue in _CUES_BEFORE.finditer(before)]
    cues += [(cue.start(), 0, cue.lastgroup) for cue in _CUES_AFTER.finditer(after)]
    if not cues:
        return None
    return "discount_pct" if min(cues)[2] == "discount" else "immediate_payment_pct"


def _read_tenths(text: str, match: re.Match[str]) -> list[Figure]:
    """七折 is 70 % of the price, a discount of 30 %; 八五折 and 85折 are 15 %."""
    value = parse(match["n"])
    paid = value if value > 10 else value * 10
    return [_figure("discount_pct", 100 - paid, match.span())]


def _read_label(text: str, match: re.Match[str]) -> list[Figure]:
    dimension = next(d for d in DIMENSIONS if match[d] is not None)
    return [_figure(dimension, parse(match["n"]), match.span())]


def _read_money(text: str, match: re.Match[str]) -> list[Figure]:
    named = match.groupdict().get("scale")
    scale = _SCALES[named.lower()] if named else 1
    if re.fullmatch(_POINTS, match["n"]):
        value = Decimal(match["n"].replace(".", "").replace(",", "."))
        return [_figure("amount", value * scale, match.span())]
    return [_figure("amount", value * scale, span) for value, span, _ in _numbers(match)]


def _read_cents(text: str, match: re.Match[str]) -> list[Figure]:
    return [_figure("amount", parse(match["n"]) / 100, match.span())]


def _read_day_number(text: str, match: re.Match[str]) -> list[Figure]:
    return [_figure("immediate_payment_days", parse(match["n"]), match.span())]


def _read_days(text: str, match: re.Match[str]) -> list[Figure]:
    days = 7 if re.match(r"week|semana|周|个?星期", match["unit"], _I) else 1
    return _counts("immediate_payment_days", text, match, days)


def _read_periods(text: str, match: re.Match[str]) -> list[Figure]:
    figures = _counts("installment_periods", text, match, 1)
    if match["total"]:  # "7 payments in total" counts the immediate one
        return [Figure(f.dimension, f.value - 1, f.span, f.certain, f.decimals, f.overdue) for f in figures]
    return figures


def _read_years(text: str, match: re.Match[str]) -> list[Figure]:
    return [_figure("installment_periods", parse(match["n"]) * 12, match.span())]


def _counts(dimension: Dimension, text: str, match: re.Match[str], factor: int) -> list[Figure]:
    overdue = bool(
        _OVERDUE_BEFORE.search(text[max(0, match.start() - _NEAR) : match.start()])
        or _OVERDUE_AFTER.match(text, match.end())
    )
    single = re.fullmatch("months?|payments?|mes|pago|个月", match["unit"], _I) is not None
    return [
        _figure(dimension, value * factor, span, overdue=overdue)
        for value, span, spelled in _numbers(match)
        if value != 1 or not (spelled or single)
    ]


def _read_bare(text: str, match: re.Match[str]) -> list[Figure] | None:
    before = text[max(0, match.start() - 20) : match.start()]
    value = parse(match["n"])
    year = match["n"].isdigit() and 1990 <= value <= 2100 and _BEFORE_YEAR.search(before)
    if year or _REFERENCE.search(before):
        return None
    return [_figure("amount", value, match.span())]
