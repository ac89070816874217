"""The negotiator: it listens, picks an option, and writes the words for it; code makes the move and states its
figures."""

from __future__ import annotations

import dspy

from data.domain import Turn
from programs.creditor.briefing import Briefing, claims_text, dialogue_text, step_text
from programs.creditor.choosing.course_plan import CoursePlan
from programs.creditor.choosing.fact_hearing import FactHearing
from programs.creditor.choosing.menu import Menu
from programs.creditor.choosing.telling import our_step, sayable, they_said
from programs.creditor.negotiator import NO_ADVICE, stated
from programs.creditor.settings import ProgramSettings
from programs.creditor.support.support_options import Option, Support
from programs.models.calls import call
from programs.table import words
from programs.table.failures import UnparseableOutput
from signatures.options import OptionPick, PickOption, SayWords, SpokenWords

NO_PLAN = "none"


class OptionNegotiator(dspy.Module):
    """Picks one of the options that the support has computed, and speaks (paper: communicating agent)."""

    def __init__(self, settings: ProgramSettings) -> None:
        super().__init__()
        self.settings = settings
        self.predict = dspy.Predict(PickOption)
        self.speak = dspy.Predict(SayWords)
        self.hearing = FactHearing(settings)

    def forward(
        self,
        briefing: Briefing,
        support: Support,
        menu: Menu,
        plan: CoursePlan | None = None,
        advice: str = "",
        seed: int = 0,
    ) -> dspy.Prediction:
        """A `Prediction` with `pick` (Option).

        Raises:
            ProgramFault, InfrastructureFailure: see `programs.models.calls.call`.
        """
        chosen: OptionPick = call(
            self.predict,
            "negotiator",
            seed,
            self.settings.temperature,
            account=words.account(briefing.view),
            plan=NO_PLAN if plan is None else plan.text(),
            dialogue=dialogue_text(briefing.table),
            situation=situation_text(briefing),
            advice=advice or NO_ADVICE,
            options=menu.text(),
        ).pick
        return dspy.Prediction(pick=menu[chosen.choice])

    def turn(self, briefing: Briefing, support: Support, pick: Option, seed: int = 0) -> Turn:
        """The whole turn of a pick, in the model's words where there are any that may be said.

        Raises:
            InfrastructureFailure: see `programs.models.calls.call`.
        """
        try:
            spoken: SpokenWords = call(
                self.speak,
                "negotiator",
                seed,
                self.settings.temperature,
                they_said=they_said(briefing),
                our_step=our_step(briefing, pick.move),
            ).words
        except UnparseableOutput:
            return turn_of(briefing, support, pick, "")
        return turn_of(briefing, support, pick, spoken.reply, self.speak.signature.instructions)


def turn_of(briefing: Briefing, support: Support, pick: Option, message: str, prompt: str = "") -> Turn:
    """The whole turn that takes an option, with the question that is worth most while rounds are left.

    Args:
        briefing: of the turn.
        support: of its table.
        pick: the option.
        message: words for it; what of them may not be said is left out.
        prompt: what the words were written after, which they may not repeat.
    """
    return stated(briefing, pick.move, sayable(message), support.to_ask, prompt=prompt)


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
