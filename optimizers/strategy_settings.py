"""The knobs of the strategies, written into the run and the artifact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from data.domain import Frozen
from plumbing.errors import UserError


class StrategySettings(Frozen):
    """The knobs that strategies share; each uses those it knows."""

    max_demos: Annotated[int, Field(ge=1, le=16)] = 2
    """Demonstrations per predictor at most."""
    demos: Literal["turn_aware", "random_turn"] = "turn_aware"
    """How bootstrap finds demonstrations: chosen turns by phase and gain (`optimizers.demonstrations.choosing`), or
    DSPy's BootstrapFewShot, which keeps one turn at random of each good negotiation."""
    demo_token_budget: Annotated[int, Field(ge=100, le=100_000)] = 3000
    """Estimated tokens (`optimizers.demonstrations.choosing.estimated_tokens`) that one predictor's turn-aware
    demonstrations may fill. The embedded model's context holds 8,192: a late turn's own prompt takes up to 3,000 and a
    reply 400. It reads about 74 tokens a second on two cores, once a negotiation, since the demonstrations are a
    constant prefix."""
    candidates: Annotated[int, Field(ge=1, le=64)] = 3
    """Candidate demo sets or instructions."""
    trials: Annotated[int, Field(ge=1, le=500)] = 6
    """Combinations tried on validation debtors (MIPROv2), or on growing sets of training debtors (search)."""
    gepa_negotiations: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Negotiations after which GEPA begins no further proposal; None: enough for about `candidates` accepted ones."""
    finalists: Annotated[int, Field(ge=1, le=64)] = 3
    """Candidates that search plays on all validation debtors at the end, beside the uncompiled program."""
    screened: Annotated[int, Field(ge=0, le=64)] = 3
    """Settings that search examines first because the program's stand-in plays best with them
    (`optimizers.strategies.search.screening`)."""
    propose: bool | None = None
    """Whether search asks the prompt model for instructions too; None: where one was named."""
    metric_threshold: Annotated[float, Field(gt=0, le=1)] | None = None
    """Objective from which a negotiation may become a demonstration; None: what the uncompiled program scores on
    validation, at least `optimizers.runs.task.LEAST_THRESHOLD`, so that demonstrations are better than average play.
    Where no training negotiation reaches that, the best one serves (bootstrap, random search)."""


def with_knobs(settings: StrategySettings, pairs: Sequence[str]) -> StrategySettings:
    """`settings` changed by `NAME=VALUE` pairs as a command line gives them; `none` stands for no value.

    Raises:
        UserError: a pair is none, or names no knob, or its value is not allowed.
    """
    changed: dict[str, Any] = settings.model_dump()
    for pair in pairs:
        name, found, value = pair.partition("=")
        if not found or name not in StrategySettings.model_fields:
            known = ", ".join(StrategySettings.model_fields)
            raise UserError(f"--set {pair} names no knob; write NAME=VALUE with one of {known}")
        changed[name] = None if value == "none" else value
    try:
        return StrategySettings.model_validate(changed)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise UserError(f"--set {first['loc'][0]}={first['input']} is not possible: {first['msg']}") from error
