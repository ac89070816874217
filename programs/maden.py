"""The composite: planner, negotiator and judge at the creditor's seat, playing a whole negotiation.

The paper's multi-agent framework (arXiv 2502.18228, section 5) as one `dspy.Module`, so that DSPy's optimisers
can run it as `program(case=..., seed=...)`. Planner and judge can each be switched off (`Variant`).
"""

from __future__ import annotations

from collections.abc import Callable

import dspy

from data.domain import CreditorView, DebtCase
from plumbing.hidden import Hidden
from programs.creditor.choosing.course_planner import CoursePlanner
from programs.creditor.choosing.fact_hearing import ListeningNegotiator
from programs.creditor.choosing.option_negotiator import OptionNegotiator
from programs.creditor.choosing.option_seat import OptionSeat
from programs.creditor.choosing.pick_judge import PickJudge
from programs.creditor.fingerprints import program_sha256, program_state
from programs.creditor.judge import Judge
from programs.creditor.negotiator import FreeNegotiator, LadderNegotiator
from programs.creditor.planner import Planner
from programs.creditor.seat import ProgramSeat
from programs.creditor.settings import ProgramSettings, Variant
from programs.debtor.simulated import SimulatedDebtor
from programs.table.runner import DebtorSeat, play

Seat = ProgramSeat | OptionSeat
"""A creditor's seat taken by a program."""
DebtorFactory = Callable[[DebtCase, int], DebtorSeat]
"""Makes the debtor of one negotiation from the case (with its private side) and the seed."""


class Maden(dspy.Module):
    """A debt-negotiation program.

    Args:
        settings: variant, policy and the rest; saved in the artifact.
        debtors: who sits on the other side when the program is called; simulated debtors by default.
    """

    def __init__(self, settings: ProgramSettings | None = None, debtors: DebtorFactory = SimulatedDebtor) -> None:
        super().__init__()
        self.settings = settings or ProgramSettings()
        self.outside = Hidden(debtors)
        variant = self.settings.variant
        chooses = self.settings.chooses
        planner, judge = (CoursePlanner, PickJudge) if chooses else (Planner, Judge)
        self.planner = planner(self.settings) if variant.plans else None
        self.negotiator = _negotiator(self.settings)(self.settings)
        self.judge = judge(self.settings) if variant.judges else None

    @property
    def sha256(self) -> str:
        """Hash of the settings and of every prompt and demo: equal means the same program; the model is no part of it.

        Raises:
            UserError: a predictor carries a model of its own.
        """
        return program_sha256(self.settings, program_state(self))

    @property
    def debtors(self) -> DebtorFactory:
        """Who sits on the other side."""
        return self.outside.held

    def seat(self, view: CreditorView, seed: int = 0) -> Seat:
        """The creditor's seat for one negotiation; its `next_turn(table)` answers any debtor (an app's, a test's)."""
        seat = OptionSeat if self.settings.chooses else ProgramSeat
        return seat(view, self.settings, self.negotiator, self.planner, self.judge, seed)

    def with_settings(self, settings: ProgramSettings) -> Maden:
        """The same prompts and demonstrations under other settings of the same variant."""
        made = Maden(settings, self.debtors)
        made.load_state(program_state(self))
        return made

    def forward(self, case: DebtCase, seed: int = 0) -> dspy.Prediction:
        """Play one negotiation.

        Args:
            case: the debtor; the creditor's side receives `case.creditor_view()` only.
            seed: of the debtor's behaviour, and of sampling where the temperature is not 0.

        Returns:
            `Prediction(negotiation=Negotiation, ending=str, agreed=Terms | None)`. A failure of model or provider is
            an ending (`program_fault`, `infrastructure`) in the record, not an exception.
        """
        negotiation = play(
            case, self.seat(case.creditor_view(), seed), self.debtors(case, seed), self.settings.policy, seed
        )
        return dspy.Prediction(negotiation=negotiation, ending=negotiation.ending.value, agreed=negotiation.agreed)


def _negotiator(settings: ProgramSettings) -> type[dspy.Module]:
    if settings.variant is Variant.LISTENING:
        return ListeningNegotiator
    if settings.chooses:
        return OptionNegotiator
    return LadderNegotiator if settings.variant.plans else FreeNegotiator
