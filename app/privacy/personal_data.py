"""Where personal data stands in a text: found by rules, and by the libraries that know the formats.

Figures of a negotiation are no personal data and are left alone: amounts with a currency, percentages, months, dates.
What no rule can know is not found: names of other people, an address or an account in unusual words.
"""

from __future__ import annotations

import calendar
import importlib
import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from linkify_it import LinkifyIt
from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import iban, luhn

from metrics.talk.stated import stated_figures
from plumbing.plain_text import normalised

KINDS = ("NAME", "EMAIL", "LINK", "IBAN", "CARD", "ID", "PHONE", "NUMBER", "BIRTH DATE", "ADDRESS", "HANDLE")
"""What is told apart, as placeholders name it."""


@dataclass(frozen=True)
class Found:
    """A piece of personal data."""

    kind: str
    start: int
    end: int
    name_of: str = ""
    """Differently written forms of one thing share it."""


Finder = Callable[[str], list[Found]]
"""Personal data of a text in the order of reading, without overlaps; the text is a `plain` one."""

REGIONS: dict[str, tuple[str, ...]] = {
    "AUD": ("AU",), "CAD": ("CA",), "CHF": ("CH",), "CNY": ("CN",), "DKK": ("DK",), "GBP": ("GB",), "HKD": ("HK",),
    "INR": ("IN",), "JPY": ("JP",), "NOK": ("NO",), "SEK": ("SE",), "SGD": ("SG",), "TWD": ("TW",), "USD": ("US",),
    "EUR": ("AT", "BE", "DE", "ES", "FI", "FR", "GR", "IE", "IT", "NL", "PT"),
}  # fmt: skip
"""Where a debt in a currency is owed, for telephone numbers without a country code; elsewhere only those with one."""
ID_NUMBERS = (
    "at.vnr", "be.nn", "ca.sin", "ch.ssn", "cn.ric", "de.idnr", "dk.cpr", "es.dni", "es.nie", "fi.hetu", "fr.nir",
    "gb.nhs", "ie.pps", "in_.aadhaar", "in_.pan", "it.codicefiscale", "nl.bsn", "no.fodselsnummer", "pt.cc",
    "se.personnummer", "us.itin", "us.ssn",
)  # fmt: skip
"""Modules of python-stdnum for numbers that name a person."""
FEWEST_ID_DIGITS = 9
FEWEST_WITH_LETTERS = 4
LONGEST_CHARS = 42
"""Of an IBAN, the longest of these numbers, in groups of four; also bounds what a hostile message can cost."""

