"""The smallest difference that matters, per metric, read from a TOML file.

    objective = 0.02
    CRD = 15

What is not named has no margin: of it, neither equivalence nor non-inferiority can be said.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from metrics.scorecard import INDEX_IDS, METRIC_IDS
from plumbing.errors import UserError

MARGINS_FILE = Path(__file__).with_name("margins.toml")
_NAMES = (*METRIC_IDS, *INDEX_IDS)


def read_margins(path: Path | None = None, names: Collection[str] = _NAMES) -> Mapping[str, float]:
    """Margins by metric or index id, each in the metric's own unit.

    Args:
        path: a TOML file; None for the shipped one.
        names: that it may name.

    Raises:
        UserError: no such file, not TOML, an unknown name, or a margin that is not a number above 0.
    """
    path = path or MARGINS_FILE
    return {name: _margin(path, name, value, names) for name, value in _parsed(path).items()}


def _margin(path: Path, name: str, value: Any, names: Collection[str]) -> float:
    if name not in names:
        raise UserError(f"{path}: no metric is called {name!r}; the names are {', '.join(names)}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value <= 0:
        raise UserError(f"{path}: the margin {name} = {value!r} is no number above 0; leave {name} out for no margin")
    return float(value)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"there is no margins file {path}; check --margins") from error
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise UserError(f"{path} is no text file; margins are TOML in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{path} is not valid TOML ({error}); write lines such as objective = 0.02") from error
