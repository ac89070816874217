"""The planner: one typed strategy, clamped and turned into a concession ladder by code."""

from __future__ import annotations

import dspy

from data.domain import Inquiry
from data.terms import Terms
from programs.creditor.briefing import Briefing, planning_facts, starting_points
from programs.creditor.ladder import build_ladder
from programs.creditor.settings import ProgramSettings
from programs.models.calls import call
from programs.table import words
from signatures.plan import MakePlan, Strategy

LEAST_RUNGS = 3


class Planner(dspy.Module):
    """Plans once at the opening, and again when the debtor's finances become known (paper: planning agent)."""

    def __init__(self, settings: ProgramSettings) -> None:
        super().__init__()
        self.settings = settings
        self.predict = dspy.Predict(MakePlan)

    def forward(self, briefing: Briefing, seed: int = 0) -> dspy.Prediction:
        """A `Prediction` with `strategy` as the model gave it, `ladder` (Terms, firmest first) and `inquiry`.

        Raises:
            ProgramFault, InfrastructureFailure: see `programs.models.calls.call`.
        """
        strategy: Strategy = call(
            self.predict,
            "planner",
            seed,
            self.settings.temperature,
            account=words.account(briefing.view),
            limits=words.limits(briefing.policy),
            facts=planning_facts(briefing),
        ).strategy
        computed = self.settings.floor == "computed"
        floor = starting_points(briefing)[2] if computed else strategy.floor.terms()
        ladder = self._ladder(briefing, strategy, floor)
        if len(ladder) < LEAST_RUNGS:
            # Three equal packages are no plan: with nothing to give, every talk would end in a deadlock.
            ladder = self._ladder(briefing, strategy, starting_points(briefing)[2])
        inquiry = None if strategy.ask_about == "none" else Inquiry(strategy.ask_about)
        return dspy.Prediction(strategy=strategy, ladder=ladder, inquiry=inquiry)

    def _ladder(self, briefing: Briefing, strategy: Strategy, floor: Terms) -> tuple[Terms, ...]:
        return build_ladder(
            strategy.opening.terms(),
            strategy.target.terms(),
            floor,
            strategy.concede_first,
            briefing.policy,
            rungs=self.settings.rungs,
            standing=briefing.table.own,
        )
