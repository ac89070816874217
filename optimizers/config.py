"""Everything that decides what a compile does; written into the run's folder and into the artifact."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from data.domain import CreditorPolicy, Frozen
from optimizers.strategy_settings import StrategySettings
from programs.creditor.settings import Variant


class CompileConfig(Frozen):
    """The resolved configuration of one compile: same config, same model answers, same artifact.

    How it is worked off (threads, caps, logs, folders) is no part of it, so every session of a run may choose anew.
    """

    program: Variant = Variant.MADEN
    optimizer: str = "bootstrap"
    lm: str = "local"
    prompt_lm: str | None = None
    debtor: str = "simulated"
    book: str | None = None
    policy: CreditorPolicy = CreditorPolicy()
    train: Annotated[int, Field(ge=1)] = 4
    val: Annotated[int, Field(ge=1)] = 6
    seed: Annotated[int, Field(ge=0)] = 0
    name: str = "maden"
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    strategy: StrategySettings = StrategySettings()
