"""A creditor without a model in the form of a program, so that a service can be tried before there is one."""

from __future__ import annotations

from dataclasses import dataclass

from data.domain import CreditorPolicy, CreditorView, Turn
from data.terms import Terms
from programs.creditor.rule_seats import rule_seat
from programs.creditor.seat import SeatMemory
from programs.table.runner import CreditorSeat, TableState


@dataclass(frozen=True)
class RuleSettings:
    """How a rule plays."""

    policy: CreditorPolicy


class RuleProgram:
    """Makes chairs for one of `RULE_SEATS`.

    Args:
        name: the rule.
        policy: the limits; no offer leaves them.
    """

    def __init__(self, name: str, policy: CreditorPolicy) -> None:
        self.name, self.settings = name, RuleSettings(policy)

    def seat(self, view: CreditorView, seed: int = 0) -> MemorylessSeat:
        """A chair at one table.

        Raises:
            UserError: there is no such rule, or the support's file cannot be read.
        """
        return MemorylessSeat(rule_seat(self.name, view, self.settings.policy, seed))


class MemorylessSeat:
    """A seat that knows the table alone: taken again in another process, it plays on (programs.table.CreditorSeat).

    Args:
        seat: the rule's.
    """

    memory = SeatMemory()
    """Nothing."""

    def __init__(self, seat: CreditorSeat) -> None:
        self._seat = seat
        self.ladder: tuple[Terms, ...] = ()

    def next_turn(self, table: TableState) -> Turn:
        """The rule's next turn."""
        return self._seat.next_turn(table)

    def recall(self, memory: SeatMemory) -> None:
        """Nothing is known but the table."""
