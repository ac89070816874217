"""Corners of DSPy that are changed while a strategy runs, each for as long as its block (why: docs/dspy-traps.md)."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib
import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import dspy
from dspy.propose import GroundedProposer
from dspy.utils.hasher import Hasher


@contextlib.contextmanager
def repeatable_draws() -> Iterator[None]:
    """Let DSPy's bootstrap draw its turns by what the demonstrations say.

    It seeds the draw with a hash of their pickle. The pickle of a pydantic answer holds a set of names, whose order
    differs from one process to the next, and it depends on which equal strings are one object: a resumed run would
    keep other turns.
    """
    original = Hasher.__dict__["hash"]
    Hasher.hash = staticmethod(_hash)
    try:
        yield
    finally:
        Hasher.hash = original


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


@contextlib.contextmanager
def proposals_by(proposed: Callable[[Callable[..., str]], Callable[..., str]]) -> Iterator[None]:
    """Let MIPROv2's proposer answer for one predictor through `proposed`, which is given DSPy's own way of doing it.

    MIPROv2 offers no seam for that (`dspy.GEPA` takes an `instruction_proposer`).
    """
    original = GroundedProposer.propose_instruction_for_predictor
    GroundedProposer.propose_instruction_for_predictor = proposed(original)
    try:
        yield
    finally:
        GroundedProposer.propose_instruction_for_predictor = original


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dspy.Example):
        return dict(value.items())
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return repr(value)
