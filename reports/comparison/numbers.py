"""The numbers of the page, each taken from the comparison's JSON and carrying its place there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import reduce
from typing import Any

from metrics.scorecard import decimals


@dataclass(frozen=True)
class Number:
    """One value as the page shows it."""

    key: str
    """Where it stands in the JSON, dotted: `pairs.0.metrics.CRI.difference.mean`."""
    value: str
    """The JSON value itself, every digit."""
    text: str
    """What a reader sees."""


class Numbers:
    """Looks values up in the JSON and writes them out.

    Args:
        dump: a comparison as `model_dump(mode="json")`.
    """

    def __init__(self, dump: dict[str, Any]) -> None:
        self._dump = dump

    def __call__(self, key: str, unit: str = "0..1", sign: str = "", none: str = "none") -> Number:
        """The value at `key`.

        Args:
            key: dotted; list places are numbers.
            unit: decides the decimals, see `written`.
            sign: "+" for differences.
            none: shown where the JSON has null.

        Raises:
            KeyError, IndexError: there is no such place.
        """
        value = reduce(_step, key.split("."), self._dump)
        return Number(key, json.dumps(value), written(value, unit, sign, none))


def _step(at: Any, name: str) -> Any:
    return at[int(name)] if isinstance(at, list) else at[name]


def written(value: Any, unit: str = "0..1", sign: str = "", none: str = "none") -> str:
    """A value for people: as many decimals as its unit bears, no minus before a zero."""
    if value is None:
        return none
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, int | float):
        return str(value)
    if unit == "p":
        return "< 0.001" if value < 0.001 else f"{value:.3f}"
    places = 0 if isinstance(value, int) or unit == "count" else decimals(unit)
    return f"{round(value, places) + 0.0:{sign},.{places}f}".replace("-", "−")
