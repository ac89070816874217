"""The strategies by name, and the one way to run any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import dspy

from optimizers.compile_config import StrategySettings
from optimizers.dspy_bridge.dspy_student import plain
from optimizers.dspy_bridge.patches import no_stragglers, quiet, repeatable_draws
from optimizers.runs.task import CompileTask
from optimizers.strategies import bootstrap, gepa, mipro, random_search, search, simba
from plumbing.errors import UserError, by_name
from programs.models.adapter import ADAPTER


@dataclass(frozen=True)
class RegisteredStrategy:
    """One way to compile."""

    name: str
    summary: str
    """When to use it, in a line."""
    negotiations: Callable[[StrategySettings, int, int], int]
    """How many negotiations it plays at most with so many training and validation debtors, for the estimate."""
    compile_program: Callable[[CompileTask], Any]
    proposes: bool
    """Whether a model writes instructions for it, which costs calls beside the negotiations."""
    changes: Literal["demos", "all"]
    """What it may change of a program: demonstrations alone, so that without one it has come to nothing, or more."""
    refuse: Callable[[StrategySettings, int, int], None] = lambda settings, train, val: None
    """Raises a `UserError` where its knobs make no sense with so many training and validation debtors."""
    work: Callable[[CompileTask], None] | None = None
    """Lets a further process help the one that compiles, until nothing is left to do; None where none can."""


STRATEGIES: dict[str, RegisteredStrategy] = {
    module.NAME: RegisteredStrategy(
        module.NAME,
        module.SUMMARY,
        module.negotiations,
        module.compile_program,
        module.PROPOSES,
        "demos" if module.CHANGES == "demos" else "all",
        **{name: getattr(module, name) for name in ("refuse", "work") if hasattr(module, name)},
    )
    for module in (bootstrap, random_search, mipro, gepa, simba, search)
}


def strategy(name: str) -> RegisteredStrategy:
    """The strategy called `name`.

    Raises:
        UserError: there is none; names the nearest.
    """
    return by_name(name, STRATEGIES, f"there is no optimiser called {name!r}")


def compile_with(name: str, task: CompileTask) -> Any:
    """Compile `task` with the strategy `name`; the given program is left as it was.

    Raises:
        UserError: unknown strategy.
        Halted: a cap was reached, or someone stopped the run.
    """
    chosen = strategy(name)
    with dspy.context(lm=task.lm, adapter=ADAPTER), quiet(), no_stragglers(), repeatable_draws():
        try:
            program = chosen.compile_program(task)
        except Exception as error:  # DSPy reports an interruption, and a failure of every candidate, in its own words
            raise task.player.failed or task.player.halted or error from error
    if why := task.player.failed or task.player.halted:  # DSPy's optimisers swallow it and hand back what they had
        raise why
    return plain(program)


def require_workers(name: str) -> None:
    """Refuse a strategy that no further process can help with.

    Raises:
        UserError: it is one, or unknown.
    """
    if strategy(name).work is None:
        several = ", ".join(s.name for s in STRATEGIES.values() if s.work is not None)
        raise UserError(f"{name} is done by one process, so nobody can join it; those with several workers: {several}")


def work_with(name: str, task: CompileTask) -> None:
    """Help the process that compiles `task` with the strategy `name`, until nothing is left to do.

    Raises:
        UserError: unknown strategy, or one that a single process does.
        Halted: a cap was reached, or someone stopped the run.
    """
    require_workers(name)
    work = strategy(name).work
    assert work is not None
    with dspy.context(lm=task.lm, adapter=ADAPTER), quiet(), no_stragglers(), repeatable_draws():
        work(task)
