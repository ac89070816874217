"""A rule-based creditor as a program: called like one, with a record like one's."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

from data.domain import CreditorPolicy, CreditorView, DebtCase
from programs.creditor.rule_seats import rule_seat
from programs.maden import DebtorFactory
from programs.table.runner import CreditorSeat, play


@dataclass(frozen=True)
class RulePlay:
    """The rule called `name` against `debtors`; pickles, so that it can be played anywhere."""

    name: str
    debtors: DebtorFactory
    policy: CreditorPolicy

    def seat(self, view: CreditorView, seed: int) -> CreditorSeat:
        """Its chair at one table."""
        return rule_seat(self.name, view, self.policy, seed)

    def __call__(self, case: DebtCase, seed: int = 0) -> SimpleNamespace:
        """Play one negotiation."""
        seat = self.seat(case.creditor_view(), seed)
        return SimpleNamespace(negotiation=play(case, seat, self.debtors(case, seed), self.policy, seed))
