"""Money as people write it (decimal major units) and as the code counts it (integer minor units); never a float.

The number of decimals is the currency's minor-unit exponent (ISO 4217): 2 for most, 0 for yen, 3 for dinars.
"""

from __future__ import annotations

import re
from decimal import Decimal

MAX_MAJOR = 10**10
"""Amounts above this (ten thousand million major units) are taken for a slip; they also keep every sum inside int64."""

_DECIMALS = dict.fromkeys(re.findall(r"\w+", "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"), 0)
_DECIMALS |= dict.fromkeys(re.findall(r"\w+", "BHD IQD JOD KWD LYD OMR TND"), 3)

_PLAIN = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?|[+-]?\.[0-9]+", re.ASCII)
_NON_FINITE = re.compile(r"[+-]?(nan|snan|inf|infinity)", re.IGNORECASE)


class AmountError(ValueError):
    """Why a cell is not an amount; the text completes a sentence that has already named the cell."""


def minor_digits(currency: str) -> int:
    """Decimals of one major unit of `currency` (ISO 4217 code; 2 for codes not known here)."""
    return _DECIMALS.get(currency, 2)


def to_minor(text: str, currency: str) -> int:
    """Minor units of a decimal amount in major units ("1234.56" CNY -> 123456), exactly.

    Raises:
        AmountError: not a plain decimal, not finite, negative, absurdly large, or finer than the minor unit.
    """
    text = text.strip()
    if _NON_FINITE.fullmatch(text):
        raise AmountError("is not a finite amount; write a plain decimal number")
    if not _PLAIN.fullmatch(text):
        raise AmountError("is not an amount; write digits with a decimal point, such as 1234.50, and nothing else")
    return _scaled(Decimal(text), minor_digits(currency), currency)


def _scaled(amount: Decimal, digits: int, currency: str) -> int:
    if amount < 0:
        raise AmountError("is negative; amounts are 0 or more")
    if amount > MAX_MAJOR:
        raise AmountError(f"is absurdly large; amounts go up to {MAX_MAJOR}")
    minor = amount.scaleb(digits)
    if minor != minor.to_integral_value():
        raise AmountError(f"has more decimals than {currency} has minor units; it takes at most {digits}")
    return int(minor)


def to_major(minor: int, currency: str) -> Decimal:
    """The decimal amount in major units, with all the decimals of the currency (123450 CNY -> 1234.50)."""
    return Decimal(minor).scaleb(-minor_digits(currency))
