"""What rules find in words."""

from __future__ import annotations

from dataclasses import dataclass

from app.conduct.profile import Action


@dataclass(frozen=True)
class Finding:
    """A rule that words break."""

    rule: str
    action: Action
    excerpt: str
    why: str
    source: str