_MONTH = "|".join(name for name in (*calendar.month_name, *calendar.month_abbr) if name)
_DATE = (
    r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|\d{4}年\s?\d{1,2}月\s?\d{1,2}[日号]"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?\.?\s(?:of\s)?(?:{_MONTH})\.?,?\s\d{{4}}"
    rf"|(?:{_MONTH})\.?\s\d{{1,2}}(?:st|nd|rd|th)?,?\s\d{{4}})"
)
_DATES = re.compile(rf"(?<!\d){_DATE}(?!\d)", re.IGNORECASE)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:[,.']\d{3})+(?:[.,]\d{1,2})?(?![\d])")
_BORN = re.compile(
    rf"(?:\b(?:born|birth(?:day|date)?|d\.?o\.?b\.?)\b[^\d\n]{{0,20}}?|生日|出生[^\d\n]{{0,8}})(?P<it>(?<!\d){_DATE})"
    rf"|(?P<zh>{_DATE})\s?(?:出生|生人)",
    re.IGNORECASE,
)
_CARD = re.compile(r"(?<![\d.,])[2-6]\d(?:[ -]?\d){11,17}(?!\d)")
_LONG_NUMBER = re.compile(r"(?<![\d.,+])\d(?:-?\d){9,}(?!\d)")
_TOKEN = r"[A-Za-z0-9]+(?:[./-][A-Za-z0-9]+)*"
_ID = re.compile(rf"(?<!\w)(?=[A-Za-z]{{0,6}}\d){_TOKEN}(?: (?=[A-Za-z]{{0,4}}\d){_TOKEN}){{0,7}}(?!\w)")
_NINO = re.compile(r"\b[A-CEGHJ-PR-TW-Z]{2}\s?(?:\d{2}\s?){3}[A-D]\b", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", re.IGNORECASE)
_STREETS = (
    "street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|sq|terrace|close|crescent"
    "|way|gardens|grove|mews|parkway|highway|row"
)
_ADDRESS = re.compile(
    rf"\b\d{{1,5}}[A-Za-z]?,?\s(?:[A-Z][\w'-]*\s){{1,3}}(?i:{_STREETS})\b\.?"
    r"(?:,?\s(?i:apt|apartment|flat|unit|suite)\.?\s?#?\w{1,5})?"
    r"|\b[A-Z][\w-]*(?:straße|strasse|str\.|weg|platz|allee|gasse)\s\d{1,4}[a-z]?\b"
    r"|\b(?:rue|avenue|boulevard|via|calle|plaza)\s(?:[A-Za-zÀ-ÿ'-]+\s){1,4}\d{1,4}\b"
    r"|\b\d{1,4},?\s(?:rue|avenue|boulevard)\s[A-Za-zÀ-ÿ' -]{3,30}\b"
    r"|[\u4e00-\u9fff]{1,12}(?:路|街|巷|弄|大道)\s?\d{1,5}\s?号(?:\s?[\d\w\u4e00-\u9fff-]{0,8}(?:室|栋|楼|单元))*"
)
_HANDLE = re.compile(r"(?<![\w.])@[A-Za-z_][\w.]{2,30}")
_ACCOUNT = re.compile(
    r"\b(?:wechat|weixin|whatsapp|telegram|signal|instagram|facebook|skype|line id|qq)\b(?: id| name)?(?: is)?"
    r"\s?[:=]?\s?(?P<it>(?=[\w.-]*[\d_.-])[\w.-]{4,30})|(?:微信号?|QQ号?)(?:是|为)?\s?[::]?\s?(?P<zh>[\w.-]{5,30})",
    re.IGNORECASE | re.ASCII,
)
_PHONE_CUE = re.compile(
    r"(?:\b(?:call|phone|tel|telephone|mobile|cell|text|sms|reach|ring|fax|whatsapp|number)\b|电话|手机|号码|致电)"
    r"[^\d\n]{0,20}$",
    re.IGNORECASE,
)
_CALENDAR = (*calendar.month_name, *calendar.month_abbr, *calendar.day_name)
_NO_NAME = {name.casefold() for name in (*_CALENDAR, "will", "mark", "bill", "rich", "grant", "price", "cash", "sum")}
"""Words of negotiations that are names too: alone they are no name, since hiding them would hide what is said."""
_HAN = re.compile(r"[\u4e00-\u9fff]")


def plain(text: str) -> str:
    """`text` in one form of letters and the digits 0 to 9, without invisible characters, which could hide a thing."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in normalised(text))


def finder(name: str, currency: str) -> Finder:
    """A finder for the conversation with one debtor.

    Args:
        name: of the debtor; its parts are found too, in any case.
        currency: of the debt; says in which countries numbers without a country code are looked for.
    """
    names = _name_pattern(name)

    def find(text: str) -> list[Found]:
        taken: list[tuple[int, int]] = []
        found: list[Found] = []
        for one in _candidates(text, names, currency):
            if all(one.end <= start or end <= one.start for start, end in taken):
                taken.append((one.start, one.end))
                if one.kind:
                    found.append(one)
        return sorted(found, key=lambda one: one.start)

    return find


def _candidates(text: str, names: re.Pattern[str] | None, currency: str) -> Iterator[Found]:
    """The surest first; what a kind of "" stands on is a figure of the negotiation."""
    yield from _links(text)
    yield from _ibans(text)
    yield from _cards(text)
    yield from _named("BIRTH DATE", _BORN, text)
    yield from _figures(text, currency)
    yield from _named("ID", _NINO, text)
    yield from _ids(text)
    yield from _phones(text, currency)
    yield from _whole("NUMBER", _LONG_NUMBER, text)
    yield from _whole("ADDRESS", _ADDRESS, text)
    yield from _named("HANDLE", _ACCOUNT, text)
    yield from _whole("HANDLE", _HANDLE, text)
    if names is not None:
        yield from (Found("NAME", *match.span(), name_of="NAME") for match in names.finditer(text))


def _links(text: str) -> Iterator[Found]:
    for match in _linkify().match(text) or ():
        if match.schema == "mailto:":
            yield _found("EMAIL", text, match.index, match.last_index)
        elif match.schema or match.raw.lower().startswith("www.") or "/" in match.raw:
            yield _found("LINK", text, match.index, match.last_index)


@lru_cache(maxsize=1)
def _linkify() -> Any:
    return LinkifyIt()


def _ibans(text: str) -> Iterator[Found]:
    for match in _IBAN.finditer(text):
        if (end := _longest(text, match, iban.is_valid)) is not None:
            yield _found("IBAN", text, match.start(), end)


def _longest(text: str, match: re.Match[str], valid: Callable[[str], bool]) -> int | None:
    """Where the longest valid beginning of a match ends; a match may run on into the words behind it."""
    last = min(match.end(), match.start() + LONGEST_CHARS)
    ends = (end for end in range(last, match.start(), -1) if not text[end : end + 1].isalnum())
    return next((end for end in ends if text[end - 1].isalnum() and valid(text[match.start() : end])), None)


def _cards(text: str) -> Iterator[Found]:
    for match in _CARD.finditer(text):
        if luhn.is_valid(re.sub(r"\D", "", match.group())):
            yield _found("CARD", text, *match.span())


def _figures(text: str, currency: str) -> Iterator[Found]:
    """What must stay: dates, thousands in groups, and figures that say what they are of."""
    for pattern in (_DATES, _THOUSANDS):
        yield from (Found("", *match.span()) for match in pattern.finditer(text))
    for figure in stated_figures(text, currency):
        start, end = figure.span
        if not re.fullmatch(r"[\d\s.,]+", text[start:end]):
            yield Found("", start, end)


def _ids(text: str) -> Iterator[Found]:
    for match in _ID.finditer(text):
        if (end := _longest(text, match, _is_id)) is not None:
            yield _found("ID", text, match.start(), end)


def _is_id(number: str) -> bool:
    """Whether a number names a person somewhere; fewer than nine digits without a letter may be an amount."""
    digits = sum(character.isdigit() for character in number)
    if digits < FEWEST_ID_DIGITS and (digits < FEWEST_WITH_LETTERS or not any(map(str.isalpha, number))):
        return False
    return any(module.is_valid(number) for module in _id_modules())


@lru_cache(maxsize=1)
def _id_modules() -> tuple[Any, ...]:
    return tuple(importlib.import_module(f"stdnum.{name}") for name in ID_NUMBERS)


def _phones(text: str, currency: str) -> Iterator[Found]:
    for match in PhoneNumberMatcher(text, None, leniency=Leniency.POSSIBLE):
        yield _found("PHONE", text, match.start, match.end)
    for region in REGIONS.get(currency, ()):
        for match in PhoneNumberMatcher(text, region, leniency=Leniency.VALID):
            if _dialled(text, match.start, match.raw_string):
                yield _found("PHONE", text, match.start, match.end)


def _dialled(text: str, start: int, number: str) -> bool:
    """Whether a number that could be dialled is no amount: long, begun as none is, or spoken of as a number to call."""
    long = sum(character.isdigit() for character in number) >= 10
    return long or number[0] in "+(0" or _PHONE_CUE.search(text[max(0, start - 40) : start]) is not None


def _whole(kind: str, pattern: re.Pattern[str], text: str) -> Iterator[Found]:
    return (_found(kind, text, *match.span()) for match in pattern.finditer(text))


def _named(kind: str, pattern: re.Pattern[str], text: str) -> Iterator[Found]:
    """As `_whole`, of the group that matched where the pattern has any."""
    for match in pattern.finditer(text):
        group = match.lastgroup or 0
        yield _found(kind, text, *match.span(group))


def _found(kind: str, text: str, start: int, end: int) -> Found:
    return Found(kind, start, end, re.sub(r"[\W_]", "", text[start:end]).casefold() or text[start:end])


def _name_pattern(name: str) -> re.Pattern[str] | None:
    """The name, as a run of at most its own number of parts, and each part; None for a nameless debtor."""
    parts = [part for part in re.split(r"[\s,.]+", plain(name)) if len(part) > 1]
    more = len(parts) - 1
    parts += [part[1:] for part in parts if len(part) > 2 and _HAN.search(part)]  # the given name
    parts += [bare for part in parts if (bare := _without_accents(part)) != part]
    ordered = sorted(set(parts), key=len, reverse=True)
    if not ordered:
        return None
    alone = [_bounded(part) for part in ordered if part.casefold() not in _NO_NAME]
    run = "|".join(map(_bounded, ordered))
    gap = r"[\s,.'’-]{1,3}"
    whole = [rf"(?:{run})(?:{gap}(?:{run})){{1,{more}}}"] if more > 0 else []
    return re.compile("|".join([*whole, *alone]), re.IGNORECASE) if whole or alone else None


def _bounded(part: str) -> str:
    return re.escape(part) if _HAN.search(part) else rf"(?<!\w){re.escape(part)}(?!\w)"


def _without_accents(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
