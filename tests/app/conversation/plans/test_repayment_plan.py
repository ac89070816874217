from __future__ import annotations

from datetime import date

import pytest

from app.conversation.plans.repayment_plan import plan_of, plan_on
from data.terms import Terms
from metrics.money.schedule import payment_schedule
from tests.programs.cases import case, terms

DEBT = case().debt


def dues(package: Terms, today: date) -> list[date]:
    return [one.due for one in plan_of(package, DEBT, today, "debtor").payments]


def test_payments_fall_on_the_same_day_of_each_calendar_month():
    found = dues(terms(first=20, days=7, periods=12), date(2026, 11, 23))
    assert found[:4] == [date(2026, 11, 30), date(2026, 12, 30), date(2027, 1, 30), date(2027, 2, 28)]
    assert found[-1] == date(2027, 11, 30)


@pytest.mark.parametrize(("year", "last"), [(2027, 28), (2028, 29)])
def test_a_month_that_is_too_short_moves_its_own_payment_only(year, last):
    found = dues(terms(first=20, days=0, periods=3), date(year, 1, 31))
    assert found == [date(year, 1, 31), date(year, 2, last), date(year, 3, 31), date(year, 4, 30)]


def test_without_a_first_payment_the_instalments_begin_a_month_after_its_day():
    assert dues(terms(first=0, days=14, periods=2), date(2026, 1, 17)) == [date(2026, 2, 28), date(2026, 3, 31)]


def test_the_amounts_are_those_of_the_schedule():
    package = terms(discount=12.5, first=33, days=3, periods=7)
    plan = plan_of(package, DEBT, date(2026, 11, 23), "debtor")
    schedule = payment_schedule(package, DEBT.outstanding)
    assert [one.amount_minor for one in plan.payments] == [amount for _, amount in schedule.payments if amount]
    assert sum(one.amount_minor for one in plan.payments) == plan.total_minor == schedule.due_minor


def test_a_plan_is_made_anew_from_the_day_after_its_first_payment():
    plan = plan_of(terms(first=20, days=7), DEBT, date(2026, 11, 1), "creditor")
    assert plan_on(plan, DEBT, date(2026, 11, 8)) == plan
    anew = plan_on(plan, DEBT, date(2026, 11, 9))
    assert (anew.payments[0].due, anew.accepted_by, anew.terms) == (date(2026, 11, 16), "creditor", plan.terms)
    assert anew.id != plan.id
