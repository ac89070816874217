"""Numbers as people write them: digits, English words, Chinese numerals."""

from __future__ import annotations

import re
from decimal import Decimal

_FULL_WIDTH = str.maketrans("０１２３４５６７８９％．－：＝～", "0123456789%.-:=~")

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
_WORDS = {word: value for value, word in enumerate(f"{_ONES} seventeen eighteen nineteen".split())}
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS.update({word: 20 + 10 * i for i, word in enumerate(_TENS.split())})
_SCALES = {"hundred": 100, "thousand": 1000, "million": 1_000_000}

_CHINESE = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_CHINESE_SCALES = {"十": 10, "百": 100, "千": 1000}

_HAN = "零〇一二两三四五六七八九十百千"
_WORD = "|".join(sorted((*_WORDS, *_SCALES), key=len, reverse=True))
_START = "|".join(sorted(_WORDS, key=len, reverse=True))
DIGITS = r"(?:\d{1,3}(?:[,\u00a0\u202f ]\d{3}){1,6}(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?)"
"""A number in digits, thousands separated or not."""
NUMBER = rf"(?>{DIGITS}|\b(?:{_START})(?:[\s-]{{1,4}}(?:and\s{{1,4}})?(?:{_WORD})){{0,15}}\b|(?<![{_HAN}])[{_HAN}]+)"
"""Any number; `parse` reads it. Of words no number has more, and looking on from each of many would take for ever."""


def plain_digits(text: str) -> str:
    """`text` with full-width digits and signs as ordinary ones; the length, and so every span, is kept."""
    return text.translate(_FULL_WIDTH)


def parse(number: str) -> Decimal:
    """The value of something that `NUMBER` matched.

    Raises:
        ValueError: it is no number.
    """
    number = number.strip().lower()
    if number[0].isdecimal():  # of any script, as a pattern's \d
        return Decimal(re.sub(r"[,\s\u00a0\u202f]", "", number))
    if number[0].isascii():
        return Decimal(_english(re.findall(r"[a-z]+", number)))
    return Decimal(_chinese(number))


def _english(words: list[str]) -> int:
    total = group = 0
    for word in words:
        if word == "and":
            continue
        if word == "hundred":
            group = max(group, 1) * 100
        elif word in _SCALES:
            total, group = total + max(group, 1) * _SCALES[word], 0
        elif word in _WORDS:
            group += _WORDS[word]
        else:
            raise ValueError(f"{word!r} is no number")
    return total + group


def _chinese(number: str) -> int:
    if not set(number) & set(_CHINESE_SCALES):  # a row of digits: 八五
        return int("".join(str(_CHINESE[char]) for char in number))
    total, digit = 0, None
    for char in number:
        if char in _CHINESE_SCALES:
            total += (1 if digit is None else digit) * _CHINESE_SCALES[char]
            digit = None
        else:
            digit = _CHINESE[char]
    return total + (digit or 0)
