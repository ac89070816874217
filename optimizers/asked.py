"""From what the user asked for to a session that is ready to run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from data.book import read_book
from data.policy import read_policy
from optimizers.config import CompileConfig
from optimizers.presets import PRESETS, Preset
from optimizers.session import Session, prepare
from optimizers.strategy_settings import with_knobs
from programs.contestants import NamedModel, debtor_factory


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
        size = PRESETS[preset]
        known = {"train": size.train, "val": size.val, "strategy": size.strategy, **known}
    if pairs := given.get("knobs"):
        before = known.get("strategy", (base or CompileConfig()).strategy)
        known["strategy"] = with_knobs(before, pairs)
    if base is None:
        known.setdefault("name", str(known.get("program", CompileConfig().program)))
    return CompileConfig.model_validate({**(base or CompileConfig()).model_dump(), **known})


def session_of(config: CompileConfig) -> Session:
    """Everything read and checked, the models made, nothing called.

    Raises:
        UserError: a file, name or number of the configuration is unusable.
    """
    book = read_book(Path(config.book) if config.book else None)
    model = NamedModel(config.lm)
    debtors = debtor_factory(config.debtor, model)
    prompt_lm = NamedModel(config.prompt_lm).get() if config.prompt_lm else None
    return prepare(config, book, model.get(), prompt_lm, debtors)
