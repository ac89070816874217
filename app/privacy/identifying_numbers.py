"""Numbers that name a person or an account: cards, IBANs, national numbers, and long ones of any kind."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from stdnum import iban, luhn

from app.privacy.found import Found, found, longest, whole

ID_NUMBERS = (
    "at.vnr", "be.nn", "ca.sin", "ch.ssn", "cn.ric", "de.idnr", "dk.cpr", "es.dni", "es.nie", "fi.hetu", "fr.nir",
    "gb.nhs", "ie.pps", "in_.aadhaar", "in_.pan", "it.codicefiscale", "nl.bsn", "no.fodselsnummer", "pt.cc",
    "se.personnummer", "us.itin", "us.ssn",
)  # fmt: skip
"""Modules of python-stdnum for numbers that name a person."""
FEWEST_ID_DIGITS = 9
FEWEST_WITH_LETTERS = 4
FEWEST_IBAN_DIGITS = 10

_GAP = r"[ ./_-]{0,3}"
_CARD = re.compile(rf"(?<![\d.,])[2-6]\d(?:{_GAP}\d){{11,17}}(?!\d)")
_IN_FOURS = re.compile(
    r"(?<![\d.,])\d{4}([ ./_-]{1,3})\d{4}\1\d{4}\1\d{1,4}(?!\d)|(?<![\d.,])3\d{3}([ .-])\d{6}\2\d{5}(?!\d)"
)
"""What is written as a card is one, even with a digit that is wrong."""
_SPACED = re.compile(r"(?<![\d.,])\d(?:([ .-])\d)(?:\1\d){7,}(?!\d)")
"""2 0 2 5 5 5 0 1 2 3"""
_LONG = re.compile(r"(?<![\d.,+])\d(?:-?\d){9,}(?!\d)")
_TOKEN = r"[A-Za-z0-9]{1,40}(?:[./-][A-Za-z0-9]{1,40}){0,12}"
_ID = re.compile(rf"(?<!\w)(?=[A-Za-z]{{0,6}}\d){_TOKEN}(?: (?=[A-Za-z]{{0,4}}\d){_TOKEN}){{0,7}}(?!\w)")
_NINO = re.compile(r"\b[A-Z]{2}[\s.-]?(?:\d{2}[\s.-]?){3}[A-D]\b", re.IGNORECASE)
_SSN = re.compile(r"(?<![\d-])\d{3}([ .-])\d{2}\1\d{4}(?![\d-])")
_IBAN = re.compile(r"\b[A-Z]{2}[ .-]?\d{2}(?:[ .-]{0,2}[A-Z0-9]){11,30}\b", re.IGNORECASE)
_CALLED = re.compile(
    r"(?:\b(?:account|acct?|a/c|passport|licen[cs]e|policy|ssn|social security|nhs|national insurance|tax id"
    r"|routing|sort(?: code)?"
    r"|cuenta|pasaporte|dni|curp|rfc|kontonummer|customer|reference|ref)\b\.?|护照|身份证|账号|帐号|卡号|账户)"
    r"\s?(?:(?:no|num|number|nr|id|code|n[uú]mero|号码?)\b\.?)?\s?(?:#|:|=|is|es|是|为)?\s?"
    r"(?P<it>(?=[\w-]{0,12}\d)[A-Za-z]{0,6}\d[A-Za-z0-9]{0,3}(?:[ -]?[A-Za-z]{0,2}\d[A-Za-z0-9]{0,3}){1,12})"
    r"(?!\w|[.,]\d|\s?(?:%|dollars?|euros?|pounds?|yuan|usd|eur|gbp|cny|months?|days?|instal))",
    re.IGNORECASE,
)
_SECURITY = re.compile(r"\b(?:cvv2?|cvc2?|security code|pin(?: code)?)\b\D{0,10}?(?P<it>\d{3,6})(?!\d)", re.IGNORECASE)


def cards(text: str) -> Iterator[Found]:
    """Numbers of payment cards, with whatever stands between their digits."""
    for match in _CARD.finditer(text):
        if (end := longest(text, match, _is_card)) is not None:
            yield found("CARD", text, match.start(), end)
    yield from whole("CARD", _IN_FOURS, text)
    yield from whole("NUMBER", _SECURITY, text)


def _is_card(number: str) -> bool:
    digits = re.sub(r"\D", "", number)
    return len(digits) >= 13 and bool(luhn.is_valid(digits))


def ibans(text: str) -> Iterator[Found]:
    """Bank accounts in their international form; one with a wrong digit too, where its length is its country's."""
    for match in _IBAN.finditer(text):
        end = longest(text, match, iban.is_valid) or longest(text, match, _is_like_an_iban)
        if end is not None:
            yield found("IBAN", text, match.start(), end)


def _is_like_an_iban(number: str) -> bool:
    plain = re.sub(r"[ .-]", "", number).upper()
    return len(plain) == _LENGTHS.get(plain[:2]) and sum(map(str.isdigit, plain)) >= FEWEST_IBAN_DIGITS


_LENGTHS = {
    "AT": 20, "BE": 16, "CH": 21, "DE": 22, "DK": 18, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "IE": 22,
    "IT": 27, "LU": 20, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "SE": 24,
}  # fmt: skip


def ids(text: str) -> Iterator[Found]:
    """National numbers that are valid somewhere."""
    for match in _ID.finditer(text):
        if (end := longest(text, match, _is_id)) is not None:
            yield found("ID", text, match.start(), end)


def called_ids(text: str) -> Iterator[Found]:
    """Numbers that are called one of an account, a passport and the like, and forms that nothing else has."""
    for pattern in (_NINO, _SSN):
        yield from whole("ID", pattern, text)
    for one in whole("ID", _CALLED, text):
        if sum(map(str.isdigit, text[one.start : one.end])) >= FEWEST_WITH_LETTERS + 1:
            yield one


def _is_id(number: str) -> bool:
    """Whether a number names a person somewhere; fewer than nine digits without a letter may be an amount."""
    digits = sum(character.isdigit() for character in number)
    if digits < FEWEST_ID_DIGITS and (digits < FEWEST_WITH_LETTERS or not any(map(str.isalpha, number))):
        return False
    return any(module.is_valid(number) for module in _id_modules())


@lru_cache(maxsize=1)
def _id_modules() -> tuple[Any, ...]:
    return tuple(importlib.import_module(f"stdnum.{name}") for name in ID_NUMBERS)


def long_numbers(text: str) -> Iterator[Found]:
    """Any other number of ten digits or more, and nine or more that are written one by one."""
    yield from whole("NUMBER", _LONG, text)
    yield from whole("NUMBER", _SPACED, text)
