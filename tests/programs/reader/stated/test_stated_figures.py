"""Which figures are none of an offer: times of the day beside monthly sums that are written the same way."""

from __future__ import annotations

import pytest

from programs.reader.stated.plain import plain
from programs.reader.stated.stated_figures import figures


@pytest.mark.parametrize(
    "text",
    [
        "call me after 6pm",
        "roughly 10 PM",
        "from 8 10 p.m. on",
        "at 5 30 pm",
        "call me at 530pm",
        "i finish at 17.30pm",
        "after 18pm",
        "between 8 and 10 pm",
        "6 to 8 pm",
        "6-8pm",
        "9 a.m. is best",
        "9 a. m.",
        "around 12 pm",
        "11 p. m.",
        "give me 10 min",
    ],
)
def test_times_of_the_day_are_no_figures(text: str):
    assert figures(plain(text)) == ()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("can do 85pm", 85),
        ("$50pm", 50),
        ("$10 pm is all", 10),
        ("200 pm", 200),
        ("£9pm", 9),
        ("i can only afford 10pm", 10),
        ("530pm", 530),
    ],
)
def test_sums_a_month_are_figures_though_they_look_like_times(text: str, value: int):
    assert [figure.value for figure in figures(plain(text))] == [value]
