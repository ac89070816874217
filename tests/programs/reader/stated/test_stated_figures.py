"""Which figures are none of an offer: times of the day beside monthly sums that are written the same way."""

from __future__ import annotations

import pytest

from programs.reader.stated.plain import plain
from programs.reader.stated.stated_figures import figures


@pytest.mark.parametrize(
    "text",
    ["call me after 6pm", "20 mins after 10 PM", "from 8 10 p.m. on", "9 a.m. is best", "around 12 pm", "11 p. m."],
)
def test_times_of_the_day_are_no_figures(text: str):
    assert figures(plain(text)) == ()


@pytest.mark.parametrize(
    ("text", "value"), [("can do 85pm", 85), ("$50pm", 50), ("$10 pm is all", 10), ("200 pm", 200), ("£9pm", 9)]
)
def test_sums_a_month_are_figures_though_they_look_like_times(text: str, value: int):
    assert [figure.value for figure in figures(plain(text))] == [value]
