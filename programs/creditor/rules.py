"""Rule-based creditors, so that a model's number means something: they sit at the same table and know no model.

Time-dependent and behaviour-dependent tactics after Faratin, Sierra and Jennings (1998), "Negotiation decision
functions for autonomous agents"; MiCRO after de Jonge (2022), "An analysis of the linear bilateral ANAC domains using
the MiCRO benchmark strategy"; hardball and accept-all mark the two ends.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass

from data.dimensions import DIMENSIONS
from data.domain import CreditorPolicy, CreditorView, Move, MoveKind, Speaker, Turn
from data.steps import standing_after_each
from data.terms import Terms
from plumbing.errors import by_name
from programs.table.runner import TableState
from programs.table.words import package_said
from wording import mark, say

OFFERS = (
    mark("Our offer is {terms}."),
    mark("We can offer you {terms}."),
    mark("What we propose is {terms}."),
    mark("We would settle this at {terms}."),
    mark("Here is our proposal: {terms}."),
)
REPEATS = (
    mark("Our offer stays as it is: {terms}."),
    mark("We stay with {terms}."),
    mark("There is no change on our side: {terms}."),
    mark("We hold to {terms}."),
)
ACCEPTANCES = (
    mark("Agreed: {terms}."),
    mark("We accept your proposal: {terms}."),
    mark("That is settled, then: {terms}."),
    mark("We can agree to {terms}."),
)


@dataclass(frozen=True)
class OfferRule:
    """A rule: what the creditor would offer now, and whether the debtor's standing package is good enough."""

    next_offer: Callable[[TableState, CreditorPolicy], Terms]
    purpose: str
    """What it stands for, for tables and help texts."""
    accepts: Callable[[Terms, Terms, CreditorPolicy], bool]
    """(debtor's package, own next offer, policy); asked only about packages inside the policy."""


class RuleCreditor:
    """A creditor that follows one of `BASELINES` (programs.table.CreditorSeat).

    Args:
        name: the rule.
        view: what a creditor may see of the case; varies the wording only.
        policy: the limits; no offer leaves them.
        seed: of the wording.

    Raises:
        UserError: there is no such rule.
    """

    ladder: tuple[Terms, ...] = ()

    def __init__(self, name: str, view: CreditorView, policy: CreditorPolicy, seed: int) -> None:
        self.rule = rule_named(name)
        self.name, self.policy = name, policy
        digest = hashlib.sha256(f"{name}|{view.case_id}|{seed}".encode()).digest()
        self._start = int.from_bytes(digest[:4], "big")

    def next_turn(self, table: TableState) -> Turn:
        """An offer, or the acceptance of the debtor's standing package; never a step back."""
        offer = self.rule.next_offer(table, self.policy)
        if table.own is not None:
            offer = table.own.softest_with(offer)
        theirs = table.theirs
        if theirs and not self.policy.breaches(theirs) and self.rule.accepts(theirs, offer, self.policy):
            return self._turn(Move.accept(), ACCEPTANCES, theirs, table)
        wordings = REPEATS if offer == table.own else OFFERS
        return self._turn(Move.ask(offer), wordings, offer, table)

    def _turn(self, move: Move, wordings: tuple[str, ...], terms: Terms, table: TableState) -> Turn:
        rng = random.Random(self._start + table.round)
        words = say(wordings[int(rng.random() * len(wordings))], terms=package_said(terms))
        return Turn(speaker=Speaker.CREDITOR, move=move, dialogue=words)


def worth(terms: Terms, policy: CreditorPolicy) -> float:
    """The package's worth to the creditor inside its policy: 1 the firmest, 0 the softest, every dimension alike."""
    return 1 - sum(_softness(terms, policy)) / len(DIMENSIONS)


def _softness(terms: Terms, policy: CreditorPolicy) -> list[float]:
    firm, soft = policy.firmest(), policy.softest()
    spans = [(getattr(firm, d), getattr(soft, d), getattr(terms, d)) for d in DIMENSIONS]
    return [min(max((value - a) / (b - a), 0.0), 1.0) if a != b else 0.0 for a, b, value in spans]


