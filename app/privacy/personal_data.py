"""Where personal data stands in a text: found by rules, and by the libraries that know the formats.

Figures of a negotiation are no personal data and are left alone: amounts with a currency, percentages, months, dates.
What no rule can know is not found: names of other people, an address or an account in unusual words.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections.abc import Callable, Iterator

from app.privacy.contacts import foreign_phones, links, phones, places
from app.privacy.found import Found, whole
from app.privacy.identifying_numbers import called_ids, cards, ibans, ids, long_numbers
from app.privacy.looked_at import remembered
from app.privacy.names import Names
from metrics.talk.stated import stated_figures
from plumbing.plain_text import normalised

KINDS = ("NAME", "EMAIL", "LINK", "IBAN", "CARD", "ID", "PHONE", "NUMBER", "BIRTH DATE", "ADDRESS", "HANDLE")
"""What is told apart, as placeholders name it."""

Finder = Callable[[str], list[Found]]
"""Personal data of a text in the order of reading, without overlaps; the text is a `plain` one."""

_MONTH = "|".join(name for name in (*calendar.month_name, *calendar.month_abbr) if name)
_DATE = (
    r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|\d{4}年\s?\d{1,2}月\s?\d{1,2}[日号]"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\.?\s(?:of\s)?(?:{_MONTH})\.?,?\s\d{{4}}"
    rf"|(?:{_MONTH})\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}})"
)
_DATES = re.compile(rf"(?<!\d){_DATE}(?!\d)", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<![\d.,+])\d{1,3}([,.'])\d{3}(?:\1\d{3})*(?:(?!\1)[.,]\d{1,2})?(?!\d|[.,']\d)")
_BORN = re.compile(
    rf"(?:\b(?:born|birth(?:day|date)?|d\.?o\.?b\.?|nacid[oa]|nac[ií]|nacimiento)\b[^\d\n]{{0,20}}?|生日|出生[^\d\n]{{0,8}})(?P<it>(?<!\d){_DATE})",
    re.IGNORECASE,
)
_BORN_AFTER = re.compile(rf"(?P<it>{_DATE})\s?(?:出生|生人)", re.IGNORECASE)


def plain(text: str) -> str:
    """`text` in one form of letters and the digits 0 to 9, without invisible characters, which could hide a thing."""
    flat = normalised(text)
    return flat if flat.isascii() else "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in flat)


def finder(name: str, currency: str) -> Finder:
    """A finder for the conversation with one debtor.

    Args:
        name: of the debtor; its parts are found too, in any case.
        currency: of the debt; says in which countries numbers without a country code are looked for.
    """
    names = Names(plain(name))

    def looked_for(text: str) -> list[Found]:
        taken = bytearray(len(text))
        found: list[Found] = []
        for one in _candidates(text, names, currency):
            if one.start < one.end and not any(taken[one.start : one.end]):
                taken[one.start : one.end] = b"\1" * (one.end - one.start)
                if one.kind:
                    found.append(one)
        return sorted(found, key=lambda one: one.start)

    return remembered(looked_for, f"{name}\0{currency}")


def _candidates(text: str, names: Names, currency: str) -> Iterator[Found]:
    """The surest first; what a kind of "" stands on is a figure of the negotiation."""
    yield from links(text)
    yield from ibans(text)
    yield from cards(text)
    yield from whole("BIRTH DATE", _BORN, text)
    yield from whole("BIRTH DATE", _BORN_AFTER, text)
    yield from called_ids(text)
    yield from foreign_phones(text)
    yield from _figures(text, currency)
    yield from ids(text)
    yield from phones(text, currency)
    yield from long_numbers(text)
    yield from places(text)
    yield from names.find(text)


def _figures(text: str, currency: str) -> Iterator[Found]:
    """What must stay: dates, thousands in groups, and figures that say what they are of."""
    for pattern in (_DATES, _THOUSANDS):
        yield from (Found("", *match.span()) for match in pattern.finditer(text))
    for figure in stated_figures(text, currency):
        start, end = figure.span
        if not re.fullmatch(r"[\d\s.,]+", text[start:end]):
            yield Found("", start, end)
