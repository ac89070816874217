"""The creditors of training negotiations: varied on purpose, so that what is learned holds off one creditor's path."""

from __future__ import annotations

import numpy as np

from data.domain import CreditorPolicy, CreditorView, Inquiry, Turn
from data.terms import Terms
from programs.creditor.rational import asking
from programs.creditor.support.candidates import aim_grid
from programs.creditor.support.course import Course
from programs.creditor.support.facts import Facts, facts_of
from programs.creditor.support.learned.finances import FinanceModel
from programs.creditor.support.plans import Floats, Plans, bounds, ease, no_firmer, package, row, softened_to
from programs.creditor.support.worth import worth_under
from programs.table.runner import TableState

_SOME = 250
"""Packages of the grid that a goal is picked from."""


def goal(
    facts: Facts, view: CreditorView, policy: CreditorPolicy, finances: FinanceModel, rng: np.random.Generator
) -> Floats:
    """A package worth aiming at by what was claimed: the best of some of the grid, no firmer than the last offer."""
    grid = aim_grid(policy)
    some = grid[rng.choice(len(grid), min(_SOME, len(grid)), replace=False)]
    some = some[no_firmer(some, facts.own[-1])] if facts.own else some
    if not len(some):
        return row(policy.softest())
    belief = finances.draws(view, facts)
    worth = belief.weights @ worth_under(belief, some, view.debt.outstanding, policy).cci
    return np.asarray(some[int(worth.argmax())])


def varied_offers(facts: Facts, policy: CreditorPolicy, aim: Floats, number: int, rng: np.random.Generator) -> Plans:
    """Offers to ask a debtor about: on the way to the aim or to the demand and beyond, small steps, and any others."""
    low, high = bounds(policy)
    own = facts.own[-1] if facts.own else row(policy.firmest())
    towards = aim if not facts.theirs or rng.random() < 0.5 else facts.theirs[-1]
    found = []
    for _ in range(number):
        kind = rng.random()
        if kind < 0.35:
            offer = own + rng.uniform(0, 1.1) * (aim - own)
        elif kind < 0.7:
            offer = own + rng.uniform(0, 1.0, 4) * (towards - own) + np.array([rng.choice([0, 0, 3, 6, 10]), 0, 0, 0])
        elif kind < 0.85:
            offer = own + rng.uniform(0, 0.25, 4) * (row(policy.softest()) - own)
        else:
            offer = own + rng.uniform(0, 1, 4) * (row(policy.softest()) - own)
        found.append(softened_to(np.clip(np.rint(offer), low, high), own))
    return np.array(found)


class SteadyCreditor:
    """Modest steps that a debtor can feel, to the very end; never accepts, so that it shows what is taken at last.

    Args:
        view: the account.
        policy: the limits.
        finances: what accounts tell of households.
        rng: draws its manner: how large its steps are, where they go, what it asks first, whether it repeats itself.
    """

    ladder: tuple[Terms, ...] = ()

    def __init__(
        self, view: CreditorView, policy: CreditorPolicy, finances: FinanceModel, rng: np.random.Generator
    ) -> None:
        self.view, self.policy, self.finances, self.rng = view, policy, finances, rng
        self.manner = rng.choice(["cheap", "goal", "demand"], p=[0.6, 0.25, 0.15])
        self.step = float(rng.choice([0.01, 0.03, 0.05, 0.07], p=[0.15, 0.35, 0.35, 0.15]))
        self.repeats = float(rng.choice([0.0, 0.5], p=[0.9, 0.1]))
        self.questions = [Inquiry(name) for name in rng.permutation(["income", "expenses", "assets"])]

    def next_turn(self, table: TableState) -> Turn:
        """The next step."""
        facts = facts_of(table)
        offer = package(self._offer(facts))
        return asking(offer, table.own, next_question(facts, self.questions))

    def _offer(self, facts: Facts) -> Floats:
        if not facts.own:
            return row(self.policy.firmest())
        own = facts.own[-1]
        if self.rng.random() < self.repeats:
            return own
        low, high = bounds(self.policy)
        stepped = softened_to(np.clip(np.rint(self._stepped(facts, own)), low, high), own)
        if np.array_equal(stepped, own):
            stepped = softened_to(np.clip(own + np.array([1.0, 0, 0, 1]), low, high), own)
        return stepped

    def _stepped(self, facts: Facts, own: Floats) -> Floats:
        if self.manner == "cheap":
            first, days = self.rng.choice([1.0, 0.8, 0.5]), self.rng.random()
            later = self.rng.random()
            return own + np.array(
                [0, -100 * self.step * first, 29 * self.step * days, 33 * self.step * (1 - days) * later]
            )
        to = facts.theirs[-1] if self.manner == "demand" and facts.theirs else None
        if to is None:
            to = goal(facts, self.view, self.policy, self.finances, self.rng)
        gap = float((ease(to) - ease(own)).mean())
        return own + min(1.0, self.step / max(gap, 1e-6)) * (to - own)


def next_question(facts: Facts, order: list[Inquiry]) -> Inquiry | None:
    """The open question that was put least often, in an order; the reason at last, once."""
    untold = [inquiry for inquiry in order if inquiry in facts.untold]
    if untold:
        return min(untold, key=lambda one: (facts.asked.get(one, 0), order.index(one)))
    return Inquiry.REASON if facts.claims.reason is None and Inquiry.REASON not in facts.asked else None


def varied_course(rng: np.random.Generator) -> Course:
    """A course for a training negotiation of the support itself."""
    return Course(
        firm_rounds=int(rng.integers(0, 9)),
        asking_rounds=int(rng.integers(0, 9)),
        least_step=float(rng.choice([0.005, 0.02, 0.03, 0.04])),
    )
