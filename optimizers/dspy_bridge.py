"""What DSPy's optimisers need around them to be trusted with paid work (docs/dspy-traps.md lists the evidence).

- The judge stays out: it cannot raise the score by itself, and proposals spent on it are lost.
- The metric counts negotiations that infrastructure broke, because DSPy itself would average them in as 0.
- Prints and progress bars of the library go to its logger, so that ours stay readable.
- Evaluate's habit of starting a negotiation again after 120 s is switched off.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import logging
from collections.abc import Callable, Iterator
from typing import Any

import dspy

from data.domain import Ending
from metrics.evaluator import objective_metric
from programs.maden import Maden

MAX_ERRORS = 10**6
"""DSPy's own limit would throw the run away; failures are counted here and judged by coverage."""


class CountingMetric:
    """The objective as DSPy calls it, counting what it scored and what it could not."""

    def __init__(self, on_scored: Callable[[float], None] | None = None) -> None:
        self.scored = 0
        self.unscored = 0
        self.best = 0.0
        """The highest objective so far."""
        self._on_scored = on_scored

    def __deepcopy__(self, memo: dict[int, Any]) -> CountingMetric:
        return self

    def __call__(self, example: dspy.Example, pred: dspy.Prediction, trace: Any = None, **_: Any) -> float:
        """The objective in 0..1. Raises `Unscorable` for a negotiation that infrastructure broke."""
        if pred.negotiation.ending is Ending.INFRASTRUCTURE:
            self.unscored += 1
        score = float(objective_metric(example, pred, trace).score)
        self.scored += 1
        self.best = max(self.best, score)
        if self._on_scored is not None:
            self._on_scored(score)
        return score


def student(program: Maden) -> Maden:
    """A copy of `program` that an optimiser may work on: nothing compiled but the judge, which it then passes over."""
    copy: Maden = program.deepcopy()
    thaw(copy)
    if copy.judge is not None:
        copy.judge._compiled = True
    return copy


def thaw(program: Maden) -> Maden:
    """Clear every `_compiled` flag: a flagged sub-module is missing from the saved state and from later compiles."""
    for _, module in program.named_sub_modules():
        module._compiled = False
    return program


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """DSPy's prints, progress bars and log lines kept from the terminal.

    Its errors too: they print the whole example, and with it a debtor's finances. We count failures ourselves.
    """
    loggers = [logging.getLogger(name) for name in ("dspy", "optuna")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


@contextlib.contextmanager
def no_stragglers() -> Iterator[None]:
    """Keep `dspy.Evaluate` from starting a slow negotiation a second time."""
    module: Any = importlib.import_module("dspy.evaluate.evaluate")
    original = module.ParallelExecutor
    module.ParallelExecutor = functools.partial(original, timeout=0)
    try:
        yield
    finally:
        module.ParallelExecutor = original