def conceded(share: float, policy: CreditorPolicy) -> Terms:
    """The package after giving `share` (0..1) of the way from the firmest terms to the softest, in whole numbers."""
    return policy.firmest().between(policy.softest(), share)


def time_dependent(beta: float) -> Callable[[TableState, CreditorPolicy], Terms]:
    """Faratin's time tactic: share conceded = (elapsed / available)^(1/beta); < 1 Boulware, 1 linear, > 1 Conceder."""

    def next_offer(table: TableState, policy: CreditorPolicy) -> Terms:
        elapsed = (table.round - 1) / max(1, table.round_limit - 1)
        return conceded(elapsed ** (1 / beta), policy)

    return next_offer


def _stand_firm(table: TableState, policy: CreditorPolicy) -> Terms:
    return policy.firmest()


def _give_what_is_asked(table: TableState, policy: CreditorPolicy) -> Terms:
    return policy.clamp(table.theirs) if table.theirs else policy.firmest()


def _meet_halfway(table: TableState, policy: CreditorPolicy) -> Terms:
    if table.own is None or table.theirs is None:
        return policy.firmest()
    return policy.clamp(table.own.between(policy.clamp(table.theirs), 0.5))


def _tit_for_tat(table: TableState, policy: CreditorPolicy) -> Terms:
    """Faratin's absolute tit-for-tat: give back in each dimension what the debtor gave in its last offer."""
    if table.own is None:
        return policy.firmest()
    asks = [turn.move.terms.over(None) for turn in table.turns if turn.speaker is Speaker.DEBTOR and turn.move.terms]
    if len(asks) < 2 or asks[-1] is None or asks[-2] is None or table.turns[-1].move.kind is not MoveKind.ASK:
        return table.own
    values = {d: getattr(table.own, d) - (getattr(asks[-1], d) - getattr(asks[-2], d)) for d in DIMENSIONS}
    bounds = {d: policy.bounds(d) for d in DIMENSIONS}
    return Terms.model_validate({d: min(max(v, bounds[d][0]), bounds[d][1]) for d, v in values.items()})


def _minimal_concession(table: TableState, policy: CreditorPolicy) -> Terms:
    """MiCRO: the next of its own packages, by falling worth, only if the debtor has made as many different ones.

    Its packages are the steps of the even way down, one for each round, since in ten rounds nobody walks through
    thousands.
    """
    made, heard = (len(set(standing_after_each(table.turns, side))) for side in (Speaker.CREDITOR, Speaker.DEBTOR))
    rung = made if heard >= made else made - 1
    return conceded(min(1.0, rung / max(1, table.round_limit - 1)), policy)


def _as_good(theirs: Terms, own_next: Terms, policy: CreditorPolicy) -> bool:
    return worth(theirs, policy) >= worth(own_next, policy)


def _as_firm_everywhere(theirs: Terms, own_next: Terms, policy: CreditorPolicy) -> bool:
    return not theirs.softer_in(own_next)


def _always(theirs: Terms, own_next: Terms, policy: CreditorPolicy) -> bool:
    return True


BASELINES: dict[str, OfferRule] = {
    "accept-all": OfferRule(
        _give_what_is_asked, "takes every legal demand, and offers the nearest legal terms", _always
    ),
    "hardball": OfferRule(_stand_firm, "the firmest terms, first and last", _as_firm_everywhere),
    "split-the-difference": OfferRule(_meet_halfway, "halfway to the debtor's demand each round", _as_good),
    "tit-for-tat": OfferRule(_tit_for_tat, "gives what the debtor gave", _as_good),
    "boulware": OfferRule(time_dependent(0.3), "concedes late", _as_good),
    "linear": OfferRule(time_dependent(1.0), "concedes evenly over the rounds", _as_good),
    "conceder": OfferRule(time_dependent(3.0), "concedes early", _as_good),
    "micro": OfferRule(_minimal_concession, "concedes a step for each new offer of the debtor", _as_good),
}


def rule_named(name: str) -> OfferRule:
    """The rule called `name`.

    Raises:
        UserError: there is none; the message names those that there are.
    """
    return by_name(name, BASELINES, f"no rule-based creditor is called {name!r}", quoted=True)
