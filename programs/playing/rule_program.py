"""A rule-based creditor as a program: called like one, with a record like one's, and served like one.

So a service can be tried before there is a model.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

from data.domain import CreditorPolicy, CreditorView, DebtCase, Turn
from data.terms import Terms
from programs.creditor.rule_seats import rule_seat
from programs.creditor.seat import SeatMemory
from programs.maden import DebtorFactory
from programs.table.runner import CreditorSeat, TableState, play


@dataclass(frozen=True)
class RuleSettings:
    """How a rule plays."""

    policy: CreditorPolicy


@dataclass(frozen=True)
class RuleProgram:
    """The rule called `name`, one of `RULE_SEATS`; pickles, so that it can be played anywhere."""

    name: str
    debtors: DebtorFactory
    """Who it plays against when it is called."""
    policy: CreditorPolicy
    """The limits; no offer leaves them."""

    @property
    def settings(self) -> RuleSettings:
        """As of a program with a model."""
        return RuleSettings(self.policy)

    def seat(self, view: CreditorView, seed: int = 0) -> MemorylessSeat:
        """A chair at one table.

        Raises:
            UserError: there is no such rule, or the support's file cannot be read.
        """
        return MemorylessSeat(rule_seat(self.name, view, self.policy, seed))

    def __call__(self, case: DebtCase, seed: int = 0) -> SimpleNamespace:
        """Play one negotiation."""
        seat = self.seat(case.creditor_view(), seed)
        return SimpleNamespace(negotiation=play(case, seat, self.debtors(case, seed), self.policy, seed))


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
