"""The negotiator: it picks an option and writes the words for it; code makes the move and states its figures."""

from __future__ import annotations

import dspy

from data.domain import Turn
from programs.creditor.briefing import Briefing, claims_text, dialogue_text, step_text
from programs.creditor.choosing.menu import Menu
from programs.creditor.choosing.plan import CoursePlan
from programs.creditor.negotiator import NO_ADVICE, stated
from programs.creditor.settings import ProgramSettings
from programs.creditor.support.options import Option, Support
from programs.models.calls import call
from programs.table import words
from signatures.options import OptionTurn, PickOption

NO_PLAN = "none"


class OptionNegotiator(dspy.Module):
    """Picks one of the options that the support has computed (paper: communicating agent)."""

    def __init__(self, settings: ProgramSettings) -> None:
        super().__init__()
        self.settings = settings
        self.predict = dspy.Predict(PickOption)

    def forward(
        self,
        briefing: Briefing,
        support: Support,
        menu: Menu,
        plan: CoursePlan | None = None,
        advice: str = "",
        seed: int = 0,
    ) -> dspy.Prediction:
        """A `Prediction` with `turn` (a draft), `pick` (Option) and `heard` (words of the debtor, or "").

        Raises:
            ProgramFault, InfrastructureFailure: see `programs.models.calls.call`.
        """
        chosen: OptionTurn = call(
            self.predict,
            "negotiator",
            seed,
            self.settings.temperature,
            account=words.account(briefing.view),
            plan=NO_PLAN if plan is None else plan.text(),
            dialogue=dialogue_text(briefing.table),
            advice=advice or NO_ADVICE,
            situation=situation_text(briefing),
            options=menu.text(),
        ).turn
        pick = menu[chosen.choice]
        turn = turn_of(briefing, support, pick, chosen.message)
        return dspy.Prediction(turn=turn, pick=pick, heard=chosen.heard)


def turn_of(briefing: Briefing, support: Support, pick: Option, message: str) -> Turn:
    """The whole turn that takes an option, with the question that is worth most while rounds are left."""
    return stated(briefing, pick.move, message, support.to_ask)


def situation_text(briefing: Briefing) -> str:
    """Where both sides stand, computed; the options follow."""
    table = briefing.table
    lines = [claims_text(briefing), f"Round {table.round} of {table.round_limit}."]
    if table.own is None:
        return " ".join([*lines, "We have offered nothing yet; this is our opening."])
    lines.append(f"Our offer stands at {words.package(table.own)}.")
    if table.theirs is not None:
        lines.append(f"The debtor asks for {words.package(table.theirs)}. {step_text(briefing)}")
    return " ".join(lines)
