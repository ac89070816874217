from __future__ import annotations

import time

import pytest

from data.domain import MoveKind
from programs.reader.understood import NotClear
from tests.programs.reader.answers import meant, reading, terms


@pytest.mark.parametrize(
    ("text", "currency", "named"),
    [
        ("Could we spread it over 20 months?", "USD", {"installment_periods": 20}),
        ("I can pay 300 a month", "USD", {"installment_periods": 16}),
        ("I can pay $600 today", "USD", {"immediate_payment_pct": 10, "immediate_payment_days": 0}),
        ("I'd settle for 4.5k", "USD", {"discount_pct": 25}),
        ("Quiero pagar en 18 meses", "MXN", {"installment_periods": 18}),
        ("puedo abonar 400 al mes", "MXN", {"installment_periods": 12}),
        ("necesito un descuento del 15%", "MXN", {"discount_pct": 15}),
        ("能不能分24期还", "CNY", {"installment_periods": 24}),
        ("打七折我就还清", "CNY", {"discount_pct": 30}),
        ("我每个月可以还四百", "CNY", {"installment_periods": 12}),
    ],
)
def test_words_alone_make_an_offer_where_they_surely_do(text, currency, named):
    """400 a month are 12 instalments, as stands already: nothing new is named."""
    named = {d: v for d, v in named.items() if (d, v) != ("installment_periods", 12)}
    assert terms(text, currency=currency) == named


@pytest.mark.parametrize(
    "text",
    [
        "My contract at the bakery ended 4 months ago",
        "I cannot do 9 months",
        "My brother got 48 months from his bank",
        "Your colleague told me 36 instalments",
        "My daughter is 7 months old",
        "If I got the job at the port I could do 6 months",
        "They cut my hours by 30%",
        "Me quedé sin empleo hace 5 meses",
        "A mi hermana le dieron 40 meses en otro banco",
        "No puedo en 9 meses",
        "我女儿才8个月大",
        "我下岗五个月了",
        "上次客服说可以分36期",
        "9期我还不起",
    ],
)
@pytest.mark.parametrize("kind", ["installment_periods", "discount_pct"])
def test_figures_about_something_else_stand_for_no_reading(text, kind):
    digits = "".join(c for c in text if c.isdigit()) or "5"
    for read in (None, reading("offer", (text[:80], kind, int(digits)))):
        got = terms(text, read)
        assert isinstance(got, str) or got == {}


@pytest.mark.parametrize(
    ("text", "currency", "sum_named"),
    [
        ("₹1,50,000 first, please", "INR", "150,000"),
        ("I pay €1.234,56 a month", "EUR", "1,234.56"),
        ("R$ 7.200,00 hoy", "BRL", "7,200.00"),
        ("CHF 7'250.00 today", "CHF", "7,250.00"),
        ("我今天付一万二千元", "CNY", "12,000"),
    ],
)
def test_a_sum_is_read_as_meant_or_asked_back_as_it_was_said(text, currency, sum_named):
    got = terms(text, currency=currency)
    assert sum_named in got if isinstance(got, str) else got == {"installment_periods": 4}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("I need 10 to 15 months for it please", "10 to 15 months"),
        ("entre 10 y 15 meses puedo pagar", "10 y 15 meses"),
        ("Half now, the rest by April.", "how many monthly instalments"),
        ("la mitad hoy y el resto en diciembre", "how many monthly instalments"),
        ("今天付一半，剩下的年底再付", "how many monthly instalments"),
        ("6 payments of 300", "make USD 1,800.00"),
        ("I can pay 7000 a month", "USD 7,000.00 a month"),
        ("a discount of 150% please", "150% cannot be"),
        ("I can pay 200 euros a month", "in EUR"),
    ],
)
def test_what_is_no_single_possible_figure_is_asked_back(text, asked):
    assert asked in str(terms(text))


def test_a_first_payment_on_a_day_of_the_month_is_counted_from_today():
    assert terms("I can pay 10% down on the 15th")["immediate_payment_days"] == 19


class TestReadings:
    def test_a_reading_that_the_words_do_not_bear_out_is_asked_about(self):
        got = terms("I only want to talk", reading("offer", ("18 months", "installment_periods", 18)))
        assert "do not find '18 months'" in str(got)

    def test_a_reading_error_makes_no_offer_of_a_refusal(self):
        assert terms("No. I get paid every two weeks", reading("reject")) == {}

    def test_words_that_surely_offer_stand_although_the_reading_calls_them_talk(self):
        assert terms("Can you do 18 months?", reading("talk")) == {"installment_periods": 18}

    def test_leaving_on_a_models_word_alone_is_asked_about(self):
        with pytest.raises(NotClear, match="end this conversation"):
            meant("Eighteen of them then", reading("leave"))
        assert meant("Goodbye.", reading("leave")).leaves

    def test_an_acceptance_that_names_something_else_is_asked_about(self):
        assert "You seem to accept" in str(terms("fine, but in 24 months", reading("accept")))

    def test_an_acceptance_by_words_alone(self):
        assert meant("Ok, I accept.").move.kind is MoveKind.ACCEPT

    def test_income_is_told_beside_an_offer(self):
        understood = meant("I make fifteen hundred a month. Please give me eighteen months.")
        assert understood.disclosed.monthly_income == 150_000
        assert "You offer: no discount" in understood.sentence


@pytest.mark.alone
@pytest.mark.parametrize(
    "piece", ["1,", "9 months ", "if ", "1.1", "一", "12 % ", "not ", "on the 15th ", "$", "a ", "两个月前", "(", "y "]
)
def test_the_worst_text_takes_milliseconds(piece):
    meant_or_asked(piece * 3)
    text = (piece * 2000)[:2000]
    began = time.perf_counter()
    meant_or_asked(text)
    assert time.perf_counter() - began < 0.05


def meant_or_asked(text: str) -> None:
    terms(text)
