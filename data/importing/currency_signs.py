"""The signs of currencies beside amounts: which mean a currency where it is used, and which currency a sign means."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.localedata import locale_identifiers
from babel.numbers import get_currency_symbol

SIGNS = {"€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₴": "UAH", "₫": "VND", "฿": "THB"}
"""Signs that stand for one currency alone, or almost."""
LIKELY = SIGNS | {
    "$": "USD", "¥": "CNY", "R": "ZAR", "R$": "BRL", "zł": "PLN", "Kč": "CZK", "Ft": "HUF", "S/": "PEN", "Fr.": "CHF",
}  # fmt: skip
"""Signs and the currency that they most often stand for."""
_NO_SIGN = re.compile(r"[\d\s.,'’()%+−-]+")


@functools.cache
def signs_of(currency: str) -> frozenset[str]:
    """How the places that use a currency (ISO 4217) write it, from CLDR: "R" and "ZAR" of ZAR; all in small letters."""
    places = {
        place
        for place, used in get_global("territory_currencies").items()
        if any(code == currency and last is None for code, _, last, _ in used)
    }
    tags = [tag for tag in locale_identifiers() if tag.rpartition("_")[2] in places]
    found = {symbol for tag in tags if (symbol := _symbol(currency, tag))}
    return frozenset(sign.casefold() for sign in (*found, currency))


def _symbol(currency: str, tag: str) -> str | None:
    try:
        return get_currency_symbol(currency, locale=Locale.parse(tag))
    except (UnknownLocaleError, ValueError):
        return None


def likely_currency(cells: Iterable[str]) -> tuple[str, str] | None:
    """The sign that stands beside these amounts, and the currency it most often means; None: they have none."""
    for cell in cells:
        sign = "".join(_NO_SIGN.sub(" ", cell).split())
        if re.fullmatch("[A-Z]{3}", sign):
            return sign, sign
        if sign in LIKELY:
            return sign, LIKELY[sign]
    return None
