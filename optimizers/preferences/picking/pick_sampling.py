"""The candidates for one pick: every option of the menu in the student's own reply, each played to its end.

What may be held up is the option that the support puts first, which is what the contract asks to be picked and what
can be read off the menu; the rollouts say whether picking otherwise cost anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import dspy

from data.domain import CreditorPolicy, DebtCase, Ending, Speaker, Turn
from optimizers.preferences.picking.picks import read_pick, repicked
from optimizers.preferences.rollouts import Rollouts, debtor_seeds
from optimizers.preferences.sampling import Candidate, SamplingPlan, Source, TableCandidates, drawn, sample_seed
from optimizers.preferences.student import ModelExchange, written
from programs.creditor.briefing import Briefing
from programs.creditor.choosing.menu import Menu, points
from programs.creditor.choosing.option_negotiator import OptionNegotiator, turn_of
from programs.creditor.choosing.option_seat import OptionSeat
from programs.creditor.settings import ProgramSettings
from programs.creditor.support.support_options import Support
from programs.debtor.simulated import SimulatedDebtor
from programs.maden import Maden
from programs.table.failures import InfrastructureFailure, ProgramFault
from programs.table.guard import guarded
from programs.table.runner import play
from signatures.options import Letter
from wording import speaking


@dataclass(frozen=True)
class _Pick:
    """One question to the negotiator, and what it wrote."""

    asked: dict[str, Any]
    heard: ModelExchange

    @property
    def briefing(self) -> Briefing:
        found: Briefing = self.asked["briefing"]
        return found

    @property
    def support(self) -> Support:
        found: Support = self.asked["support"]
        return found

    @property
    def menu(self) -> Menu:
        found: Menu = self.asked["menu"]
        return found


class _Listened:
    """A negotiator that is listened to: what it is asked first at each table, and what it writes."""

    def __init__(self, negotiator: OptionNegotiator) -> None:
        self._negotiator = negotiator
        self.hearing, self.turn = negotiator.hearing, negotiator.turn
        self.picks: list[_Pick] = []

    def __call__(self, **asked: Any) -> dspy.Prediction:
        with written() as heard:
            made = self._negotiator(**asked)
        if not asked["advice"]:
            self.picks.append(_Pick(asked, heard))
        return made


class PickSampler:
    """Values the picks of a program that chooses among options.

    Args:
        program: the name of the student, uncompiled, such as `planned`.
        policy: the limits.
        lm: the student's model.
        plan: how much is sampled; a teacher's tables there are none.
    """

    def __init__(self, program: str, policy: CreditorPolicy, lm: dspy.LM, plan: SamplingPlan) -> None:
        settings = ProgramSettings.named(program, policy=policy, temperature=0.0)
        self.program = Maden(settings)
        self.warm = self.program.with_settings(settings.model_copy(update={"temperature": plan.temperature}))
        self.policy, self.plan, self._lm = policy, plan, lm
        self.rollouts = Rollouts(plan.plays_on, policy)

    def tables(self, case: DebtCase, seed: int) -> list[TableCandidates]:
        """The candidates at each chosen pick of the student's negotiation.

        Raises:
            InfrastructureFailure: a model could not be reached.
        """
        listened = _Listened(self._negotiator(self.program))
        program = self.program
        seat = OptionSeat(
            case.creditor_view(),
            program.settings,
            listened,
            program.planner,
            program.judge,
            seed,
        )
        with dspy.context(lm=self._lm):
            own = play(case, seat, SimulatedDebtor(case, seed), self.policy, seed)
            if own.ending is Ending.INFRASTRUCTURE:
                raise InfrastructureFailure(own.failure or "the model could not be reached")
            picks = drawn(listened.picks, self.plan.turns, f"{case.case_id} {seed}")
            found = [self._at(case, seed, own.turns, pick) for pick in picks]
        return [table for table in found if table is not None]

    def _negotiator(self, program: Maden) -> OptionNegotiator:
        negotiator = program.negotiator
        assert isinstance(negotiator, OptionNegotiator)
        return negotiator

    def _at(self, case: DebtCase, seed: int, turns: Sequence[Turn], pick: _Pick) -> TableCandidates | None:
        """All candidates for one pick; None where the student wrote nothing usable."""
        said = tuple(turns[: len(pick.briefing.table.turns)])
        replies = list(dict.fromkeys(self._replies(case, seed, pick)))
        if not replies or not pick.heard.messages:
            return None
        return TableCandidates(
            case_id=case.case_id,
            seed=seed,
            round=pick.briefing.table.round,
            played_by="student",
            said=said,
            prompt=pick.heard.messages[0],
            candidates=tuple(self._valued(case, seed, said, pick, replies)),
        )

    def _replies(self, case: DebtCase, seed: int, pick: _Pick) -> Iterator[str]:
        """What the student wrote, and what it writes when it is sampled."""
        if pick.heard.replies and read_pick(pick.heard.replies[-1]) is not None:
            yield pick.heard.replies[-1]
        for number in range(self.plan.student_samples):
            with written() as heard, speaking(case.debtor.language):
                try:
                    self._negotiator(self.warm)(**{**pick.asked, "seed": sample_seed(seed, number)})
                except ProgramFault:
                    continue
            if heard.replies and read_pick(heard.replies[-1]) is not None:
                yield heard.replies[-1]

    def _valued(
        self, case: DebtCase, seed: int, said: tuple[Turn, ...], pick: _Pick, replies: Sequence[str]
    ) -> Iterator[Candidate]:
        """Every option of the menu in each reply; what an option comes to depends on no words, since it has none."""
        letters, table = pick.menu.letters, pick.briefing.table
        with speaking(case.debtor.language):
            turns = [
                guarded(turn_of(pick.briefing, pick.support, pick.menu[one], ""), table.own, table.theirs, self.policy)
                for one in letters
            ]
        worths = self.rollouts.worths(case, said, turns, debtor_seeds(seed, self.plan.debtor_seeds))
        best = max(letters, key=lambda one: pick.menu[one].value)
        for words, reply in enumerate(replies):
            for letter, turn, worth in zip(letters, turns, worths, strict=True):
                text, source = _reply_with(reply, letter, pick.menu, best)
                if text is None:
                    continue
                yield Candidate(
                    source="student_sample" if source == "student" and words else source,
                    words=words,
                    turn=turn,
                    reply=text,
                    choice=turn.move.kind.value,
                    ending=worth.ending,
                    agreed=worth.agreed,
                    by_seed=worth.by_seed,
                    clean=letter == best and turn.proposed is None and turn.speaker is Speaker.CREDITOR,
                )


def _reply_with(reply: str, letter: Letter, menu: Menu, best: Letter) -> tuple[str | None, Source]:
    """The reply with a letter in it, as it is where that is its own."""
    picked = read_pick(reply)
    assert picked is not None  # only such replies are kept
    if menu[picked.choice] is menu[letter]:
        return reply, "student"
    return repicked(reply, letter, points(menu[letter].value)), "teacher" if letter == best else "lookahead"
