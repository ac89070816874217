"""Amounts, shares and dates as the language that is spoken writes them (CLDR, by Babel).

English keeps this project's own writing of amounts, "CNY 12,345.67", in which every test and record is.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from babel.dates import format_datetime, format_skeleton
from babel.numbers import format_currency, format_decimal, format_percent

from wording.spoken import language_spoken
from wording.tags import SOURCE, catalogue_tag, locale_of

_CODE_AND_FIGURE = re.compile(r"(?<=[A-Z]{3})(?=\d)|(?<=\d)(?=[A-Z]{3})")
"""Where CLDR wants a space and Babel sets none: between a currency's code and the figure."""
_NO_BREAK_SPACE = "\u00a0"


def in_english() -> bool:
    """Whether what is written now is English."""
    return catalogue_tag(language_spoken()) in (None, SOURCE)


def money_text(amount_minor: int, currency: str, digits: int, *, short: bool = False) -> str:
    """`1234567, "CNY", 2` as `CNY 12,345.67`, `12.345,67 CNY`, `¥12,345.67`.

    Args:
        amount_minor: minor units.
        currency: ISO 4217 code.
        digits: how many decimals the currency has.
        short: without decimals where they are all zero.
    """
    bare = short and amount_minor % 10**digits == 0
    if in_english():
        whole, rest = divmod(amount_minor, 10**digits)
        return f"{currency} {whole:,}" + (f".{rest:0{digits}d}" if digits and not bare else "")
    locale, shown = locale_of(language_spoken()), 0 if bare else digits
    pattern = locale.currency_formats["standard"].pattern.replace("0.00", "0." + "0" * shown if shown else "0")
    amount = Decimal(amount_minor).scaleb(-digits)
    written = format_currency(amount, currency, pattern, locale=locale, currency_digits=False)
    return _CODE_AND_FIGURE.sub(_NO_BREAK_SPACE, written)


def share_text(percent: float) -> str:
    """`12.5` as `12.5%`, `12,5 %`."""
    if in_english():
        return f"{percent:g}%"
    share = Decimal(f"{percent:g}") / 100
    return format_percent(share, locale=locale_of(language_spoken()), decimal_quantization=False)


def date_text(day: date, *, year: bool = True) -> str:
    """`26 November 2026`, `26 de noviembre de 2026`, `2026年11月26日`."""
    return format_skeleton("yMMMMd" if year else "MMMMd", day, locale=locale_of(language_spoken()))


def number_text(value: float) -> str:
    """`12.5` as `12.5`, `12,5`."""
    return f"{value:g}" if in_english() else format_decimal(Decimal(f"{value:g}"), locale=locale_of(language_spoken()))


def weekday_and_time_text(moment: datetime) -> str:
    """`Thursday 21:30`, `jueves, 21:30`, in the moment's own zone."""
    return format_datetime(moment, "EEEE HH:mm", tzinfo=moment.tzinfo, locale=locale_of(language_spoken()))
