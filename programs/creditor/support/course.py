"""The course of a negotiation: firm and moderate at first, then whatever is worth most; never the same offer twice.

Patience pays because debtors come down by the clock as well as in kind (Faratin, Sierra and Jennings 1998): measured
on validation debtors, going for the best value from the first round on costs 0.03 of the objective.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.domain import CreditorPolicy
from programs.creditor.support.facts import Facts
from programs.creditor.support.plans import Floats, Plans, ease, softness


@dataclass(frozen=True)
class Course:
    """How the rounds are used."""

    firm_rounds: int = 4
    """So many rounds from the first on only moderate steps are taken."""
    asking_rounds: int = 6
    """The same, while a question about money is open."""
    least_step: float = 0.03
    """Mean ease of a step that a debtor can feel (`plans.ease`)."""
    largest_step: float = 0.06
    """Of a moderate step."""
    token_cost: float = 0.05
    """In CCI: what an offer that moves by less than the least step costs."""
    concession_cost: float = 0.03
    """In CCI, of going all the way to the softest package: a concession that buys nothing is not made."""

    def firm(self, facts: Facts) -> bool:
        """Whether only moderate steps are taken now."""
        last = self.asking_rounds if facts.untold else self.firm_rounds
        return facts.round <= last and facts.rounds_left > 0

    def costs(self, facts: Facts, plans: Plans) -> Floats:
        """(N,): what is taken off the value of each offer, in CCI."""
        if not facts.own or facts.rounds_left == 0:
            return np.zeros(len(plans))
        gained = ease(plans).mean(axis=1) - ease(facts.own[-1]).mean()
        return np.where(gained < self.least_step - 1e-9, self.token_cost * (1 - gained / self.least_step), 0.0)

    def open(self, facts: Facts, plans: Plans, policy: CreditorPolicy) -> np.ndarray:
        """(N,): which offers the course allows now; at least one."""
        allowed = np.ones(len(plans), dtype=np.bool_)
        if facts.own:
            moved = np.abs(plans - facts.own[-1]).max(axis=1) > 1e-9
            allowed = moved if moved.any() else allowed
        if not self.firm(facts):
            return allowed
        if facts.own:
            moderate = ease(plans).mean(axis=1) - ease(facts.own[-1]).mean() <= self.largest_step + 1e-9
        else:
            moderate = softness(plans, policy) <= 1e-9
        return allowed & moderate if (allowed & moderate).any() else allowed
