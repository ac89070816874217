"""Days from a given today to a date that is named: "on the 15th", "el viernes", 下周五, "end of the month"."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday mon lunes 一", "tuesday tues tue martes 二", "wednesday weds wed miercoles 三",
            "thursday thurs thur thu jueves 四", "friday fri viernes 五", "saturday sat sabado 六", "sunday sun domingo 日 天",
        )
    )
    for name in names.split()
}  # fmt: skip
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan enero", "february feb febrero", "march mar marzo", "april apr abril", "may mayo", "june jun junio",
            "july jul julio", "august aug agosto", "september sept sep septiembre setiembre", "october oct octubre",
            "november nov noviembre", "december dec diciembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_DAY_NAMES = "|".join(sorted((n for n in _WEEKDAYS if n.isascii()), key=len, reverse=True))
_MONTH_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
_NAMED = re.compile(
    rf"\b(?:(?P<m1>{_MONTH_NAMES})\.? (?:the )?(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?(?![\d,.]\d)"
    rf"|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)? (?:of |de )?(?P<m2>{_MONTH_NAMES}))\b"
    r"|(?P<m3>\d{1,2})月(?P<d3>\d{1,2})[日号]"
)
_DAY_OF_MONTH = re.compile(
    r"\b(?:(?:on|by|from|til|until|before|around|come) )?the (?P<en>\d{1,2})(?:st|nd|rd|th)\b(?! (?:of|payment|instal|month|time))"
    r"|\b(?P<en2>\d{1,2})(?:st|nd|rd|th)\b(?! (?:of|payment|instal|month|time|floor|birthday|century|year))"
    r"|\b(?:el|al|para el|antes del|hasta el) (?:dia )?(?P<es>\d{1,2})(?! ?(?:%|por|mil|meses|cuotas|pesos|euros|de)|[\d.,/])\b"
    r"|(?P<zh>\d{1,2}|[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])[号號](?!码|楼|线|院)"
)
_WEEKDAY = re.compile(
    rf"\b(?P<next>next |this |this coming |coming |proximo |este )?(?P<day>{_DAY_NAMES})\b|(?P<zh>下?下?个?|这个?|本)(?:周|星期|礼拜)(?P<zhday>[一二三四五六日天])"
)
_MONTH_END = re.compile(
    r"\b(?:end of (?:the |this )?month|month[- ]?end|fin de mes|finales de mes|a fin de mes|ultimo dia del mes)\b|(?<!下)月底|月末"
)
_NEXT_MONTH_DAY = re.compile(r"下个?月(?P<day>\d{1,2})[号日]|下个?月底|下个?月初")
_EVERY = re.compile(r"(?:\b(?:every|each|cada|todos los|los)|每)\s?(?:个?月)?的?\s?$")
MOST_DATES = 8
"""Of one kind in one message."""
_HAN_DAYS = {c: i for i, c in enumerate("零一二三四五六七八九")}


_REST = re.compile(
    rf"(?:\b(?:rest|remainder|balance|remaining|half|resto|demas|saldo|mitad)|剩下|余下|剩余|其余|尾款|一半)[^.!?\n。！？\d]{{0,24}}?"
    rf"(?:\b(?:{_MONTH_NAMES}|christmas|xmas|easter|new years?|next year|tax refund|navidad|semana santa|el ano que viene|proximo ano)\b"
    r"|\b(?:in|en) (?:\d{1,2}|one|two|three|four|five|six|un|dos|tres|cuatro|cinco|seis) (?:months?|mes(?:es)?)\b|年底|过年|明年|春节|[一二三四五六七八九十]+月(?![后内]))"
)


def rest_by_a_date(plain_text: str) -> str | None:
    """The words that put the rest off to a date, which is no number of monthly instalments; None where none do."""
    match = _REST.search(plain_text)
    return None if match is None else match[0]


@dataclass(frozen=True)
class NamedDate:
    """A date in `plain` text and how many days off it is."""

    days: int
    span: tuple[int, int]


def named_dates(plain_text: str, today: date) -> list[NamedDate]:
    """The dates that a `plain` text names, the nearest to come of each kind; none overlaps another."""
    found: list[NamedDate] = []
    for pattern, read in (
        (_NEXT_MONTH_DAY, _next_month), (_NAMED, _named), (_MONTH_END, _month_end), (_DAY_OF_MONTH, _day_of_month),
        (_WEEKDAY, _weekday),
    ):  # fmt: skip
        for match in islice(pattern.finditer(plain_text), MOST_DATES):
            if any(match.start() < one.span[1] and one.span[0] < match.end() for one in found):
                continue
            if _EVERY.search(plain_text[max(0, match.start() - 8) : match.start()]):
                continue  # a rhythm: each 15th
            if (when := read(match, today)) is not None:
                found.append(NamedDate((when - today).days, match.span()))
    return sorted(found, key=lambda one: one.span)


def _named(match: re.Match[str], today: date) -> date | None:
    month = int(match["m3"]) if match["m3"] else _MONTHS[match["m1"] or match["m2"]]
    day = int(match["d1"] or match["d2"] or match["d3"])
    for year in (today.year, today.year + 1):
        if (when := _date(year, month, day)) is not None and when >= today:
            return when
    return None


def _day_of_month(match: re.Match[str], today: date) -> date | None:
    day = _day_number(match["en"] or match["en2"] or match["es"] or match["zh"])
    for months in (0, 1, 2):
        if (when := _date(*_later(today, months), day)) is not None and when >= today:
            return when
    return None


def _next_month(match: re.Match[str], today: date) -> date | None:
    year, month = _later(today, 1)
    if match["day"]:
        return _date(year, month, int(match["day"]))
    return date(year, month, monthrange(year, month)[1] if match[0].endswith("底") else 1)


def _weekday(match: re.Match[str], today: date) -> date | None:
    if match["zhday"]:
        monday = today - timedelta(days=today.weekday())
        when = monday + timedelta(days=7 * match["zh"].count("下") + _WEEKDAYS[match["zhday"]])
        return when if when >= today else when + timedelta(days=7)
    ahead = (_WEEKDAYS[match["day"]] - today.weekday()) % 7
    next_week = (match["next"] or "").startswith("next") and ahead + today.weekday() < 7
    return today + timedelta(days=ahead + 7 * next_week)


def _month_end(match: re.Match[str], today: date) -> date:
    return date(today.year, today.month, monthrange(today.year, today.month)[1])


def _later(today: date, months: int) -> tuple[int, int]:
    at = today.year * 12 + today.month - 1 + months
    return at // 12, at % 12 + 1


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _day_number(written: str) -> int:
    if written.isdecimal():
        return int(written)
    tens, _, ones = written.partition("十") if "十" in written else ("", "", written)
    return (_HAN_DAYS.get(tens, 1) * 10 if "十" in written else 0) + _HAN_DAYS.get(ones, 0)
