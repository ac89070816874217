"""Feedback: names what cost most and whose doing it was, and gives nothing of the debtor's file away."""

from __future__ import annotations

import re

import pytest

from data.domain import Disclosure, Ending, Inquiry, Negotiation, Speaker
from metrics.evaluator import feedback, score
from metrics.feedback import gain, in_words
from metrics.money.indices import objective_of
from metrics.money.weights import default_weights
from metrics.scorecard import METRICS
from tests.metrics.examples import WORKED, accept, agreement, case, creditor, debtor, no_agreement, reject, terms

FIRM, SOFT = terms(0, 30, 7, 6), terms(30, 5, 14, 24)
TIGHT = case(income=612_345, expenses=567_891, assets=323_232)
POOR = case(income=612_345, expenses=600_001, assets=11_119)


MODULES = ("planner", "negotiator", "judge")
TALK = no_agreement(
    creditor(terms(0, 40, 3, 4), inquiry=Inquiry.INCOME),
    debtor(terms(30, 5, 14, 24), "I earn 6123.45 a month.").model_copy(
        update={"disclosed": Disclosure(monthly_income=612_345, monthly_expenses=567_891)}
    ),
    creditor(terms(0, 40, 3, 10)),
    debtor(terms(20, 10, 14, 20)),
    creditor(terms(0, 40, 3, 10)),
    debtor(terms(20, 10, 14, 20)),
)


def said(record: Negotiation, module: str | None = None) -> str:
    return feedback(record, score(record), module)


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
    assert name == "good" or re.search(r"caused by the (planner|negotiator|judge)", text)


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


@pytest.mark.parametrize("worked", WORKED, ids=lambda worked: worked.name)
def test_the_thirteen_metrics_alone_make_the_objective(worked) -> None:
    record = agreement(worked.plan, worked.who) if worked.plan else no_agreement(creditor(FIRM), who=worked.who)
    card = score(record)
    values = {metric.id: getattr(card, metric.id) for metric in METRICS}
    assert objective_of(values, record.policy, default_weights()) == card.objective


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_a_metric_at_its_best_never_lowers_the_objective_and_at_its_worst_never_raises_it(metric) -> None:
    record = agreement(terms(10, 10, 7, 12), TIGHT)
    card = score(record)
    values = {other.id: float(getattr(card, other.id)) for other in METRICS}
    if metric.better is None:
        assert metric.best is None and gain(metric, record, card) == 0
        return
    worse = {"up": 0.0, "down": 750.0}[metric.better]
    now, policy, weights = card.objective, record.policy, default_weights()
    assert objective_of({**values, metric.id: metric.best}, policy, weights) >= now
    assert objective_of({**values, metric.id: worse}, policy, weights) <= now
    assert metric.raised_by and metric.moved_by


@pytest.mark.parametrize("module", MODULES)
def test_a_module_is_told_of_its_own_doing_only(module: str) -> None:
    breach = CASES["breach"][0]
    mine = {metric.name.capitalize() for metric in METRICS if module in metric.moved_by and metric.better}
    others = {metric.name.capitalize() for metric in METRICS} - mine
    text = said(TALK, module)
    assert not any(f"{name} (" in text for name in others)
    assert ("whole objective was forfeited" in said(breach, module)) == (module == "negotiator")


def test_every_metric_reaches_a_module() -> None:
    long = TALK.model_copy(update={"turns": TALK.turns * 3})
    records = (long, agreement(terms(0, 50, 1, 3), TIGHT), CASES["stray figures"][0])
    text = " ".join(said(record, module) for record in records for module in MODULES).lower()
    assert [metric.id for metric in METRICS if metric.name.lower() not in text] == [], "each one in somebody's words"


def test_turns_are_named_with_their_round_and_what_both_sides_gave() -> None:
    assert re.search(
        r"In round 2 we gave way by \d+ points on the number of instalments, the debtor had come closer by 0\.",
        said(TALK, "negotiator"),
    )
    assert re.search(
        r"The debtor came closer by \d+ points in all and got no step back \(round 3\)", said(TALK, "judge")
    )
    assert re.search(r"Our offers went from \d+ to \d+ points of 100; the debtor's last one stood at \d+",
                     said(TALK, "planner"))  # fmt: skip


def test_an_acceptance_below_our_own_offer_is_told_in_points() -> None:
    rash = agreement(SOFT).model_copy(
        update={"turns": (creditor(FIRM), debtor(SOFT), accept(Speaker.CREDITOR)), "agreed": SOFT}
    )
    for module in MODULES:
        assert re.search(r"In round 2 an offer \d+ points below our own standing one was accepted", said(rash, module))


def test_an_instalment_above_what_was_said_and_a_question_never_asked() -> None:
    told = agreement(terms(0, 5, 7, 3), TIGHT).model_copy(
        update={"turns": (creditor(terms(0, 5, 7, 3)), *TALK.turns[1:2], creditor(terms(0, 5, 7, 3)), accept())}
    )
    assert "above what the debtor had said is left each month" in said(told, "judge")
    assert "income (never asked) and expenses (never asked)" in said(agreement(FIRM), "planner")


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.parametrize("name", [*CASES, "talk"])
@pytest.mark.parametrize("who", [TIGHT, POOR], ids=["tight", "poor"])
def test_no_private_figure_and_no_quotation_in_a_modules_feedback(name: str, who: object, module: str) -> None:
    record = (TALK if name == "talk" else CASES[name][0]).model_copy(update={"case": who})
    text = said(record, module)
    digits = re.sub(r"(?<=\d)[,.](?=\d)", "", text)
    money = record.case.finances
    for amount in (money.monthly_income, money.monthly_expenses, money.assets, money.monthly_surplus):
        assert str(amount) not in digits and str(amount // 100) not in digits
    assert "'" not in text.replace("'s", "") and '"' not in text, "nobody is quoted"


@pytest.mark.parametrize("metric", [m for m in METRICS if m.private], ids=lambda metric: metric.id)
def test_what_rests_on_the_finances_is_said_without_a_figure(metric) -> None:
    assert not re.search(r"\d", in_words(metric, score(agreement(FIRM, POOR))))
