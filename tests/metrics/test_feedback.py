"""Feedback: names what cost most and whose doing it was, and gives nothing of the debtor's file away."""

from __future__ import annotations

import re

import pytest

from data.domain import Ending, Negotiation, Speaker
from metrics.evaluator import feedback, score
from tests.metrics.examples import accept, agreement, case, creditor, debtor, no_agreement, reject, terms

FIRM, SOFT = terms(0, 30, 7, 6), terms(30, 5, 14, 24)
TIGHT = case(income=612_345, expenses=567_891, assets=323_232)
POOR = case(income=612_345, expenses=600_001, assets=11_119)


def said(record: Negotiation) -> str:
    return feedback(record, score(record))


CASES: dict[str, tuple[Negotiation, str]] = {
    "good": (agreement(terms(0, 10, 7, 6)), "Nothing of weight was lost"),
    "over-conceded": (agreement(SOFT), "More was conceded than this debtor needed"),
    "which dimension": (agreement(terms(0, 10, 7, 24)), "on the number of instalments, so the money came later"),
    "too fast": (agreement(terms(0, 50, 1, 3)), "too fast for this debtor"),
    "instalment": (agreement(terms(0, 20, 3, 6), TIGHT), "the instalment was above what the debtor could carry"),
    "immediate": (agreement(terms(0, 50, 1, 3), POOR), "the immediate payment was above what the debtor had by then"),
    "horizon": (agreement(terms(0, 5, 7, 60)), "runs beyond the horizon of 750 days"),
    "walked away": (
        no_agreement(creditor(FIRM), debtor(SOFT), ending=Ending.WALKED_AWAY),
        "walked away in round 1. The sides were still apart on the discount, the immediate payment",
    ),
    "round limit": (no_agreement(creditor(FIRM), reject(Speaker.DEBTOR)), "no agreement within 10 rounds"),
    "fault": (
        no_agreement(creditor(FIRM), ending=Ending.PROGRAM_FAULT).model_copy(
            update={"failure": "unparseable_output: earns 612345, says {..."}
        ),
        "the program failed (unparseable output)",
    ),
    "breach": (
        agreement(FIRM).model_copy(update={"turns": (creditor(FIRM, "You will be arrested."), accept())}),
        "whole objective was forfeited: conduct (false_legal_claim)",
    ),
    "nothing legal": (no_agreement(creditor(None)), "not one legal move was made"),
    "stray figures": (
        agreement(FIRM).model_copy(update={"turns": (creditor(FIRM, "With 612,345 a month you can."), accept())}),
        "1 of 1 creditor turns stated figures that were not the move's",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_names_the_loss_and_the_module(name: str) -> None:
    record, expected = CASES[name]
    text = said(record)
    assert expected in text
    assert name == "good" or re.search(r"caused by the (plan|turn|verdict)", text)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("who", [TIGHT, POOR, case()], ids=["tight", "poor", "sound"])
def test_no_private_figure_in_any_form(name: str, who: object) -> None:
    record = CASES[name][0].model_copy(update={"case": who})
    text = said(record)
    money = record.case.finances
    private = [money.monthly_income, money.monthly_expenses, money.assets, money.monthly_surplus]
    digits = re.sub(r"(?<=\d)[,.](?=\d)", "", text)
    for amount in private:
        assert str(amount) not in digits and str(amount // 100) not in digits
    numbers = {float(n) for n in re.findall(r"\d+(?:\.\d+)?", text)}
    assert all(n <= 1 or n in (10, 750) for n in numbers), "only shares of the objective, turn counts and limits"


def test_the_largest_loss_comes_first() -> None:
    worst = agreement(SOFT).model_copy(update={"turns": (creditor(SOFT, "12% off"), accept())})
    text = said(worst)
    assert text.index("More was conceded") < text.index("stated figures")


def test_same_record_same_words() -> None:
    record = no_agreement(
        creditor(FIRM, "My limit is 50%, I will sue you."), debtor(SOFT), creditor(SOFT, "5% and 7 days")
    )
    assert said(record) == said(record.model_copy())
