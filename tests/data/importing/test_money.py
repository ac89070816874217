"""Amounts as tapes write them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from data.importing.money import decimal_mark, number


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("1234.5", ".", "1234.5"),
        ("1e+05", ".", "100000"),
        ("$60,000.00 ", ".", "60000.00"),
        ("1.234,56 €", ",", "1234.56"),
        ("1 234,50", ",", "1234.50"),
        ("1'200.50", ".", "1200.50"),
        ("1,23,456.00", ".", "123456.00"),
        ("(1,200.00)", ".", "-1200.00"),
        ("-12.50", ".", "-12.50"),
        ("1.200-", ",", "-1200"),
        (" 36 months", ".", "36"),
        ("10.65%", ".", "10.65"),
        ("USD 5", ".", "5"),
        ("0,5", ",", "0.5"),
        ("12.000", ",", "12000"),
        ("12,000", ".", "12000"),
    ],
)
def test_a_number_is_read(text, mark, value):
    assert number(text, mark) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["5-7", "abc 12", "1.5k", "1.234,56", "12 of 30", "", "n.a.", "inf", "nan", "1e999999"]
)
def test_what_is_no_number_is_told(text):
    with pytest.raises(ValueError, match="is not a"):
        number(text, ".")


def test_another_currency_is_told():
    with pytest.raises(ValueError, match="is in EUR, and the map says USD"):
        number("5 €", ".", "USD")
    assert number("5 €", ".", "EUR") == 5
    assert number("$5", ".", "AUD") == 5


@pytest.mark.parametrize(("text", "currency"), [("R 5", "ZAR"), ("5 zł", "PLN"), ("R 5", "")])
def test_a_sign_counts_where_the_currency_is_used(text, currency):
    assert number(text, ".", currency) == 5


def test_a_letter_that_is_no_sign_of_the_currency_is_told():
    with pytest.raises(ValueError, match="without 'R'"):
        number("R 5", ".", "EUR")


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["12.50", "1,000.00"], "."),
        (["12,50", "7"], ","),
        (["1.234,00", "99"], ","),
        (["1.234.567"], ","),
        (["1,000", "2,500"], "."),
        ([], "."),
    ],
)
def test_the_decimal_mark_is_found(cells, mark):
    assert decimal_mark(cells) == mark
