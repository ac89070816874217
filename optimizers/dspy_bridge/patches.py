"""Corners of DSPy that are changed while a strategy runs, each for as long as its block (why: docs/dspy-traps.md)."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import importlib
import io
import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import dspy
from dspy.propose import GroundedProposer
from dspy.teleprompt.gepa.gepa_utils import DspyAdapter
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
    """Keep `dspy.Evaluate` and `dspy.Parallel` from starting a slow negotiation a second time."""
    modules: list[Any] = [importlib.import_module(name) for name in ("dspy.evaluate.evaluate", "dspy.predict.parallel")]
    originals = [module.ParallelExecutor for module in modules]
    for module, original in zip(modules, originals, strict=True):
        module.ParallelExecutor = functools.partial(_patient, original)
    try:
        yield
    finally:
        for module, original in zip(modules, originals, strict=True):
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


@contextlib.contextmanager
def reflecting_on(choose: Callable[[Any, Sequence[Mapping[str, Any]]], int | None]) -> Iterator[None]:
    """Let GEPA reflect on the call of a predictor that `choose` names, where it would take one at random.

    Args:
        choose: is given the record of a negotiation and the inputs of one predictor's calls in it; None leaves it to
            chance.
    """
    original = DspyAdapter.make_reflective_dataset

    def changed(self: Any, candidate: Any, eval_batch: Any, components_to_update: Any) -> Any:
        narrowed = [_narrowed(data, choose) for data in eval_batch.trajectories or []]
        return original(self, candidate, dataclasses.replace(eval_batch, trajectories=narrowed), components_to_update)

    DspyAdapter.make_reflective_dataset = changed
    try:
        yield
    finally:
        DspyAdapter.make_reflective_dataset = original


def _narrowed(data: dict[str, Any], choose: Callable[[Any, Sequence[Mapping[str, Any]]], int | None]) -> dict[str, Any]:
    """A trajectory with one call of each predictor for which `choose` names one."""
    record = getattr(data["prediction"], "negotiation", None)
    by_predictor: dict[int, list[Any]] = {}
    for call in data["trace"]:
        by_predictor.setdefault(id(call[0]), []).append(call)
    kept: list[Any] = []
    for calls in by_predictor.values():
        place = choose(record, [inputs for _, inputs, _ in calls])
        kept += calls if place is None else [calls[place]]
    return {**data, "trace": kept}


def _patient(executor: Callable[..., Any], **settings: Any) -> Any:
    """An executor without a timeout, whatever its maker asks for."""
    return executor(**{**settings, "timeout": 0})


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dspy.Example):
        return dict(value.items())
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return repr(value)
