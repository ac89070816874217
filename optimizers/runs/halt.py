"""The one exception that ends a compile before its strategy is done."""

from __future__ import annotations

from typing import Literal

HaltReason = Literal["max_usd", "max_calls", "max_minutes", "interrupted", "infrastructure"]


class Halted(Exception):
    """No further call may be paid; `str()` is one sentence for the user.

    Neither an infrastructure failure nor a program fault: no retry, fallback or score takes it for its own.
    """

    def __init__(self, reason: HaltReason, sentence: str) -> None:
        super().__init__(reason, sentence)  # both, so that it survives pickling
        self.reason = reason

    def __str__(self) -> str:
        return str(self.args[1])
