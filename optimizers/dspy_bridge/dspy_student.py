"""What DSPy's optimisers need around them to be trusted with paid work (docs/dspy-traps.md lists the evidence).

- The judge stays out: it cannot raise the score by itself, and proposals spent on it are lost.
- A negotiation that infrastructure broke halts the run (`DspyStudent`), because DSPy would average it in as 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import dspy

from optimizers.runs.halt import Halted
from optimizers.runs.player import Player
from optimizers.runs.task import CompileTask
from plumbing.hidden import Hidden
from programs.creditor.fingerprints import program_state
from programs.kinds.kind import Case, Kind
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.maden import Maden
from programs.playing.evaluate import Program, broken

MAX_ERRORS = 10**6
"""DSPy's own limit would throw the run away; failures are counted here and judged by coverage."""


class ThroughPlayer(dspy.Module):
    """What a program becomes for DSPy's own optimisers: every negotiation goes through the run's player.

    Mixed into the program's class. It plays afresh each time, since DSPy wants the trace; calls that were paid before
    are answered from the run's responses. A negotiation that infrastructure broke halts the run, because DSPy would
    average it in as 0.
    """

    held: Hidden

    @property
    def player(self) -> Player:
        """The run's."""
        return self.held.held

    def forward(self, case: Case, seed: int = 0) -> dspy.Prediction:
        """Play one negotiation.

        Raises:
            Halted: a cap was reached, someone stopped the run, or infrastructure broke the negotiation for good.
        """
        made = dspy.Prediction()

        def playing(case: Case, seed: int) -> dspy.Prediction:
            nonlocal made
            if (lost := self.player.executor.rehearsed(self, case, seed)) is not None:
                return dspy.Prediction(negotiation=lost)
            made = super(ThroughPlayer, self).forward(case, seed)
            return made

        self.through_player(case, seed, playing)
        return made

    def through_player(self, case: Case, seed: int, playing: Program, sample: int = 0) -> Any:
        """The record of one negotiation that `playing` plays.

        Args:
            case: a training or validation debtor.
            seed: of the debtor's behaviour.
            playing: what is called with both.
            sample: kept apart from the negotiation as the program plays it (0) and from its other samples.

        Raises:
            Halted: see `forward`.
        """
        self._raise_if_over()
        player = self.player
        record = player.play(
            self, case, seed + sample, fresh=True, playing=lambda case, seed: playing(case, seed - sample)
        )
        if broken(record):
            raise player.halt(
                Halted(
                    "infrastructure",
                    f"the model failed in {_played_with(player.kind, case.case_id)} ({record.failure}), and this "
                    "optimiser cannot leave one out",
                )
            )
        return record

    def deepcopy(self) -> Any:
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


class DspyStudent(ThroughPlayer, Maden):
    """A negotiation program for DSPy's own optimisers."""


def student(task: CompileTask, of: type | None = None) -> Any:
    """A copy of the task's program for DSPy's optimisers: nothing compiled but the judge, which they pass over.

    Args:
        task: whose program it is.
        of: a class made from `student_class`, if that is not enough.
    """
    program = task.program
    made_of = of or student_class(task.kind)
    copy = task.kind.bare(program.settings, getattr(program, "debtors", None), of=made_of)
    copy.held = Hidden(task.player)
    copy.load_state(program_state(program))
    thaw(copy)
    if getattr(copy, "judge", None) is not None:
        copy.judge._compiled = True
    return copy


@lru_cache(maxsize=8)
def student_class(kind: Kind) -> type:
    """What a program of the kind becomes for DSPy's optimisers."""
    if kind is NEGOTIATIONS:
        return DspyStudent
    return type(f"{kind.program_class.__name__}Student", (ThroughPlayer, kind.program_class), {})


def _played_with(kind: Kind, case_id: str) -> str:
    if kind is NEGOTIATIONS:
        return f"a negotiation with {case_id}"
    return f"a {kind.words.record} of {case_id}"


def plain(program: Any) -> Any:
    """The program without what a strategy hung on it, ready to be played and saved."""
    return thaw(program.with_settings(program.settings))


def metric(kind: Kind) -> Callable[..., float]:
    """The objective in 0..1, as DSPy's optimisers call it."""

    def objective(example: dspy.Example, pred: dspy.Prediction, trace: Any = None, **_: Any) -> float:
        return float(kind.score([pred.negotiation])[0].objective)

    return objective


def thaw(program: Any) -> Any:
    """Clear every `_compiled` flag: a flagged sub-module is missing from the saved state and from later compiles."""
    for _, module in program.named_sub_modules():
        module._compiled = False
    return program
