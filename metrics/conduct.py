"""Rules of conduct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Breach:
    """A rule of conduct broken in a creditor's words."""

    rule: str
    severity: Literal["hard", "soft"]
    """A hard breach zeroes the objective; either makes the turn unsound."""
    excerpt: str
    why: str


def conduct_breaches(text: str) -> tuple[Breach, ...]:
    """Every rule of conduct that a creditor's words break."""
    return ()
