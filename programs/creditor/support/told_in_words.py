"""What a debtor has told in words that no typed claim holds, as far as it was understood; it moves beliefs and chances.

Whoever listens (a prompt program, a person) fills it in; the support computes what follows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data.domain import MinorUnits
from data.frozen import Frozen
from programs.creditor.support.facts import Facts
from programs.creditor.support.learned.finances import Belief
from programs.creditor.support.plans import Floats, Plans, payments

STILL_TAKEN = 0.05
"""Share of its chance that an offer keeps against what was heard: words are sometimes misunderstood or not meant."""
PUT_IN = 0.85
"""Share of what is left each month that debtors put into a plan (personas.toml, `effort`)."""


class ToldInWords(Frozen):
    """Told in words alone; 0 where nothing was."""

    second_income_minor: MinorUnits = 0
    """That comes each month beside the income that was claimed."""
    first_day: int = 0
    """Day before which nothing can be paid."""
    most_monthly_minor: MinorUnits = 0
    """That can go to this debt each month at most."""

    def added_to(self, facts: Facts) -> Facts:
        """The facts with the whole household's income, where its own was claimed."""
        if not self.second_income_minor or facts.income is None:
            return facts
        income = facts.income + self.second_income_minor
        return replace(facts, claims=facts.claims.model_copy(update={"monthly_income": income}))

    def household(self, own: Belief, facts: Facts) -> Belief:
        """The belief with the second income, where it was drawn from a claim of the own one."""
        if not self.second_income_minor or facts.income is None:
            return own
        return replace(own, income=own.income + self.second_income_minor)

    def felt(self, household: Belief) -> Belief:
        """The household as it behaves at the table: who sets a limit bargains as if no more were left each month."""
        if not self.most_monthly_minor:
            return household
        left = self.most_monthly_minor / PUT_IN
        return replace(household, expenses=np.maximum(household.expenses, household.income - left))

    def chances(self, chance: Floats, plans: Plans, debt_minor: int) -> Floats:
        """(N,): `chance` of each plan, small where it goes against what was heard."""
        against = plans[:, 2] < self.first_day
        if self.most_monthly_minor:
            against |= np.floor(payments(plans)[2] * debt_minor) > self.most_monthly_minor
        return np.where(against, STILL_TAKEN * chance, chance)


NOTHING_HEARD = ToldInWords()
