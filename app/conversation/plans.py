"""A repayment plan as a person reads it: what is due on which date, how much in all, when it ends."""

from __future__ import annotations

import hashlib
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
    """The plan that `terms` mean for `debt` if it is agreed today (`metrics.money.schedule`: a month is 30 days)."""
    schedule = payment_schedule(terms, debt.outstanding)
    return Plan(
        terms=terms,
        currency=debt.currency,
        outstanding_minor=debt.outstanding,
        forgiven_minor=debt.outstanding - schedule.due_minor,
        total_minor=schedule.due_minor,
        payments=tuple(
            Payment(due=today + timedelta(days=day), amount_minor=amount) for day, amount in schedule.payments if amount
        ),
        accepted_by=accepted_by,
    )
