from __future__ import annotations

import pytest

from programs.reader.yes_no import said_yes


@pytest.mark.parametrize(
    "text", ["y", "Yes please.", "sí, por favor", "Sip", "是", "是的，谢谢", "需要", "希望", "有", "对对"]
)
def test_a_yes_is_one(text):
    assert said_yes(text) is True


@pytest.mark.parametrize(
    "text", ["n", "No!", "nope, go on", "no, gracias", "claro que no", "否", "不是", "不希望", "不需要，谢谢", "沒有"]
)
def test_a_no_is_one(text):
    assert said_yes(text) is False


@pytest.mark.parametrize(
    "text", ["", "maybe", "yes but only next year", "no tengo dinero", "有人吗", "需要三个月", "不是我欠的", "不想"]
)
def test_whatever_says_more_is_neither(text):
    assert said_yes(text) is None
