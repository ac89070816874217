"""The creditor's seat taken by a program that chooses among options: compute, plan, pick, review.

One instance plays one negotiation. A pick that the judge has not let pass when its revisions are used up is replaced by
the best option: what figures speak against, and no words speak for, does not leave.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import dspy

from data.domain import CreditorView, Turn
from data.terms import Terms
from metrics.forgone import forgone_note
from programs.creditor.briefing import Briefing
from programs.creditor.choosing.menu import Menu, menu_of
from programs.creditor.choosing.negotiator import turn_of
from programs.creditor.choosing.plan import COURSES, CoursePlan
from programs.creditor.seat import UNUSABLE, Modules, SeatMemory, held
from programs.creditor.settings import ProgramSettings
from programs.creditor.support.decision import DecisionSupport
from programs.creditor.support.frontier import frontier
from programs.creditor.support.options import Option, Support
from programs.table.failures import UnparseableOutput
from programs.table.runner import TableState
from wording import mark

TAKEN_INSTEAD = mark("judge: the best option was taken instead")


@dataclass(frozen=True)
class _Draft:
    """A pick with its words."""

    turn: Turn
    pick: Option
    heard: str


class OptionSeat:
    """Plays the creditor with modules that choose (programs.table.CreditorSeat).

    Args:
        view: the case as the creditor sees it.
        settings: variant, policy, revisions.
        negotiator, planner, judge: the modules of `programs.creditor.choosing`; no judge for None.
        seed: separates one trial's samples from another's where sampling is on.

    Raises:
        UserError: the shipped support cannot be read.
    """

    ladder: tuple[Terms, ...] = ()

    def __init__(
        self,
        view: CreditorView,
        settings: ProgramSettings,
        negotiator: dspy.Module,
        planner: dspy.Module | None,
        judge: dspy.Module | None,
        seed: int = 0,
    ) -> None:
        self.view, self.settings, self.seed = view, settings, seed
        self.negotiator, self.planner, self.judge = negotiator, planner, judge
        self._plan: CoursePlan | None = None
        self._planned_with_surplus = False
        self._support = DecisionSupport(view, settings.policy)

    def next_turn(self, table: TableState) -> Turn:
        """The next creditor turn: an option of those that are computed, with words for it.

        Raises:
            ProgramFault: the opening could not be planned or drafted at all.
            InfrastructureFailure: the model could not be reached.
        """
        briefing = Briefing(self.view, self.settings.policy, table)
        self._plan_where_due(briefing)
        support = self._support.consider(table)
        if support.nothing_can_be_kept and table.own is not None:
            return held(table.own, mark("support: no plan can be kept; a person should decide"))
        menu = menu_of(support, self.settings.policy, self.view.debt.currency)
        try:
            return self._reviewed(briefing, support, menu)
        except UnparseableOutput as fault:
            if table.own is None:
                raise
            note = f"{UNUSABLE} {fault.kind}, took the best option"
            return _noted(turn_of(briefing, support, support.best, ""), note)

    @property
    def memory(self) -> SeatMemory:
        """What this seat knows beside the table."""
        return SeatMemory(plan=self._plan, planned_with_surplus=self._planned_with_surplus)

    def recall(self, memory: SeatMemory) -> None:
        """Know what another seat of the same negotiation knew."""
        self._planned_with_surplus = memory.planned_with_surplus
        self._follow(memory.plan)

    def forked(self, program: Modules | None = None, seed: int | None = None) -> OptionSeat:
        """A second seat at this point of the negotiation, as `ProgramSeat.forked`."""
        other = copy.copy(self)
        if program is not None:
            other.settings = program.settings
            other.negotiator, other.planner, other.judge = program.negotiator, program.planner, program.judge
        other.seed = self.seed if seed is None else seed
        return other

    def _plan_where_due(self, briefing: Briefing) -> None:
        """A plan at the opening and once the surplus is known; a second one that fails to parse changes nothing."""
        knows_surplus = briefing.stated_surplus is not None
        again = knows_surplus and not self._planned_with_surplus and self.settings.replan_on_disclosure
        if self.planner is None or (self._plan is not None and not again):
            return
        self._planned_with_surplus = knows_surplus
        support = self._support.consider(briefing.table)
        packages = frontier(self._support, briefing.table)
        try:
            self._follow(self.planner(briefing=briefing, support=support, frontier=packages, seed=self.seed).plan)
        except UnparseableOutput:
            if self._plan is None:
                raise

    def _follow(self, plan: CoursePlan | None) -> None:
        self._plan = plan
        course = None if plan is None else COURSES[plan.course]
        self._support = DecisionSupport(self.view, self.settings.policy, course=course)

    def _reviewed(self, briefing: Briefing, support: Support, menu: Menu) -> Turn:
        draft = self._draft(briefing, support, menu)
        notes: tuple[str, ...] = ()
        for revision in range(self.settings.max_revisions + 1 if self.judge is not None else 0):
            review = self.judge(  # type: ignore[misc]
                briefing=briefing, support=support, menu=menu, pick=draft.pick, heard=draft.heard, seed=self.seed
            )
            notes += (review.note,)
            if review.approved:
                break
            if revision == self.settings.max_revisions:
                best = turn_of(briefing, support, support.best, "")
                draft = _Draft(best, support.best, "")
                notes += (TAKEN_INSTEAD,)
                break
            draft = self._draft(briefing, support, menu, review.advice)
        return _noted(draft.turn, *notes, forgone_note(support.cost_of(draft.pick), support.best.kind))

    def _draft(self, briefing: Briefing, support: Support, menu: Menu, advice: str = "") -> _Draft:
        made = self.negotiator(
            briefing=briefing, support=support, menu=menu, plan=self._plan, advice=advice, seed=self.seed
        )
        return _Draft(made.turn, made.pick, made.heard)


def _noted(turn: Turn, *notes: str) -> Turn:
    return turn.model_copy(update={"notes": (*turn.notes, *notes)})
