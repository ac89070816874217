"""The one exception that stops a compile on purpose, with the best candidate so far still to be saved."""

from __future__ import annotations

from typing import Literal

HaltReason = Literal["max_usd", "max_calls", "max_minutes", "interrupted", "infrastructure"]


class Halted(Exception):
    """Nothing more is played or paid for; not a failure of anyone's, so never a score.

    Args:
        reason: which cap was reached, or what else stopped the run.
        sentence: the same for the user.
    """

    def __init__(self, reason: HaltReason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason: HaltReason = reason
