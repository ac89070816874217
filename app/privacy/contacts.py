"""Where somebody can be reached: e-mail and web addresses, telephones, streets, accounts of other services."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from linkify_it import LinkifyIt
from phonenumbers import Leniency, PhoneNumberMatcher

from app.privacy.found import Found, found, whole

REGIONS: dict[str, tuple[str, ...]] = {
    "AED": ("AE",), "ARS": ("AR",), "AUD": ("AU",), "BRL": ("BR",), "CAD": ("CA",), "CHF": ("CH",), "CLP": ("CL",),
    "CNY": ("CN",), "COP": ("CO",), "CZK": ("CZ",), "DKK": ("DK",), "GBP": ("GB",), "HKD": ("HK",), "HUF": ("HU",),
    "IDR": ("ID",), "ILS": ("IL",), "INR": ("IN",), "JPY": ("JP",), "KRW": ("KR",), "MXN": ("MX",), "MYR": ("MY",),
    "NOK": ("NO",), "NZD": ("NZ",), "PEN": ("PE",), "PHP": ("PH",), "PLN": ("PL",), "RON": ("RO",), "SEK": ("SE",),
    "SGD": ("SG",), "THB": ("TH",), "TRY": ("TR",), "TWD": ("TW",), "USD": ("US",), "VND": ("VN",), "ZAR": ("ZA",),
    "EUR": ("AT", "BE", "DE", "ES", "FI", "FR", "GR", "IE", "IT", "NL", "PT"),
}  # fmt: skip
"""Where a debt in a currency is owed, for telephone numbers without a country code; elsewhere only those with one."""
REACH = 40
"""Characters before a number in which it may be called one to dial."""

_BOX, _HOST = r"(?<![\w.+-])[\w.+-]{1,64}", r"[\w-]{1,63}"
_AT = r"(?: ?@ ?| ?[\[({<] ?(?:at|arroba|@) ?[\])}>] ?| (?:at|arroba) )"
_DOT = r"(?: ?[.,] ?| ?[\[({<] ?(?:dot|punto|punkt|point|\.) ?[\])}>] ?| (?:dot|punto|punkt|point) )"
_MAILERS = "gmail|googlemail|yahoo|hotmail|outlook|icloud|aol|proton(?:mail)?|gmx|qq|163|126|live|msn|ymail|comcast"
_EMAIL = re.compile(
    rf"{_BOX} ?@ ?{_HOST}(?:{_DOT}[\w-]{{2,63}}){{1,4}}\b"
    rf"|{_BOX} ?[\[({{<] ?(?:at|arroba|@) ?[\])}}>] ?{_HOST}(?:{_DOT}[\w-]{{2,63}}){{0,4}}\b"
    rf"|{_BOX}(?: dot [\w-]{{1,40}}){{0,2}} (?:at|arroba) {_HOST}(?: (?:dot|punto|punkt|point) [a-z]{{2,24}}){{1,3}}\b"
    rf"|{_BOX}{_AT}(?:{_MAILERS})\b(?:{_DOT}[a-z]{{2,4}}\b)?"
    rf"|{_BOX}@{_HOST}\b",
    re.IGNORECASE,
)
_PHONE_CUE = re.compile(
    r"(?:\b(?:call|phone|tel|telephone|mobile|cell|text|sms|reach|ring|fax|whatsapp|number|llame|llamar|tel[eé]fono|celular)\b"
    r"|电话|手机|号码|致电)[^\d\n]{0,20}$",
    re.IGNORECASE,
)
_LOCAL = re.compile(r"(?<![\d.,$€£¥])\d{3}[ .-]?\d{4}(?![\d%]|[.,-]\d)")
_GROUPED = re.compile(
    r"(?<![\d.,])(?:(?:\+|00)\d{1,3}[ ./-]{0,3})?(?:\(\d{1,4}\)[ ./-]{0,3}|0?\d{2,4} ?[./-] ?)"
    r"\d{2,4}(?:[ ./-]{1,3}\d{2,4}){1,3}(?!\d)"
)
"""Groups of two to four digits with marks between them, which no amount has; a date or thousands are found before."""
_ABROAD = re.compile(r"(?<![\d.,\w])(?:\+|00)[ ]?[1-9]\d{0,2}(?:[ ()./-]{0,3}\d){6,12}(?!\d)")
_STREETS = (
    "street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd|court|ct|place|pl|square|sq|terrace|close|crescent"
    "|way|gardens|grove|mews|parkway|pkwy|highway|hwy|row"
)
_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
_ADDRESS = re.compile(
    rf"\b\d{{1,5}}[A-Za-z]?,?\s(?:[NSEW]\.?\s)?(?:[A-Z0-9][\w'-]{{0,30}}\s){{1,3}}(?i:{_STREETS})\b\.?"
    r"(?:,?\s(?i:apt|apartment|flat|unit|suite|ste)\.?\s?#?\w{1,5})?"
    r"|\b\d{1,5}\s(?!(?:months?|days?|weeks?|years?|payments?|more|or|and)\b)(?:[a-z]{3,20}\s){1,2}"
    r"(?:street|road|avenue|ave|boulevard|blvd|lane|terrace|crescent)\b"
    r"|\b[A-Z][\w-]{0,40}?(?:straße|strasse|str\.|weg|platz|allee|gasse)\s\d{1,4}[a-z]?\b"
    r"|\b(?i:rue|avenue|boulevard|via|calle|plaza|avenida|av\.|paseo|c/)\s?(?:[A-Za-zÀ-ÿ'-]{1,30},?\s){1,4}(?i:n[.ºo°]{0,2}\s?)?\d{1,4}\b"
    r"|\b\d{1,4},?\s(?:rue|avenue|boulevard)\s[A-Za-zÀ-ÿ' -]{3,30}\b"
    r"|\b(?i:p\.?\s?o\.?\s?box)\s?#?\d{1,7}\b"
    rf"|\b(?:[A-Z][a-z]{{1,20}},?\s){{0,2}}(?:{_STATES}),?\s\d{{5}}(?:-\d{{4}})?\b"
    r"|\b(?i:[A-Z]{1,2}\d[A-Z\d]?\s\d[ABD-HJLNP-UW-Z]{2})\b"
    r"|[\u4e00-\u9fff]{1,12}(?:路|街|巷|弄|大道)\s?\d{1,5}\s?号(?:\s?[\d\w\u4e00-\u9fff-]{0,8}(?:室|栋|楼|单元)){0,4}"
)
_HANDLE = re.compile(r"(?<![\w.])@[A-Za-z_][\w.]{2,30}")
_ACCOUNT = re.compile(
    r"(?:\b(?:wechat|weixin|whatsapp|telegram|signal|instagram|insta|facebook|skype|snapchat|line id|qq)\b"
    r"(?: id| name)?(?: is)?\s?[:=]?\s?(?=[\w.-]{0,30}[\d_.-])|(?:微信号?|QQ号?)(?:是|为)?\s?[::]?\s?)"
    r"(?P<it>[\w.-]{4,30})",
    re.IGNORECASE | re.ASCII,
)


def links(text: str) -> Iterator[Found]:
    """E-mail addresses, however they are spelt, and web addresses."""
    for match in _linkify().match(text) or ():
        if match.schema == "mailto:":
            yield found("EMAIL", text, match.index, match.last_index)
        elif match.schema or match.raw.lower().startswith("www.") or "/" in match.raw:
            yield found("LINK", text, match.index, match.last_index)
    yield from whole("EMAIL", _EMAIL, text)


@lru_cache(maxsize=1)
def _linkify() -> Any:
    return LinkifyIt()


def foreign_phones(text: str) -> Iterator[Found]:
    """Telephone numbers that begin with a country code, which nothing else does, with any marks in them."""
    yield from whole("PHONE", _ABROAD, text)


def phones(text: str, currency: str) -> Iterator[Found]:
    """Telephone numbers: with a country code anywhere, without one those of the currency's countries."""
    for match in PhoneNumberMatcher(text, None, leniency=Leniency.POSSIBLE):
        yield found("PHONE", text, match.start, match.end)
    for region in REGIONS.get(currency, ()):
        for match in PhoneNumberMatcher(text, region, leniency=Leniency.VALID):
            if _dialled(text, match.start, match.raw_string):
                yield found("PHONE", text, match.start, match.end)
    for one in whole("PHONE", _GROUPED, text):
        if 9 <= sum(map(str.isdigit, text[one.start : one.end])) <= 15:
            yield one
    yield from (one for one in whole("PHONE", _LOCAL, text) if _called(text, one.start))


def _dialled(text: str, start: int, number: str) -> bool:
    """Whether a number that could be dialled is no amount: long, begun as none is, or spoken of as a number to call."""
    long = sum(character.isdigit() for character in number) >= 10
    return long or number[0] in "+(0" or _called(text, start)


def _called(text: str, start: int) -> bool:
    return _PHONE_CUE.search(text[max(0, start - REACH) : start]) is not None


def places(text: str) -> Iterator[Found]:
    """Addresses in their usual forms, and names in other services."""
    yield from whole("ADDRESS", _ADDRESS, text)
    yield from whole("HANDLE", _ACCOUNT, text)
    yield from whole("HANDLE", _HANDLE, text)
