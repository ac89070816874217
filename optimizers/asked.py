"""From the flags that the user gave to the configuration of a compile."""

from __future__ import annotations

from typing import Any

from data.policy import read_policy
from optimizers.config import CompileConfig
from optimizers.presets import PRESETS, Preset
from optimizers.strategy_settings import with_knobs


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
