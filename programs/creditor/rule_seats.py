"""Every creditor that needs no model, by name: the rules of rules.py, and the decision support playing alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from data.domain import CreditorPolicy, CreditorView
from plumbing.errors import by_name
from programs.creditor.rational import RationalCreditor
from programs.creditor.rules import BASELINES, RuleCreditor
from programs.creditor.support.learned.support_model import load_support
from programs.table.runner import CreditorSeat

SeatMaker = Callable[[CreditorView, CreditorPolicy, int], CreditorSeat]
"""Makes a chair at one table from the account, the policy and a seed."""


@dataclass(frozen=True)
class RuleSeat:
    """A creditor without a model."""

    purpose: str
    """What it stands for, for tables and help texts."""
    make: SeatMaker
    state: Callable[[], str]
    """What its play rests on beside its name and policy, as a hash or nothing; read when it is needed."""


def _of_rule(name: str) -> RuleSeat:
    return RuleSeat(BASELINES[name].purpose, lambda view, policy, seed: RuleCreditor(name, view, policy, seed), str)


RULE_SEATS: Mapping[str, RuleSeat] = {
    **{name: _of_rule(name) for name in BASELINES},
    "rational": RuleSeat(
        "offers by expected value, on what it believes and what was accepted before",
        RationalCreditor,
        lambda: load_support().sha256,
    ),
}
"""By the name that tables and command lines call them."""


def rule_seat(name: str, view: CreditorView, policy: CreditorPolicy, seed: int) -> CreditorSeat:
    """A chair for the creditor called `name`.

    Raises:
        UserError: there is none; the message names those that there are. Or the support's file cannot be read.
    """
    found = by_name(name, RULE_SEATS, f"no rule-based creditor is called {name!r}", quoted=True)
    return found.make(view, policy, seed)
