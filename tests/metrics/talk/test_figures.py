"""Figures in words: what is read out of a sentence, and which of it is not the move's."""

from __future__ import annotations

import pytest

from data.domain import Debt
from metrics.talk.figures import stated_figures, stray_figures
from metrics.talk.numerals import parse
from tests.metrics.examples import case, terms

DEBT = case(outstanding=1_000_000, overdue_days=120).debt
PLAN = terms(10, 20, 7, 6)
"""Of 10,000.00: due 9,000.00, at once 1,800.00, six times 1,200.00, forgiven 1,000.00."""

READ = {
    "We can offer 10% off.": [("discount_pct", 10)],
    "a discount of 12.5 percent": [("discount_pct", 12.5)],
    "20 % upfront within 7 days": [("immediate_payment_pct", 20), ("immediate_payment_days", 7)],
    "an immediate payment of 20% in two weeks": [("immediate_payment_pct", 20), ("immediate_payment_days", 14)],
    "twenty-four monthly instalments": [("installment_periods", 24)],
    "over two years": [("installment_periods", 24)],
    "7 payments in total": [("installment_periods", 6)],
    "a 6-month plan": [("installment_periods", 6)],
    "CNY 1,200.50 a month": [("amount", 120_050)],
    "¥1.2万": [("amount", 1_200_000)],
    "five thousand yuan": [("amount", 500_000)],
    "pay 2000 now": [("amount", 200_000)],
    "between 10 and 15 percent off": [("discount_pct", 10), ("discount_pct", 15)],
    "减免百分之十，首付20％，分二十四期": [
        ("discount_pct", 10),
        ("immediate_payment_pct", 20),
        ("installment_periods", 24),
    ],
    "打八五折，两周内付清": [("discount_pct", 15), ("immediate_payment_days", 14)],
    "discount_pct: 10, installment_periods = 6": [("discount_pct", 10), ("installment_periods", 6)],
    "We are 100% committed, 24/7, since 2019, one day at a time, every 30 days.": [],
    "Your case number 123456, section 806, d-0001, 12:30, 2025-03-15, 第1期, 3月15日.": [],
    "": [],
}


@pytest.mark.parametrize("text", READ, ids=lambda text: text[:40] or "empty")
def test_what_is_read(text: str) -> None:
    assert [(figure.dimension, figure.value) for figure in stated_figures(text)] == READ[text]


def test_spans_point_into_the_text() -> None:
    text = "With １０％ off you pay CNY 1,200 a month for six months."
    assert [text[slice(*figure.span)] for figure in stated_figures(text)] == ["１０％", "CNY 1,200", "six months"]


@pytest.mark.parametrize(
    "text",
    [
        "We can offer a 10% discount with 20% paid within 7 days and the rest in 6 monthly instalments of 1,200 CNY.",
        "Ten percent off, 20 percent upfront in one week, six equal payments.",
        "You save 1,000, you pay 9,000: 1,800 first, then the remaining 7,200.",
        "You pay 90% of it, 20% first and the remaining 80% monthly.",
        "Your debt of CNY 10,000 (12,000 was lent) is 120 days overdue, that is 4 months behind.",
        "一次性减免10%，首付20%，7天内支付，剩余分6期，每期1200元。",
        "打九折，首付百分之二十，一周内，分六期，共9000元。",
        "Thank you for explaining, that helps me understand.",
    ],
)
def test_true_words(text: str) -> None:
    assert stray_figures(text, PLAN, DEBT) == ()


@pytest.mark.parametrize(
    ("text", "stray"),
    [
        ("You asked for 30% off; we can give 10%.", ("30%",)),
        ("a 20% discount and 10% immediate payment", ("20%", "10%")),
        ("pay within 14 days, in 12 months", ("14 days", "12 months")),
        ("CNY 5,000 now", ("CNY 5,000",)),
        ("打七折，分12期", ("七折", "12期")),
        ("between 10 and 15 percent", ("15 percent",)),
        ("1,201 a month", ("1,201",)),
        ("It is 90 days overdue.", ("90 days",)),
    ],
)
def test_stray_figures(text: str, stray: tuple[str, ...]) -> None:
    assert stray_figures(text, PLAN, DEBT) == stray


def test_without_terms_only_the_debt_is_known() -> None:
    assert stray_figures("You owe 10,000, 120 days overdue; 6 months?", None, DEBT) == ("6 months",)


def test_whole_units_stand_for_rounded_or_cut_amounts_and_nothing_else() -> None:
    debt = case(outstanding=1_000_000).debt
    plan = terms(0, 0, 7, 6)  # 1,666.66 a month, 1,666.70 at last
    assert stray_figures("1,667 or 1,666 or 1,666.66 or 1,666.70 or 1,666.71", plan, debt) == ("1,666.71",)


def test_fractional_percentages_may_be_stated_rounded_to_their_decimals_only() -> None:
    plan = terms(33.333333, 20, 7, 6)
    assert stray_figures("33.3% off", plan, DEBT) == ()
    assert stray_figures("33% off", plan, DEBT) == ("33%",)


def test_debt_currency_marks_amounts() -> None:
    polish = DEBT.model_copy(update={"currency": "PLN"})
    assert stray_figures("PLN 50 a month", PLAN, polish) == ("PLN 50",)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.5", 1234.5),
        ("two hundred and five", 205),
        ("ninety-nine", 99),
        ("三百零五", 305),
        ("十二", 12),
        ("一千二百", 1200),
        ("٣٠", 30),
        ("३.५", 3.5),
    ],
)
def test_numerals(text: str, value: float) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("currency", "outstanding", "true", "false"),
    [("JPY", 1_000_000, "JPY 1,000,000", "JPY 10,000"), ("KWD", 1_234_567, "KWD 1,234.56", "KWD 12,345.67")],
)
def test_amounts_are_compared_in_the_decimals_of_their_currency(currency, outstanding, true, false):
    debt = Debt(product="loan", principal=outstanding, outstanding=outstanding, overdue_days=30, currency=currency)
    assert stray_figures(f"You owe {true}.", None, debt) == ()
    assert stray_figures(f"You owe {false}.", None, debt) != ()


@pytest.mark.parametrize(("words", "stray"), [("$200 a month", ()), ("$190 a month", ("$190",)), ("$250", ("$250",))])
def test_a_round_instalment_whose_last_one_is_smaller_is_true(words: str, stray: tuple[str, ...]) -> None:
    debt = Debt(product="loan", principal=235_000, outstanding=235_000, overdue_days=30, currency="USD")
    assert stray_figures(words, terms(0, 0, 0, 12), debt) == stray
