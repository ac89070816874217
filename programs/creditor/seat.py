"""The creditor's seat taken by a program: plan, draft, review, revise. One instance plays one negotiation."""

from __future__ import annotations

import copy
from typing import Protocol, Self

import dspy

from data.domain import CreditorView, Inquiry, Move, MoveKind, Speaker, Turn
from data.frozen import Frozen
from data.terms import Terms
from programs.creditor.briefing import Briefing
from programs.creditor.choosing.course_plan import CoursePlan
from programs.creditor.judge import must_not_accept, must_review
from programs.creditor.settings import ProgramSettings
from programs.creditor.support.told_in_words import NOTHING_HEARD, ToldInWords
from programs.table import words
from programs.table.failures import UnparseableOutput
from programs.table.runner import TableState
from wording import mark, sentences

_HELD_NOTE = mark("judge: the acceptance was held (the facts speak against it)")
UNUSABLE = "output:"
"""How the note begins of a turn that is not the model's, since its output could not be used."""


class Modules(Protocol):
    """What a program puts behind a seat, as `programs.maden.Maden` does."""

    settings: ProgramSettings
    negotiator: dspy.Module
    planner: dspy.Module | None
    judge: dspy.Module | None


class SeatMemory(Frozen):
    """What a seat knows beside the table: enough to take it again in another process."""

    ladder: tuple[Terms, ...] = ()
    planned_with_surplus: bool = False
    to_ask: Inquiry | None = None
    plan: CoursePlan | None = None
    """Of a program that chooses among options."""
    heard: ToldInWords = NOTHING_HEARD
    """Likewise: what was told in words alone."""


class ModuleSeat:
    """What every seat that a program's modules take has in common, and how it is forked.

    Args:
        view: the case as the creditor sees it.
        settings: variant, policy, revisions.
        negotiator, planner, judge: the modules; None where the variant switches one off.
        seed: separates one trial's samples from another's where sampling is on.
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
        self._planned_with_surplus = False

    def forked(self, program: Modules | None = None, seed: int | None = None) -> Self:
        """A second seat at this point of the negotiation: what the one plays from here on, the other does not know.

        Args:
            program: whose modules and settings play on, those of this seat for None; of the same variant.
            seed: of what is sampled from here on, this seat's for None.
        """
        other = copy.copy(self)
        if program is not None:
            other.settings = program.settings
            other.negotiator, other.planner, other.judge = program.negotiator, program.planner, program.judge
        other.seed = self.seed if seed is None else seed
        return other

    def _plan_is_due(self, briefing: Briefing, *, planned: bool) -> bool:
        """Whether to plan now: at the opening, and again once the stated surplus is known."""
        knows_surplus = briefing.stated_surplus is not None
        again = knows_surplus and not self._planned_with_surplus and self.settings.replan_on_disclosure
        if planned and not again:
            return False
        self._planned_with_surplus = knows_surplus
        return True


class ProgramSeat(ModuleSeat):
    """Plays the creditor on a ladder, or freely; implements `programs.table.CreditorSeat`."""

    _to_ask: Inquiry | None = None

    def next_turn(self, table: TableState) -> Turn:
        """The next creditor turn: planned, drafted, and reviewed where it gives way.

        Raises:
            ProgramFault: the opening could not be planned or drafted at all.
            InfrastructureFailure: the model could not be reached.
        """
        briefing = self._planned(self._briefing(table))
        try:
            draft = self._draft(briefing)
        except UnparseableOutput as fault:
            if table.own is None:
                raise
            return held(table.own, f"{UNUSABLE} {fault.kind}, held the offer")
        return self._with_planned_question(draft, table)

    @property
    def memory(self) -> SeatMemory:
        """What this seat knows beside the table."""
        return SeatMemory(ladder=self.ladder, planned_with_surplus=self._planned_with_surplus, to_ask=self._to_ask)

    def recall(self, memory: SeatMemory) -> None:
        """Know what another seat of the same negotiation knew."""
        self.ladder, self._to_ask = memory.ladder, memory.to_ask
        self._planned_with_surplus = memory.planned_with_surplus

    def _planned(self, briefing: Briefing) -> Briefing:
        """The briefing with a ladder, planned at the opening and again once the stated surplus is known.

        A second plan that does not parse leaves the first one standing.
        """
        if self.planner is None:
            return briefing
        if self._plan_is_due(briefing, planned=bool(self.ladder)):
            try:
                plan = self.planner(briefing=briefing, seed=self.seed)
            except UnparseableOutput:
                if not self.ladder:
                    raise
            else:
                self.ladder, self._to_ask = plan.ladder, plan.inquiry
        return self._briefing(briefing.table)

    def _briefing(self, table: TableState) -> Briefing:
        knobs = self.settings
        return Briefing(self.view, knobs.policy, table, self.ladder, knobs.descent_rounds, knobs.floor_discount_share)

    def _draft(self, briefing: Briefing) -> Turn:
        """A draft that the judge has approved, or the last one that it may send back.

        An acceptance cannot be taken back later, so one that the facts speak against is held, revisions used up or not.
        """
        draft: Turn = self.negotiator(briefing=briefing, seed=self.seed).turn
        if self.judge is None:
            return draft
        notes: tuple[str, ...] = ()
        for _ in range(self.settings.max_revisions):
            if not must_review(briefing, draft, self.settings.judge_reviews):
                break
            review = self.judge(briefing=briefing, draft=draft, seed=self.seed)
            notes += (review.note,)
            if review.approved:
                break
            draft = self.negotiator(briefing=briefing, advice=review.advice, seed=self.seed).turn
        if briefing.table.own is not None and must_not_accept(briefing, draft):
            note = mark("judge: the acceptance was held (the facts speak against it)")
            return held(briefing.table.own, *notes, note)
        return draft.model_copy(update={"notes": (*draft.notes, *notes)})

    def _with_planned_question(self, draft: Turn, table: TableState) -> Turn:
        """The planner's question on the opening, where the negotiator asked nothing itself."""
        if table.own is not None or draft.inquiry is not None or self._to_ask is None:
            return draft
        dialogue = sentences(draft.dialogue, words.question(self._to_ask))
        return draft.model_copy(update={"inquiry": self._to_ask, "dialogue": dialogue})


def held(own: Terms, *notes: str) -> Turn:
    """The turn that keeps the standing offer, in code's words alone."""
    return Turn(
        speaker=Speaker.CREDITOR,
        move=Move.ask(own),
        dialogue=words.statement(MoveKind.ASK, own, repeated=True),
        notes=notes,
    )
