"""How much work a compile does: three presets, each a row of figures that flags can override."""

from __future__ import annotations

from enum import StrEnum

from data.domain import Frozen
from optimizers.strategy_settings import StrategySettings


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
    # At most 9 negotiations with bootstrap: a quarter of an hour on the embedded model and two cores.
    Preset.QUICK: PresetSize(train=3, val=3, strategy=StrategySettings(max_demos=1, candidates=1, trials=2)),
    Preset.STANDARD: PresetSize(train=16, val=24, strategy=StrategySettings(max_demos=3, candidates=4, trials=8)),
    Preset.THOROUGH: PresetSize(train=60, val=80, strategy=StrategySettings(max_demos=4, candidates=8, trials=24)),
}
