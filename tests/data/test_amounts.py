from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.amounts import AmountError, minor_digits, to_major, to_minor


@given(st.integers(0, 10**12), st.sampled_from(["CNY", "EUR"]))
def test_minor_units_survive_the_way_through_decimals(minor: int, currency: str) -> None:
    assert to_minor(f"{to_major(minor, currency):f}", currency) == minor


@pytest.mark.parametrize(("currency", "digits"), [("CNY", 2), ("JPY", 0), ("KWD", 3), ("XYZ", 2)])
def test_decimals_of_a_currency(currency: str, digits: int) -> None:
    assert minor_digits(currency) == digits
    assert to_major(1234, currency) == Decimal(1234).scaleb(-digits)


@pytest.mark.parametrize("text", ["1,000", "1_000", "１２", "1e5", "0x10", "12 34", "--1", ""], ids=repr)
def test_only_plain_decimals_are_amounts(text: str) -> None:
    with pytest.raises(AmountError, match="is not an amount"):
        to_minor(text, "CNY")


def test_yen_have_no_cents() -> None:
    with pytest.raises(AmountError, match="it takes at most 0"):
        to_minor("1.5", "JPY")
    assert to_minor("1.0", "JPY") == 1
