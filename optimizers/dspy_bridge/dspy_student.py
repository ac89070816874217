"""What DSPy's optimisers need around them to be trusted with paid work (docs/dspy-traps.md lists the evidence).

- The judge stays out: it cannot raise the score by itself, and proposals spent on it are lost.
- A negotiation that infrastructure broke halts the run (`DspyStudent`), because DSPy would average it in as 0.
"""

from __future__ import annotations

from typing import Any

import dspy

from data.domain import DebtCase, Ending
from metrics.evaluator import objective_metric
from optimizers.runs.halt import Halted
from optimizers.runs.player import Player
from optimizers.runs.task import CompileTask
from plumbing.hidden import Hidden
from programs.creditor.fingerprints import program_state
from programs.creditor.settings import ProgramSettings
from programs.maden import DebtorFactory, Maden

MAX_ERRORS = 10**6
"""DSPy's own limit would throw the run away; failures are counted here and judged by coverage."""


class DspyStudent(Maden):
    """A program as DSPy's own optimisers play it: every negotiation goes through the run's player.

    It plays afresh each time, since DSPy wants the trace; calls that were paid before are answered from the run's
    responses. A negotiation that infrastructure broke halts the run, because DSPy would average it in as 0.
    """

    def __init__(self, settings: ProgramSettings, debtors: DebtorFactory, player: Player) -> None:
        super().__init__(settings, debtors)
        self.held = Hidden(player)

    @property
    def player(self) -> Player:
        """The run's."""
        return self.held.held

    def forward(self, case: DebtCase, seed: int = 0) -> dspy.Prediction:
        """Play one negotiation.

        Raises:
            Halted: a cap was reached, someone stopped the run, or infrastructure broke the negotiation for good.
        """
        self._raise_if_over()
        player, made = self.player, dspy.Prediction()

        def playing(case: DebtCase, seed: int) -> dspy.Prediction:
            nonlocal made
            made = super(DspyStudent, self).forward(case, seed)
            return made

        negotiation = player.play(self, case, seed, fresh=True, playing=playing)
        if negotiation.ending is Ending.INFRASTRUCTURE:
            raise player.halt(
                Halted(
                    "infrastructure",
                    f"the model failed in a negotiation with {case.case_id} ({negotiation.failure}), and this "
                    "optimiser cannot leave one out",
                )
            )
        return made

    def deepcopy(self) -> DspyStudent:
        """A copy to try something with; DSPy's optimisers make one for each candidate and swallow what playing it
        raises, so here they learn that the run is over.

        Raises:
            Halted: the run is over.
        """
        self._raise_if_over()
        return super().deepcopy()

    def _raise_if_over(self) -> None:
        if (why := self.player.failed or self.player.halted) is not None:
            raise why


def student(task: CompileTask) -> DspyStudent:
    """A copy of the task's program for DSPy's optimisers: nothing compiled but the judge, which they pass over."""
    program = task.program
    copy = DspyStudent(program.settings, program.debtors, task.player)
    copy.load_state(program_state(program))
    thaw(copy)
    if copy.judge is not None:
        copy.judge._compiled = True
    return copy


def plain(program: Maden) -> Maden:
    """The program without what a strategy hung on it, ready to be played and saved."""
    return thaw(program.with_settings(program.settings))


def metric(example: dspy.Example, pred: dspy.Prediction, trace: Any = None, **_: Any) -> float:
    """The objective in 0..1, as DSPy's optimisers call it."""
    return float(objective_metric(example, pred, trace).score)


def thaw(program: Maden) -> Maden:
    """Clear every `_compiled` flag: a flagged sub-module is missing from the saved state and from later compiles."""
    for _, module in program.named_sub_modules():
        module._compiled = False
    return program
