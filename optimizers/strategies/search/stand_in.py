"""A stand-in for the models: the program's own ladder and settings, played by the rules that its instructions give.

The planner's part is what the planner is shown as starting points, the negotiator's what `TakeLadderTurn` tells it:
accept what is worth the rung stood on, step down if the debtor moved towards us or we are behind the pace, otherwise
hold; ask for income, then for expenses. A negotiation costs a few milliseconds and no call, so settings can be tried on
hundreds of debtors (`optimizers.strategies.search.screening`).
"""

from __future__ import annotations

from collections.abc import Callable

import dspy

from data.domain import DebtCase, Negotiation, Speaker
from metrics.money.valuation import rung_matched
from programs.creditor.briefing import Briefing, starting_points
from programs.creditor.ladder import CONCESSION_ORDER, build_ladder
from programs.creditor.negotiator import STEP_WORTH_ANSWERING, ladder_move, spoken
from programs.creditor.seat import ProgramSeat
from programs.creditor.settings import ProgramSettings, Variant
from programs.debtor.simulated import SimulatedDebtor
from programs.table.runner import play
from signatures.turn import InquiryChoice, LadderTurn

PLAYED_BY_STAND_IN = frozenset(
    {"rungs", "floor_discount_share", "final_offer", "acceptance_reach", "steps_down", "descent_rounds"}
)
"""The settings that it plays by; the others are about what a model answers."""

StandIn = Callable[[DebtCase, int], Negotiation]


def stand_in(settings: ProgramSettings) -> StandIn:
    """Plays `settings` against simulated debtors without a model; the judge and free terms have no stand-in."""
    # Without a judge: its knobs are about a model's drafts.
    played = settings.model_copy(update={"variant": Variant.PLANNED})

    def negotiated(case: DebtCase, seed: int) -> Negotiation:
        seat = ProgramSeat(case.creditor_view(), played, _Negotiator(played), _Planner(played), None, seed)
        return play(case, seat, SimulatedDebtor(case, seed), played.policy, seed)

    return negotiated


class _Planner(dspy.Module):
    """The starting points as the plan."""

    def __init__(self, settings: ProgramSettings) -> None:
        super().__init__()
        self.settings = settings

    def forward(self, briefing: Briefing, seed: int = 0) -> dspy.Prediction:
        opening, target, floor = starting_points(briefing)
        rungs, policy, standing = self.settings.rungs, briefing.policy, briefing.table.own
        ladder = build_ladder(opening, target, floor, CONCESSION_ORDER[0], policy, rungs=rungs, standing=standing)
        return dspy.Prediction(ladder=ladder, inquiry=None)


class _Negotiator(dspy.Module):
    """The rules of the instruction."""

    def __init__(self, settings: ProgramSettings) -> None:
        super().__init__()
        self.settings = settings

    def forward(self, briefing: Briefing, advice: str = "", seed: int = 0) -> dspy.Prediction:
        choice = LadderTurn(thoughts="", choice=_choice(briefing), inquiry=_inquiry(briefing), message="")
        return dspy.Prediction(turn=spoken(briefing, ladder_move(briefing, choice.choice, self.settings), choice))


def _choice(briefing: Briefing) -> str:
    if _worth_our_rung(briefing):
        return "accept"
    step = briefing.last_step(Speaker.DEBTOR)
    moved = step is not None and step > STEP_WORTH_ANSWERING
    return "step_down" if moved or briefing.behind_pace else "hold"


def _worth_our_rung(briefing: Briefing) -> bool:
    theirs = briefing.table.theirs
    if theirs is None or briefing.policy.breaches(theirs):
        return False
    matched = rung_matched(theirs, briefing.ladder, briefing.policy)
    return matched is not None and matched <= briefing.rung


def _inquiry(briefing: Briefing) -> InquiryChoice:
    said = briefing.disclosed
    if said.monthly_income is None:
        return "income"
    return "expenses" if said.monthly_expenses is None else "none"
