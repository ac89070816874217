"""What a debtor was asked to confirm, besides a plan: that it ends, or that a signal was meant."""

from __future__ import annotations

from typing import Literal

from data.frozen import Frozen


class Asked(Frozen):
    """The open question of a negotiation, and what its earlier ones were answered with."""

    what: Literal["leave", "signal"] | None = None
    """None: nothing is asked now."""
    rule: str = ""
    """Of the signal that is asked about."""
    position: int = 0
    """Of the message that it was in; it is read after a no."""
    denied: tuple[str, ...] = ()
    """Rules that the debtor said were not meant; they are not asked about again."""

    for_contact: bool = False
    """Before the opening: the debtor asked for it, so that the hours of contact do not matter."""

    settled: tuple[int, ...] = ()
    """Positions of messages that waited when a button was pressed; taken back, it leaves them to be answered."""

    def then(self, what: Literal["leave", "signal"] | None, rule: str = "", position: int = 0) -> Asked:
        """The next question; what was denied stays so."""
        return Asked(what=what, rule=rule, position=position, denied=self.denied)
