"""What every strategy is given: the program, the debtors, the models, and the knobs."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import dspy

from optimizers.compile_config import StrategySettings
from optimizers.runs.player import Player
from programs.kinds.kind import Case, Kind

LEAST_THRESHOLD = 0.05
"""DSPy takes a threshold of 0 as none, and then any score above 0 becomes a demonstration."""


@dataclass(frozen=True)
class CompileTask:
    """One compilation."""

    program: Any
    """Of the kind that `player` plays."""
    train: Sequence[Any]
    val: Sequence[Any]
    lm: dspy.LM
    prompt_lm: dspy.LM
    """Proposes instructions; the task's own model unless another is named."""
    metric_threshold: float
    """Objective from which a negotiation may become a demonstration."""
    player: Player
    """Plays every negotiation of the compile; `player.folder` is the run's."""
    settings: StrategySettings = field(default_factory=StrategySettings)
    seed: int = 0
    pool: Sequence[Any] = ()
    """More training debtors, for what costs no call."""

    @property
    def kind(self) -> Kind:
        """Of the program, its examples and its metric."""
        return self.player.kind

    @property
    def threshold_given(self) -> bool:
        """Whether the user set the threshold; then it holds, whatever it leaves."""
        return self.settings.metric_threshold is not None

    def __post_init__(self) -> None:
        if self.metric_threshold <= 0:
            raise ValueError("metric_threshold must be above 0: DSPy would accept every negotiation as a demonstration")

    @property
    def shown_from(self) -> tuple[Any, ...]:
        """Every training example that a demonstration may be about."""
        return (*self.train, *self.pool) if self.kind.has_labels else tuple(self.train)

    def trainset(self) -> list[dspy.Example]:
        """The training debtors as DSPy examples, in the seed's order (DSPy's bootstrap has no seed of its own)."""
        cases = list(self.train)
        random.Random(self.seed).shuffle(cases)
        return [as_example(case, self.seed) for case in cases]

    def valset(self) -> list[dspy.Example]:
        """The validation debtors as DSPy examples."""
        return [as_example(case, self.seed) for case in self.val]


def as_example(case: Case, seed: int) -> dspy.Example:
    """The program's inputs for one debtor."""
    return dspy.Example(case=case, seed=seed).with_inputs("case", "seed")
