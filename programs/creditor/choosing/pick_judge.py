"""The judge: it asks what a pick costs against the best option, and whether the debtor's words are worth that.

A pick that costs next to nothing is approved without asking a model, and a costly acceptance sent back, since no words
make good what it ends; of any other pick the model is asked the one question that figures leave open, and it must show
the words that it goes by.
"""

from __future__ import annotations

import dspy

from data.domain import MoveKind, Speaker
from plumbing.plain_text import normalised
from programs.creditor.briefing import Briefing
from programs.creditor.choosing.menu import Menu, points
from programs.creditor.choosing.telling import last_words
from programs.creditor.settings import ProgramSettings
from programs.creditor.support.support_options import Option, Support
from programs.models.calls import call
from signatures.options import JudgePick, PickVerdict
from wording import mark

TOLERATED = 0.005
"""Expected CCI that a pick may cost unasked: about what one round costs."""
FOR_A_REASON = mark("judge: approved (a reason in the debtor's words)")
SENT_BACK = "judge: sent back"
"""How the notes of such verdicts begin."""
LEAST_WORDS_CHARS = 8
"""Shorter words of a debtor are no reason."""


class PickJudge(dspy.Module):
    """Approves or sends back one pick (paper: judging agent)."""

    def __init__(self, settings: ProgramSettings) -> None:
        super().__init__()
        self.settings = settings
        self.predict = dspy.Predict(JudgePick)

    def forward(self, briefing: Briefing, support: Support, menu: Menu, pick: Option, seed: int = 0) -> dspy.Prediction:
        """A `Prediction` with `approved` (bool), `advice` (str) and `note` (a sentence for the record).

        Raises:
            ProgramFault, InfrastructureFailure: see `programs.models.calls.call`.
        """
        cost = support.cost_of(pick)
        if cost <= TOLERATED:
            return dspy.Prediction(
                approved=True, advice="", note=mark("judge: approved (the figures leave no question)")
            )
        best = menu.letter_of(support.best)
        better = f"{best} comes to {points(cost)} points more"
        if pick.kind is MoveKind.ACCEPT:
            return _sent_back(f"{better}: choose {best}.", mark("judge: sent back (an acceptance cannot be made good)"))
        said = last_words(briefing.table.turns)
        if len(said) < LEAST_WORDS_CHARS:
            return _sent_back(f"{better}: choose {best}.", mark("judge: sent back (nothing was said for it)"))
        verdict: PickVerdict = call(
            self.predict,
            "judge",
            seed,
            self.settings.temperature,
            facts=f"Draft: {menu.line(menu.letter_of(pick))}\nBest: {menu.line(best)}\n{better}.",
            they_said=said,
        ).verdict
        if verdict.reason_holds == "yes" and was_said(verdict.heard, briefing):
            return dspy.Prediction(approved=True, advice="", note=FOR_A_REASON)
        return _sent_back(
            f"{better}. {verdict.advice.strip()}".strip(), mark("judge: sent back (the reason does not hold)")
        )


def _sent_back(advice: str, note: str) -> dspy.Prediction:
    return dspy.Prediction(approved=False, advice=advice, note=note)


def was_said(heard: str, briefing: Briefing) -> bool:
    """Whether the debtor has said these words."""
    wanted = normalised(heard)
    if len(wanted.strip()) < LEAST_WORDS_CHARS:
        return False
    said = (turn.dialogue for turn in briefing.table.turns if turn.speaker is Speaker.DEBTOR)
    return any(wanted.strip() in normalised(one) for one in said)
