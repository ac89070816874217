"""One model call as the program makes it: accounted to a role, retried once when unusable, failures typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import dspy

from programs.models.accounts import role
from programs.models.adapter import ADAPTER
from programs.models.retryable import classify
from programs.table.failures import UnparseableOutput

RETRY_TEMPERATURE = 0.7
"""A second try at temperature 0 would only echo the first."""


SEED_STRIDE = 1009
"""Rollout ids of two seeds stay apart as long as fewer rounds than this are sampled."""


class Exploration(NamedTuple):
    """How a program's calls are sampled that is to answer otherwise than it would."""

    temperature: float
    sample: int
    """From 1; another one for each time that the same negotiation is played."""


_exploration: ContextVar[Exploration | None] = ContextVar("maden_exploration", default=None)


@contextmanager
def exploring(temperature: float, sample: int) -> Iterator[None]:
    """A block in which the program's calls are samples, whatever temperature its settings ask for; a debtor's are not.

    The program stays the one that it is, so that what it did otherwise can be held against what it did.
    """
    token = _exploration.set(Exploration(temperature, sample))
    try:
        yield
    finally:
        _exploration.reset(token)


def call(predictor: dspy.Predict, caller: str, seed: int, temperature: float | None, **inputs: str) -> dspy.Prediction:
    """Call `predictor` for the role `caller`; an output that does not parse is asked for once more.

    Args:
        predictor: one typed contract.
        caller: planner, negotiator, judge or debtor; the account books the call there.
        seed: of the negotiation; where sampling is on it separates this trial's samples from another's.
        temperature: None leaves it to the model.
        inputs: the contract's input fields.

    Raises:
        ProgramFault: the output was unusable twice, refused, or the prompt too long.
        InfrastructureFailure: the model could not be reached.
    """
    explored = None if caller == "debtor" else _exploration.get()
    heat, sample = explored or (temperature, 0)
    with role(caller), dspy.context(adapter=ADAPTER):
        try:
            return _once(predictor, _sampling(seed, heat, sample), inputs)
        except UnparseableOutput:
            return _once(predictor, _sampling(seed, RETRY_TEMPERATURE, sample), inputs)


def _once(predictor: dspy.Predict, config: dict[str, Any], inputs: dict[str, str]) -> dspy.Prediction:
    try:
        return predictor(config=config, **inputs)
    except Exception as error:
        raise classify(error) from error


def _sampling(seed: int, temperature: float | None, sample: int = 0) -> dict[str, Any]:
    """Call settings: a rollout id keeps the cache from echoing one trial's sample to another, a seed fixes the sample.

    The rollout id of a bootstrap round (DSPy sets it on the model) is kept apart from the seed's own.
    """
    lm, given = dspy.settings.lm, {} if temperature is None else {"temperature": temperature}
    own = getattr(lm, "kwargs", {})
    if {**own, **given}.get("temperature") == 0:
        return given
    rollout = seed * SEED_STRIDE + (own.get("rollout_id") or 0) + sample + 1
    fixed = {"seed": rollout} if "seed" in getattr(lm, "supported_params", ()) else {}
    return {**given, "rollout_id": rollout, **fixed}
