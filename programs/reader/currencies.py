"""Whether a sum was named in another currency than the debt's; "dollars" and "pesos" are of many countries."""

from __future__ import annotations

import re

_SIGNS = {
    "€": "EUR",
    "₹": "INR",
    "₦": "NGN",
    "₱": "PHP",
    "₩": "KRW",
    "r$": "BRL",
    "s/": "PEN",
    "us$": "USD",
    "hk$": "HKD",
}
_NAMES = {
    "euro": "EUR", "euros": "EUR", "rupees": "INR", "rupee": "INR", "yen": "JPY", "naira": "NGN", "reais": "BRL",
    "quid": "GBP", "rmb": "CNY", "人民币": "CNY", "美元": "USD", "美金": "USD", "欧元": "EUR", "英镑": "GBP",
    "港币": "HKD", "港纸": "HKD", "台币": "TWD", "日元": "JPY", "soles": "PEN", "zloty": "PLN", "quetzales": "GTQ",
}  # fmt: skip
CODES = frozenset(
    [
        "USD",
        "EUR",
        "GBP",
        "MXN",
        "COP",
        "CLP",
        "ARS",
        "PEN",
        "INR",
        "CNY",
        "JPY",
        "CHF",
        "BRL",
        "ZAR",
        "CAD",
        "AUD",
        "HKD",
        "TWD",
        "SGD",
        "MYR",
        "NGN",
        "KES",
        "PHP",
        "UYU",
        "DOP",
        "CRC",
        "GTQ",
        "PLN",
        "SEK",
        "NOK",
        "DKK",
    ]
)
_WORD = re.compile(r"[a-z]{2,}\$|[a-z]{3,}|[€₹₦₱₩]|r\$|s/|人民币|[美欧日港台]元|美金|英镑|港币|港纸|台币")


def other_currency(figure: str, currency: str) -> str:
    """The ISO code of the currency that a figure in `plain` text names, "" where it is the debt's or not said."""
    for word in _WORD.findall(figure):
        code = _SIGNS.get(word) or _NAMES.get(word) or (word.upper() if word.upper() in CODES else "")
        if code and code != currency:
            return code
    return ""
