"""What a run is asked to do: the strategies' knobs, the configuration, the presets, and what flags make of them."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from data.domain import CreditorPolicy
from data.frozen import Frozen
from data.policy import read_policy
from plumbing.errors import UserError
from programs.kinds.kind import Kind
from programs.kinds.known import kind_named


class StrategySettings(Frozen):
    """The knobs that strategies share; each uses those it knows."""

    max_demos: Annotated[int, Field(ge=1, le=64)] = 2
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
    """Negotiations after which GEPA begins no further proposal, at least `optimizers.strategies.gepa.floor`; None:
    that, or enough for about `candidates` accepted ones if they need more."""
    simba_steps: Annotated[int, Field(ge=1, le=100)] = 2
    """Mini-batches that SIMBA goes through; each is played `candidates` times over, and by its new candidates."""
    simba_batch: Annotated[int, Field(ge=1, le=1000)] = 4
    """Training debtors in each; all of them where there are fewer."""
    finalists: Annotated[int, Field(ge=1, le=64)] = 3
    """Candidates that search plays on all validation debtors at the end, beside the uncompiled program."""
    screened: Annotated[int, Field(ge=0, le=64)] = 3
    """Settings that search examines first because the program's stand-in plays best with them
    (`optimizers.strategies.search.screening`)."""
    propose: bool | None = None
    """Whether search asks the prompt model for instructions too; None: where one was named."""
    library: bool = True
    """Whether search, MIPROv2 and GEPA also try instructions with written rules
    (`optimizers/proposals/bullets.toml`)."""
    proposal_debtors: Annotated[int, Field(ge=0, le=1000)] = 3
    """Training debtors on whom an instruction that a model proposed to MIPROv2 must do better than the own one and the
    library's, or it is not tried; 0: it need not. Search and GEPA try every one on training debtors anyway."""
    accept: Literal["better", "any"] = "better"
    """`better`: where the result is not better than the uncompiled program on validation debtors, that one is saved
    and the artifact says so. `any`: the result is saved whatever it scores."""
    metric_threshold: Annotated[float, Field(gt=0, le=1)] | None = None
    """Objective from which a negotiation may become a demonstration; None: what the uncompiled program scores on
    validation, at least `optimizers.runs.task.LEAST_THRESHOLD`, so that demonstrations are better than average play.
    Where no training negotiation reaches that, the best one serves (bootstrap, random search)."""


class CompileConfig(Frozen):
    """The resolved configuration of one compile: same config, same model answers, same artifact.

    How it is worked off (threads, caps, logs, folders) is no part of it, so every session of a run may choose anew.
    """

    program: str = "maden"
    optimizer: str = "bootstrap"
    lm: str = "local"
    prompt_lm: str | None = None
    debtor: str = "simulated"
    book: str | None = None
    stratify: bool = False
    """Whether the debtors are drawn in strata (`data.book.stratified_sample`), and the book is not held whole."""
    policy: CreditorPolicy = CreditorPolicy()
    train: Annotated[int, Field(ge=1)] = 4
    val: Annotated[int, Field(ge=1)] = 6
    seed: Annotated[int, Field(ge=0)] = 0
    name: str = "maden"
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    strategy: StrategySettings = StrategySettings()


class Preset(StrEnum):
    """Sizes of a compile."""

    QUICK = "quick"
    STANDARD = "standard"
    THOROUGH = "thorough"


class PresetSize(Frozen):
    """Debtors and knobs of one preset."""

    train: int
    val: int
    strategy: StrategySettings


PRESETS: dict[Preset, PresetSize] = {
    # At most 6 negotiations with bootstrap: about ten minutes on the embedded model and two idle cores.
    Preset.QUICK: PresetSize(
        train=2, val=2, strategy=StrategySettings(max_demos=1, candidates=1, trials=2, simba_steps=1)
    ),
    Preset.STANDARD: PresetSize(
        train=16,
        val=24,
        strategy=StrategySettings(max_demos=3, candidates=4, trials=8, simba_steps=3, simba_batch=8),
    ),
    Preset.THOROUGH: PresetSize(
        train=60,
        val=80,
        strategy=StrategySettings(max_demos=4, candidates=8, trials=24, simba_steps=6, simba_batch=12),
    ),
}


def preset_size(preset: Preset, kind: Kind) -> PresetSize:
    """The sizes of a preset for programs of a kind: its own where it names some."""
    if preset.value not in kind.presets:
        return PRESETS[preset]
    own = dict(kind.presets[preset.value])
    return PresetSize(train=own.pop("train"), val=own.pop("val"), strategy=StrategySettings(**own))


def resolved(base: CompileConfig | None, given: dict[str, Any]) -> CompileConfig:
    """The configuration that flags ask for.

    Args:
        base: of the run to go on with, which flags that were not given leave as it is; None for a new run.
        given: the flags that were given, by the names of `programs.compile`; those of no concern here are ignored.

    Raises:
        UserError: the policy's file is unusable, or a knob is.
    """
    known = {name: value for name, value in given.items() if name in CompileConfig.model_fields}
    if "policy" in known:
        known["policy"] = read_policy(known["policy"])
    if known.get("book") is not None:
        known["book"] = str(known["book"])
    preset = given.get("preset", Preset.QUICK if base is None else None)
    if preset is not None:
        size = preset_size(preset, kind_named(known.get("program", (base or CompileConfig()).program)))
        known = {"train": size.train, "val": size.val, "strategy": size.strategy, **known}
    if pairs := given.get("knobs"):
        before = known.get("strategy", (base or CompileConfig()).strategy)
        known["strategy"] = with_knobs(before, pairs)
    if base is None:
        known.setdefault("name", str(known.get("program", CompileConfig().program)))
    return CompileConfig.model_validate({**(base or CompileConfig()).model_dump(), **known})


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
