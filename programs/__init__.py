"""Second floor: the negotiation programs, the table they sit at, the models behind them and the command lines.

from programs import load_program, make_lm
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from programs.artifacts.store import load_program
    from programs.models.make import make_lm

__all__ = ["load_program", "make_lm"]


def __getattr__(name: str) -> Any:
    """The two functions that an app needs, imported on first use: DSPy takes seconds, and many modules need none."""
    if name == "load_program":
        from programs.artifacts.store import load_program

        return load_program
    if name == "make_lm":
        from programs.models.make import make_lm

        return make_lm
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
