"""The planner: it picks aim, limit and course among computed packages."""

from __future__ import annotations

import dspy

from programs.creditor.briefing import Briefing, claims_text
from programs.creditor.choosing.course_plan import CoursePlan
from programs.creditor.choosing.frontier import frontier
from programs.creditor.choosing.menu import Menu, menu
from programs.creditor.settings import ProgramSettings
from programs.creditor.support.support_options import Household, Spread, Support
from programs.models.calls import call
from programs.table import words
from signatures.options import ChosenCourse, PlanCourse


class CoursePlanner(dspy.Module):
    """Plans once at the opening, and again when income and expenses are both known (paper: planning agent)."""

    def __init__(self, settings: ProgramSettings) -> None:
        super().__init__()
        self.settings = settings
        self.predict = dspy.Predict(PlanCourse)

    def forward(self, briefing: Briefing, support: Support, seed: int = 0) -> dspy.Prediction:
        """A `Prediction` with `plan` (CoursePlan).

        Args:
            briefing: of the turn.
            support: of its table, with `programs.creditor.choosing.frontier.aims` valued.
            seed: of the sample.

        Raises:
            ProgramFault, InfrastructureFailure: see `programs.models.calls.call`.
        """
        packages = menu(frontier(support), briefing.policy, briefing.view.debt.currency)
        chosen: ChosenCourse = call(
            self.predict,
            "planner",
            seed,
            self.settings.temperature,
            account=words.account(briefing.view),
            facts=f"{claims_text(briefing)} {household_text(support.household, packages.currency)}",
            packages=packages.text(),
        ).plan
        return dspy.Prediction(plan=_plan(packages, chosen))


def household_text(believed: Household, currency: str) -> str:
    """What is believed of the debtor's money."""
    parts = [
        f"{name} {_between(spread, currency)} {unit}".strip()
        for name, spread, unit in (
            ("income", believed.income, "a month"),
            ("living costs", believed.expenses, "a month"),
            ("savings", believed.savings, ""),
        )
    ]
    return f"Believed: {', '.join(parts)}."


def _between(spread: Spread, currency: str) -> str:
    low, high = (words.money(round(amount), currency) for amount in (spread.low, spread.high))
    return low if low == high else f"{low} to {high}"


def _plan(packages: Menu, chosen: ChosenCourse) -> CoursePlan:
    aim = packages[chosen.aim].terms
    return CoursePlan(aim=aim, limit=aim.softest_with(packages[chosen.limit].terms), course=chosen.course)
