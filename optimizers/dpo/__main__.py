"""`python -m optimizers.dpo`: train by preferences alone; everything else is `optimizers.train`."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from optimizers.train.__main__ import Chain, train
from plumbing import cli


@functools.wraps(train)
def dpo(**given: Any) -> None:
    """Train LoRA adapters by direct preference optimisation: `optimizers.train` with `--method dpo`."""
    train(**given)


def _with_default(method: Chain) -> inspect.Signature:
    """The signature of `train` with another method where none is named."""
    whole = inspect.signature(train, eval_str=True)
    parts = [part.replace(default=method) if part.name == "method" else part for part in whole.parameters.values()]
    return whole.replace(parameters=parts)


dpo.__signature__ = _with_default(Chain.DPO)  # type: ignore[attr-defined]

if __name__ == "__main__":
    cli.run(dpo, "python -m optimizers.dpo")
