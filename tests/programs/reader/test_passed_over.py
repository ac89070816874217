"""What the words of a message say, although a rule or a reading would pass over it: it stands, or it is asked about."""

from __future__ import annotations

import pytest

from data.domain import MoveKind
from tests.programs.reader.answers import meant, reading, terms

ACCEPTANCE = "Do you accept the creditor's offer as it is?"


@pytest.mark.parametrize(
    "text",
    [
        "no deposit please",
        "Can we drop the down payment?",
        "waive any upfront payment and I sign",
        "please take that deposit off the table",
        "olvídense del enganche",
        "no puedo dar entrada",
        "que me quiten la cuota inicial",
        "nada de anticipo",
        "首付能不能免了",
        "别收首付了行吗",
        "不想付头款",
    ],
)
def test_that_there_is_to_be_no_first_payment_is_a_figure_and_no_denial(text: str):
    assert terms(text) == {"immediate_payment_pct": 0}


@pytest.mark.parametrize(
    "text",
    [
        "定金我不交",
        "not a penny before the monthly payments begin",
        "no pongo plata adelantada",
        "一分钱都不先付",
        "nil deposit, ta",
    ],
)
def test_a_first_payment_denied_in_no_set_phrase_is_asked_about_at_least(text: str):
    got = terms(text)
    assert got == {"immediate_payment_pct": 0} or (isinstance(got, str) and "Do you offer that" in got)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [("20% is too much, 10", "10"), ("12期不行,18期", "18期"), ("7 dias no me da, 20 dias", "20 dias")],
)
def test_a_figure_named_in_place_of_one_that_is_refused_is_an_offer_or_asked_about(text: str, quoted: str):
    got = terms(text)
    assert got
    assert not isinstance(got, str) or quoted in got


@pytest.mark.parametrize(
    ("text", "periods"), [("一百八一个月", 27), ("每两周150", 15), ("四百五一个月行吗", 11), ("十一个月", 11)]
)
def test_a_chinese_number_ends_where_what_follows_begins(text: str, periods: int):
    got = terms(text, currency="CNY")
    assert got == {"installment_periods": periods} or (isinstance(got, str) and text[:2] in got)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("no deposit and 24 instalments, that's it", {"immediate_payment_pct": 0, "installment_periods": 24}),
        ("sin pie y 24 cuotas", {"immediate_payment_pct": 0, "installment_periods": 24}),
        ("Cero pesos de entrada y 16 cuotas", {"immediate_payment_pct": 0, "installment_periods": 16}),
        ("十期够了，头款就别收了", {"immediate_payment_pct": 0, "installment_periods": 10}),
        ("24期 no首付", {"immediate_payment_pct": 0, "installment_periods": 24}),
    ],
)
def test_that_there_is_no_first_payment_denies_nothing_of_what_stands_beside_it(text: str, named: dict[str, float]):
    assert terms(text) == named


@pytest.mark.parametrize(
    "text",
    [
        "No deposit was mentioned when I signed",
        "My landlord kept no deposit",
        "The deposit is out of my reach",
        "si no pago de mi salario no llego",
        "我没有定金收据",
    ],
)
def test_other_talk_of_a_first_payment_offers_none(text: str):
    got = terms(text)
    assert isinstance(got, str) or "immediate_payment_pct" not in got


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("240/mo is what I have", {"installment_periods": 20}),
        ("te doy 240/mes", {"installment_periods": 20}),
        ("12期不行，15期可以", {"installment_periods": 15}),
        ("首付:10%", {"immediate_payment_pct": 10}),
    ],
)
def test_a_figure_is_read_beside_a_slash_and_behind_a_comma(text: str, named: dict[str, float]):
    got = terms(text)
    assert got == named or (isinstance(got, str) and "Do you offer that" in got)


@pytest.mark.parametrize(
    "text", ["te ofrezco la mitad y nos olvidamos", "instead of 12 make it fifteen", "没首付，5%行不行"]
)
def test_a_figure_that_others_like_it_offered_is_asked_about_whatever_the_rules_hold_against_it(text: str):
    got = terms(text)
    assert isinstance(got, str) or got


@pytest.mark.parametrize(
    "text", ["I can do 20 months", "maybe 18 instead", "doy 80 a la semana", "一年半，十八张单子", "每月頂多還350"]
)
@pytest.mark.parametrize("intent", ["talk", "reject"])
def test_an_offer_that_a_reading_takes_for_talk_stands_or_is_asked_about(text: str, intent: str):
    got = terms(text, reading(intent))
    assert got
    assert isinstance(got, str) or got == terms(text)


@pytest.mark.parametrize("text", ["I accept your offer", "acepto", "我接受"])
def test_an_acceptance_in_plain_words_that_a_reading_takes_for_talk_is_asked_about(text: str):
    assert terms(text, reading("talk")) == ACCEPTANCE
    assert meant(text).move.kind is MoveKind.ACCEPT


@pytest.mark.parametrize("text", ["a bullseye a week, thats me lot", "dos gambas mensuales compadre, es lo que tengo"])
def test_an_offer_in_words_that_no_list_of_numbers_holds_is_asked_about(text: str):
    assert "Which terms do you offer?" in str(terms(text))


@pytest.mark.parametrize("text", ["I lost my job in March", "no", "hola, buenos días", "我再想想"])
def test_talk_stays_talk_with_a_reading_that_says_so(text: str):
    assert meant(text, reading("talk")).move.kind is MoveKind.REJECT
