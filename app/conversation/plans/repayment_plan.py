"""A repayment plan as a person reads it: what is due on which date, how much in all, when it ends."""

from __future__ import annotations

import hashlib
from calendar import monthrange
from datetime import date, timedelta

from data.domain import Debt
from data.frozen import Frozen
from data.terms import Terms
from metrics.money.schedule import payment_schedule


class Payment(Frozen):
    """One payment."""

    due: date
    amount_minor: int


class Plan(Frozen):
    """Everything that is agreed to, if it is: the debtor confirms this, not a sentence."""

    terms: Terms
    currency: str
    outstanding_minor: int
    forgiven_minor: int
    total_minor: int
    payments: tuple[Payment, ...]
    accepted_by: str
    """Whose offer it is that the other side would take: `debtor` takes the creditor's, `creditor` the debtor's."""

    @property
    def id(self) -> str:
        """Of exactly this plan; whoever confirms names it, so that nobody confirms what was not shown."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]

    @property
    def ends(self) -> date:
        """The day of the last payment."""
        return self.payments[-1].due


def plan_of(terms: Terms, debt: Debt, today: date, accepted_by: str) -> Plan:
    """The plan that `terms` mean for `debt` if it is agreed today.

    The amounts are those of `metrics.money.schedule`, whose months have 30 days each. A person's are the calendar's:
    payments follow on the first one's day of each month, or on the last day of a month that is too short for it.
    """
    schedule = payment_schedule(terms, debt.outstanding)
    first = today + timedelta(days=terms.immediate_payment_days)
    return Plan(
        terms=terms,
        currency=debt.currency,
        outstanding_minor=debt.outstanding,
        forgiven_minor=debt.outstanding - schedule.due_minor,
        total_minor=schedule.due_minor,
        payments=tuple(
            Payment(due=_months_later(first, month), amount_minor=amount)
            for month, (_, amount) in enumerate(schedule.payments)
            if amount
        ),
        accepted_by=accepted_by,
    )


def plan_on(plan: Plan, debt: Debt, today: date) -> Plan:
    """The plan as it can be agreed today: itself, or the same terms from today on if its first day has passed."""
    return plan if plan.payments[0].due >= today else plan_of(plan.terms, debt, today, plan.accepted_by)


def _months_later(day: date, months: int) -> date:
    """That day of a later month, or its last one (`dateutil.relativedelta` takes ten times as long, and 80 are due)."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
