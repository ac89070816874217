"""Numbers as people write them: digits with any separators, multipliers, English, Spanish and Chinese words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

import cn2an
from price_parser import parse_price
from text_to_num import text2num

_ENGLISH = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fourty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "million",
]
_SPANISH = [
    "un",
    "una",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciseis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiun",
    "veintiuno",
    "veintidos",
    "veintitres",
    "veinticuatro",
    "veinticinco",
    "veintiseis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
    "treinta",
    "cuarenta",
    "cincuenta",
    "sesenta",
    "setenta",
    "ochenta",
    "noventa",
    "cien",
    "ciento",
    "doscientos",
    "doscientas",
    "trescientos",
    "trescientas",
    "cuatrocientos",
    "cuatrocientas",
    "quinientos",
    "quinientas",
    "seiscientos",
    "seiscientas",
    "setecientos",
    "setecientas",
    "ochocientos",
    "ochocientas",
    "novecientos",
    "novecientas",
    "mil",
    "millon",
    "millones",
]
_EN = "|".join(sorted(_ENGLISH, key=len, reverse=True))
_AS_HEARD = (("sc(?=[ei])", "(?:sc|[csz])"), ("c(?=[ei])", "[csz]"), ("z", "[zs]"), ("v", "[vb]"), ("qu", "(?:qu|k)"))
"""Letters of Spanish that sound alike and are written for each other: dosientos, beinte, quinse."""


def _heard(word: str) -> str:
    """A pattern of the spellings of a Spanish number that sound like it."""
    if word == "ciento":  # "siento" is "I feel"
        return word
    letters = "|".join(f"({written})" for written, _ in _AS_HEARD)
    return re.sub(letters, lambda match: _AS_HEARD[int(match.lastindex or 1) - 1][1], word)


_ES = "|".join(_heard(word) for word in sorted(_SPANISH, key=len, reverse=True))
_ENGLISH_TOO = "once|dies|do[sz]e"
"""Spellings of a Spanish number that are words of English, too: numbers only before what they count."""
_HAN = "零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟廿卅"
_HAN_BEFORE_A_MONTH = rf"[{_HAN}]*[百千万佰仟][一二两三四五六七八九]?(?=一个?(?:月|周|星期|礼拜|期|次))"
"""180 a month in 一百八一个月, where 一 begins what follows."""
_DIGITS = r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d.,])|\d+(?:[.,]\d+)*"
_NUMBER = re.compile(
    rf"(?P<han>(?:\d+(?:\.\d+)?(?=[十百千万亿拾佰仟]))?(?!百分之)(?:{_HAN_BEFORE_A_MONTH}|[{_HAN}]+\d*))"
    rf"|(?P<digits>{_DIGITS})(?:\s?(?P<scale>k|grand|thousand|hundred|lakhs?|lacs?|crores?|mil|lucas|millones|million|w)(?![a-z]))?"
    rf"|\b(?P<en>(?:an?\s)?(?:{_EN})(?:(?:[\s-]|\sand\s)(?:{_EN}))*)\b"
    rf"|\b(?P<es>(?!(?:{_ENGLISH_TOO})\b(?!\s(?:meses|cuotas|dias|mil|pagos|por|mensualidades|semanas|plazos)))(?:{_ES})(?:\s(?:y\s)?(?:{_ES}))*)\b"
    r"|\b(?P<dozen>(?:half an?|an?|media|una)\s(?:dozen|docena))\b"
)
_SCALES = {
    "hundred": 10**2, "k": 10**3, "grand": 10**3, "thousand": 10**3, "mil": 10**3, "lucas": 10**3, "w": 10**4, "lakh": 10**5, "lac": 10**5,
    "crore": 10**7, "million": 10**6, "millone": 10**6,
}  # fmt: skip
_GRAND = {"en": re.compile(r"\s(?:grand|g|k)\b"), "es": re.compile(r"\slucas?\b")}
"""A thousand, said after a number in words."""
_ADJACENT = re.compile(r"[一二两三四五六七八九]{2}")


_LONGEST_HAN = 16


@dataclass(frozen=True)
class WrittenNumber:
    """A number in `plain` text; `value` is None where it can be read in two ways or is none that we know."""

    span: tuple[int, int]
    value: Decimal | None
    spelt: bool
    """In words; a spelt "one" is often no number."""


def numbers(plain_text: str) -> list[WrittenNumber]:
    """All numbers of a `plain` text in order."""
    found = []
    for match in _NUMBER.finditer(plain_text):
        read = _read(match)
        end = match.end()
        spoken = _GRAND.get(str(match.lastgroup))
        if spoken and (grand := spoken.match(plain_text, end)) and read is not None:
            read, end = read * 1000, grand.end()
        found.append(WrittenNumber((match.start(), end), read, match["digits"] is None))
    return found


def _read(match: re.Match[str]) -> Decimal | None:
    if match["digits"]:
        value = written_digits(match["digits"])
        scale = match["scale"]
        return (
            value
            if value is None or not scale
            else value * _SCALES[scale if scale in _SCALES else scale.removesuffix("s")]
        )
    if match["han"]:
        return _chinese(match["han"])
    if match["dozen"]:
        return Decimal(6 if match["dozen"].startswith(("half", "media")) else 12)
    return _words(match["en"] or match["es"], "en" if match["en"] else "es")


@lru_cache(maxsize=1024)
def written_digits(digits: str) -> Decimal | None:
    """The value of digits with separators; None where no convention writes a number so."""
    groups = re.split(r"[.,\s]", digits)
    if len(digits) > 20:
        return None
    if len(groups) == 2 and len(groups[1]) == 3 and groups[0] in ("", "0"):
        return None
    if len(groups) == 2 and len(groups[1]) > 3:
        return None
    if len(groups) > 2 and any(len(group) not in (2, 3) for group in groups[1:-1]):
        return None
    return parse_price(digits).amount


@lru_cache(maxsize=1024)
def _words(text: str, language: str) -> Decimal | None:
    text = re.sub(r"^an?\s", "one ", text).replace("-", " ").replace("fourty", "forty")
    if language == "es":
        text = " ".join(_spelt(word) for word in text.split())
        text = re.sub(r"^(?:una|uno)\b", "un", text)
        text = re.sub(r"\b(veinti|y )un$", r"\1uno", text)
        text = text.replace("veintidos", "veintidós").replace("veintitres", "veintitrés")
    try:
        return Decimal(int(text2num(text, language)))
    except (ValueError, OverflowError):
        return Decimal(1) if text in ("un", "one") else None


@lru_cache(maxsize=256)
def _spelt(heard: str) -> str:
    if heard in _SPANISH:
        return heard
    return next((word for word in _SPANISH if re.fullmatch(_heard(word), heard)), heard)


@lru_cache(maxsize=1024)
def _chinese(text: str) -> Decimal | None:
    if len(text) > _LONGEST_HAN:
        return None
    text = text.replace("廿", "二十").replace("卅", "三十").replace("两", "二")
    if _ADJACENT.search(text) and any(c in text for c in "十百千万亿"):
        return None  # 三五百, 一二十: a range
    if text in ("千万", "万一", "百", "千", "万", "亿"):
        return None  # 千万别, 万一: no numbers
    try:
        return Decimal(str(cn2an.cn2an(text, "smart")))
    except (ValueError, KeyError, IndexError):
        return None
