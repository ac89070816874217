from __future__ import annotations

import pytest

from programs.reader.stated.plain import plain
from programs.reader.stated.written_numbers import numbers


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("forty five hundred in one go", [4500, 1]),
        ("25 hundred", [2500]),
        ("cinco lucas y cerramos", [5000]),
        ("una luca de anticipo", [1000]),
        ("diesiocho cuotas", [18]),
        ("dosientos sincuenta al mes", [250]),
        ("beinte o beintidos", [20, 22]),
        ("veintidós cuotas", [22]),
        ("veintitrés meses", [23]),
        ("veintiún meses", [21]),
        ("quinse dias", [15]),
        ("dies cuotas, o dose meses", [10, 12]),
        ("十期够了", [10]),
        ("2千5一个月", [2500, 1]),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, values: list[int]):
    assert [number.value for number in numbers(plain(text))] == values


@pytest.mark.parametrize("text", ["500一个月", "三百一个月", "一百八一个月"])
def test_a_chinese_number_ends_where_a_month_begins(text: str):
    first = numbers(plain(text))[0]
    assert plain(text)[slice(*first.span)] == text.removesuffix("一个月")


@pytest.mark.parametrize(
    "text", ["lo siento mucho", "al contado", "vino ayer", "千万别", "they upped my dose", "if he dies", "i had a doze"]
)
def test_words_that_sound_like_a_number_are_none(text: str):
    assert [number.value for number in numbers(plain(text)) if number.value is not None] == []
