"""The creditor's seat taken by a program that chooses among options: listen, compute, plan, pick, review, speak.

One instance plays one negotiation. A pick that the judge has not let pass when its revisions are used up is replaced by
the best option: what figures speak against, and no words speak for, does not leave.
"""

from __future__ import annotations

from functools import cached_property

import dspy

from data.domain import Turn
from metrics.forgone import forgone_note
from programs.creditor.briefing import Briefing
from programs.creditor.choosing.course_plan import COURSES, CoursePlan
from programs.creditor.choosing.frontier import aims
from programs.creditor.choosing.menu import Menu, menu
from programs.creditor.choosing.option_negotiator import turn_of
from programs.creditor.seat import UNUSABLE, ModuleSeat, SeatMemory, held
from programs.creditor.settings import Variant
from programs.creditor.support.course import Course
from programs.creditor.support.decision import DecisionSupport
from programs.creditor.support.support_options import Option, Support
from programs.table.failures import UnparseableOutput
from programs.table.runner import TableState
from wording import mark

TAKEN_INSTEAD = mark("judge: the best option was taken instead")


class OptionSeat(ModuleSeat):
    """Plays the creditor with the modules of `programs.creditor.choosing` (programs.table.CreditorSeat).

    Raises:
        UserError: the shipped support cannot be read.
    """

    _plan: CoursePlan | None = None

    @cached_property
    def _support(self) -> DecisionSupport:
        return DecisionSupport(self.view, self.settings.policy)

    def next_turn(self, table: TableState) -> Turn:
        """The next creditor turn: an option of those that are computed, with words for it.

        Raises:
            ProgramFault: the opening could not be planned or drafted at all.
            InfrastructureFailure: the model could not be reached.
        """
        briefing = Briefing(self.view, self.settings.policy, table)
        heard = self._listened(briefing)
        return _noted(self._turn(briefing), *heard)

    def _turn(self, briefing: Briefing) -> Turn:
        table = briefing.table
        self._plan_where_due(briefing)
        support = self._support.consider(table)
        if support.nothing_can_be_kept and table.own is not None:
            return held(table.own, mark("support: no plan can be kept; a person should decide"))
        if self.settings.variant is Variant.LISTENING:
            return turn_of(briefing, support, support.best, "")
        options = menu(support.options, self.settings.policy, self.view.debt.currency)
        try:
            return self._reviewed(briefing, support, options)
        except UnparseableOutput as fault:
            if table.own is None:
                raise
            note = f"{UNUSABLE} {fault.kind}, took the best option"
            return _noted(turn_of(briefing, support, support.best, ""), note)

    @property
    def memory(self) -> SeatMemory:
        """What this seat knows beside the table."""
        return SeatMemory(plan=self._plan, planned_with_surplus=self._planned_with_surplus, heard=self._support.heard)

    def recall(self, memory: SeatMemory) -> None:
        """Know what another seat of the same negotiation knew."""
        self._planned_with_surplus = memory.planned_with_surplus
        self._follow(memory.plan)
        self._support = self._support.hearing(memory.heard)

    def _listened(self, briefing: Briefing) -> tuple[str, ...]:
        """Take up what the last message tells in words; the notes of it."""
        listened = self.negotiator.hearing(briefing=briefing, known=self._support.heard, seed=self.seed)
        self._support = self._support.hearing(listened.heard)
        notes: tuple[str, ...] = listened.notes
        return notes

    def _plan_where_due(self, briefing: Briefing) -> None:
        """A plan at the opening and once the surplus is known; a second one that fails to parse changes nothing."""
        if self.planner is None or not self._plan_is_due(briefing, planned=self._plan is not None):
            return
        support = self._support.consider(briefing.table, also=aims(self.settings.policy))
        try:
            self._follow(self.planner(briefing=briefing, support=support, seed=self.seed).plan)
        except UnparseableOutput:
            if self._plan is None:
                raise

    def _follow(self, plan: CoursePlan | None) -> None:
        self._plan = plan
        self._support = self._support.following(Course() if plan is None else COURSES[plan.course])

    def _reviewed(self, briefing: Briefing, support: Support, options: Menu) -> Turn:
        pick, notes = self._picked(briefing, support, options), list[str]()
        if self.judge is not None:
            pick = self._judged(self.judge, briefing, support, options, pick, notes)
        turn = self.negotiator.turn(briefing, support, pick, self.seed)
        picked, better = (options.named(options.letter_of(one)) for one in (pick, support.best))
        return _noted(turn, *notes, forgone_note(support.cost_of(pick), support.best.kind, picked, better))

    def _judged(
        self, judge: dspy.Module, briefing: Briefing, support: Support, options: Menu, pick: Option, notes: list[str]
    ) -> Option:
        """The pick that the judge let pass, or the best option; each verdict is added to `notes`."""
        for left in reversed(range(self.settings.max_revisions + 1)):
            review = judge(briefing=briefing, support=support, menu=options, pick=pick, seed=self.seed)
            notes.append(review.note)
            if review.approved:
                return pick
            if left:
                pick = self._picked(briefing, support, options, review.advice)
        notes.append(TAKEN_INSTEAD)
        return support.best

    def _picked(self, briefing: Briefing, support: Support, options: Menu, advice: str = "") -> Option:
        made: dspy.Prediction = self.negotiator(
            briefing=briefing, support=support, menu=options, plan=self._plan, advice=advice, seed=self.seed
        )
        pick: Option = made.pick
        return pick


def _noted(turn: Turn, *notes: str) -> Turn:
    return turn.model_copy(update={"notes": (*turn.notes, *notes)})
