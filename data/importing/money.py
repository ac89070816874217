"""Numbers and amounts as tapes write them: with currency signs, thousands, decimal commas, per cent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

from price_parser import Price

from data.importing.currency_signs import LIKELY, SIGNS, signs_of

DecimalMark = Literal[".", ","]

_PLAIN = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)
_MIXED = re.compile(r"[0-9]([.,\s'’])[0-9]{3}(?!\1)([.,])[0-9]+")
_COMMA = re.compile(r"[0-9],([0-9]{1,2}|[0-9]{4,})(?![0-9])")
_POINT = re.compile(r"[0-9]\.([0-9]{1,2}|[0-9]{4,})(?![0-9])")
_GROUPED = re.compile(r"[0-9]{1,3}(\.[0-9]{3}){2,}")
_WHOLE = re.compile(r"[+-]?[0-9]+\.0{1,2}", re.ASCII)
"""A whole number as pandas writes those of a column with gaps, whatever the decimal mark of the file."""
_THOUSANDS = re.compile(r"[0-9]+|[0-9]{1,3}([.,\s])([0-9]{2,3}\1)*[0-9]{3}")
"""Digits before the decimals, in groups of three, or of two as in India; one separator throughout."""
_MOST_DIGITS = 30
_UNITS = frozenset({"months", "month", "days", "day", "years", "year"})


def decimal_mark(cells: Iterable[str]) -> DecimalMark:
    """Which mark stands before the decimals of these numbers: a comma only where one does, and no point does."""
    commas = points = 0
    for cell in cells:
        text = cell.strip()
        if mixed := _MIXED.search(text):
            commas, points = commas + (mixed[2] == ","), points + (mixed[2] == ".")
        else:
            commas += bool(_COMMA.search(text)) or bool(_GROUPED.fullmatch(text))
            points += bool(_POINT.search(text))
    return "," if commas > points else "."


def number(text: str, mark: DecimalMark = ".", currency: str = "") -> Decimal:
    """The number that a cell holds.

    Args:
        text: such as "1234.5", "$60,000.00", "(1.200,00 €)" (in brackets: negative), " 36 months", "10.65%".
        mark: what stands before the decimals.
        currency: ISO 4217 code; another one in the cell is a fault. "": any.

    Raises:
        ValueError: it holds no number, or more than one; the text completes a sentence that has named the cell.
    """
    text = text.strip()
    if (_PLAIN.fullmatch(text) and mark == ".") or _WHOLE.fullmatch(text):
        return _bounded(Decimal(text))
    inside = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    plain = re.sub(r"(?<=[0-9])['’\u00a0\u202f](?=[0-9]{3})", "", inside).strip(" %")
    price = Price.fromstring(plain, decimal_separator=mark)
    rest = plain.replace(price.amount_text or "", "", 1).strip()
    if price.amount is None or not price.amount_text or re.search(r"[0-9]", rest):
        raise ValueError(f"is not a number; write digits{_example(mark)}")
    _check_groups(price.amount_text, mark)
    _check_words(rest, price.currency or "", currency, mark)
    negative = inside != text or rest.lstrip().startswith(("-", "−")) or rest.endswith("-")
    return _bounded(-price.amount if negative else price.amount)


def _example(mark: DecimalMark) -> str:
    example = "1234.50" if mark == "." else "1234,50"
    return f' such as {example}, or give decimal = "{"," if mark == "." else "."}" in the map'


def _check_groups(written: str, mark: DecimalMark) -> None:
    """1.234,56 is no number where the point is the decimal mark, and neither is 64.5 where it parts thousands."""
    whole, _, decimals = written.partition(mark)
    if not _THOUSANDS.fullmatch(whole or "0") or not re.fullmatch("[0-9]*", decimals):
        raise ValueError(f"is not a number with {mark!r} before its decimals; write digits{_example(mark)}")


def _check_words(rest: str, sign: str, currency: str, mark: DecimalMark) -> None:
    named = SIGNS.get(sign) or (sign.upper() if re.fullmatch(r"[A-Za-z]{3}", sign) else "")
    if currency and named and named != currency:
        raise ValueError(f"is in {named}, and the map says {currency}; correct one of them")
    left = rest.replace(sign, "").strip(" .+-−%$¥")
    known = left.casefold() in signs_of(currency) if currency else left in LIKELY
    if left and left.lower() not in _UNITS and not known:
        raise ValueError(f"is not a number; write digits{_example(mark)}, without {left!r}")


def _bounded(value: Decimal) -> Decimal:
    if not value.is_finite() or value.adjusted() > _MOST_DIGITS:
        raise ValueError("is not a finite number; write digits")
    return value
