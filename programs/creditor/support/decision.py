"""The support at one account's table: beliefs, forecasts and values put together, turn by turn.

Answers depend on the account, the policy, the model and the table alone; what is remembered between turns only saves
time.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.domain import CreditorPolicy, CreditorView, MoveKind, Speaker
from data.terms import Terms
from programs.creditor.support.candidates import aim_grid, candidates
from programs.creditor.support.course import Course
from programs.creditor.support.facts import Facts, facts_of
from programs.creditor.support.learned.finances import Belief, mixed
from programs.creditor.support.learned.support_model import SupportModel, load_support
from programs.creditor.support.learned.table_features import TableFeatures, rows, table_features
from programs.creditor.support.plans import Floats, Plans, package, payments, row, softness
from programs.creditor.support.questions import question_values
from programs.creditor.support.showing import apart, fits_told, household_of, index_of
from programs.creditor.support.support_options import Option, Support
from programs.creditor.support.told_in_words import NOTHING_HEARD, ToldInWords
from programs.creditor.support.watch import LIMIT, evidence
from programs.creditor.support.worth import COST_OF_A_ROUND, Worth, still_to_be_had, worth_under
from programs.table.runner import TableState, view

MOST_OPTIONS = 6
SURELY = 0.02
"""Chance below which claims are taken as they are, and above one less it as bent."""
CLOSED = -1.0
"""Taken off the value of what the course keeps closed."""


@dataclass(frozen=True, eq=False)
class _Weighed:
    """The candidates of a turn with all that was computed of them."""

    plans: Plans
    now: Floats
    later: Floats
    worth: Worth
    value: Floats
    open: NDArray[np.bool_]
    """What the course allows."""
    candidates: int
    """The first so many were not named by anybody."""


class DecisionSupport:
    """Decision support for one account.

    Args:
        account: what the creditor knows of it.
        policy: the limits; nothing outside them is proposed.
        model: what was learned; None for the shipped one.
        course: how the rounds are used.

    Raises:
        UserError: the shipped model cannot be read.
    """

    def __init__(
        self,
        account: CreditorView,
        policy: CreditorPolicy,
        model: SupportModel | None = None,
        course: Course | None = None,
    ) -> None:
        self.account, self.policy = account, policy
        self.model, self.course = model or load_support(), course or Course()
        self.heard = NOTHING_HEARD
        self._grid_worth: dict[tuple[int, int, int], tuple[Floats, bool]] = {}
        self._forecast: dict[int, float] = {}

    def following(self, course: Course) -> DecisionSupport:
        """The same on another course; what is remembered depends on none and is shared."""
        other = copy.copy(self)
        other.course = course
        return other

    def hearing(self, heard: ToldInWords) -> DecisionSupport:
        """The same for a debtor who told this in words."""
        if heard == self.heard:
            return self
        other = copy.copy(self)
        other.heard, other._forecast = heard, {}
        return other

    def consider(self, table: TableState, also: Sequence[Terms] = ()) -> Support:
        """What can be done now, ranked, and how sure that is.

        Args:
            table: the creditor's to move.
            also: further packages to put a value on, such as a program's own pick. Those that may be offered (legal,
                no concession taken back) become options too, behind the others where the course keeps them closed.
        """
        also = [terms for terms in also if self._may_be_offered(terms, table)]
        facts = facts_of(table)
        plain = self._household(facts)
        shown = table_features(facts, self.account, self.heard.felt(plain))
        bent = self._chance_bent(facts, shown)
        belief = self._belief(facts, plain, bent)
        against = evidence(self._refused(table))
        weighed = self._weigh(table, facts, shown, belief, also)
        trusted = against < LIMIT
        return Support(
            round=facts.round,
            rounds_left=facts.rounds_left,
            options=self._options(table, facts, belief, weighed, also, trusted),
            household=household_of(belief, bent),
            questions=dict(
                question_values(facts, belief, (weighed.later * weighed.worth.cci)[:, : weighed.candidates])
            ),
            chance_any_kept=self._chance_any_kept(belief),
            evidence_against=against,
            trusted=trusted,
            firm=self.course.firm(facts),
        )

    # --- what is believed

    def _chance_bent(self, facts: Facts, shown: TableFeatures) -> float:
        if facts.income is None and facts.expenses is None and facts.assets is None:
            return 0.0
        return float(self.model.bent.chance(shown.fixed[None])[0])

    def _belief(self, facts: Facts, plain: Belief, bent: float) -> Belief:
        """The claims as they are, and as they would be if they were bent as in training, by that chance."""
        if bent < SURELY or not self.model.bent_times:
            return plain
        times = self.model.bent_times if len(plain.weights) == 1 else self.model.bent_times[:1]
        straightened = [self._household(facts, one) for one in times]
        share = 1.0 if bent > 1 - SURELY else bent
        parts = [(share / len(times), one) for one in straightened]
        return mixed(parts if share == 1.0 else [(1 - share, plain), *parts])

    def _household(self, facts: Facts, claims_times: tuple[float, float, float] = (1, 1, 1)) -> Belief:
        """Draws of what the household may have, given what was claimed and heard."""
        return self.heard.household(self.model.finances.draws(self.account, facts, claims_times), facts)

    def _of_grid(self, belief: Belief) -> list[tuple[Floats, bool]]:
        """Each draw's worth of every package of the aim grid, and whether it can keep any; remembered by draw."""
        keys = [
            (round(i), round(e), round(s))
            for i, e, s in zip(belief.income, belief.expenses, belief.savings, strict=True)
        ]
        new = [n for n, key in enumerate(keys) if key not in self._grid_worth]
        if new:
            draws = Belief(belief.weights[new], belief.income[new], belief.expenses[new], belief.savings[new])
            found = worth_under(draws, aim_grid(self.policy), self.account.debt.outstanding, self.policy)
            for n, cci, kept in zip(new, found.cci, found.kept, strict=True):
                self._grid_worth[keys[n]] = (cci, bool(kept.any()))
        return [self._grid_worth[key] for key in keys]

    def _chance_any_kept(self, belief: Belief) -> float:
        return float(belief.weights @ np.array([kept for _, kept in self._of_grid(belief)], dtype=np.float64))

    # --- what is forecast

    def _refused(self, table: TableState) -> list[float]:
        """The chances with which the offers that were refused so far had been forecast to be accepted."""
        found = []
        for index, turn in enumerate(table.turns):
            asked = turn.speaker is Speaker.CREDITOR and turn.move.kind is MoveKind.ASK
            answered = index + 1 < len(table.turns)
            if asked and answered and turn.move.terms is not None:
                if index not in self._forecast:
                    self._forecast[index] = self._forecast_of(table, index)
                found.append(self._forecast[index])
        return found

    def _forecast_of(self, table: TableState, index: int) -> float:
        before = view(table.turns[:index], Speaker.CREDITOR, self.policy)
        facts, terms = facts_of(before), table.turns[index].move.terms
        whole = None if terms is None else terms.over(before.own)
        if whole is None:
            return 0.0
        shown = table_features(facts, self.account, self.heard.felt(self._household(facts)))
        plan = row(whole)[None]
        return float(self._chances(rows(shown, plan), plan)[0][0])

    # --- what it is worth

    def _weigh(
        self, table: TableState, facts: Facts, shown: TableFeatures, belief: Belief, also: Sequence[Terms]
    ) -> _Weighed:
        """The candidates, the named packages and the demand, in this order."""
        grid_worth = belief.weights @ np.stack([cci for cci, _ in self._of_grid(belief)])
        found = candidates(facts, self.policy, grid_worth)
        demand = self._demand(table)
        more = [row(terms) for terms in (*also, *(() if demand is None else (demand,)))]
        plans = np.concatenate([found, np.array(more)]) if more else found
        worth = worth_under(belief, plans, self.account.debt.outstanding, self.policy)
        seen = rows(shown, plans)
        now, later = self._chances(seen, plans)
        at_hand = np.full(len(belief.weights), -1.0) if demand is None else worth.cci[:, -1]

        def valued(first: int) -> Floats:
            some = Worth(worth.cci[:, :first], worth.kept[:, :first])
            return self._values(facts, plans[:first], now[:first], later[:first], some, belief, at_hand)

        value = valued(len(found))
        if also:  # a named package is one more way on for itself, not for the others
            value = np.append(value, valued(len(found) + len(also))[len(found) :])
        allowed = self.course.open(facts, plans[: len(value)], self.policy)
        allowed[: len(found)] = self.course.open(facts, found, self.policy)
        if demand is not None:
            value, allowed = np.append(value, belief.weights @ at_hand), np.append(allowed, True)
        return _Weighed(plans, now, later, worth, value, allowed, len(found))

    def _values(
        self, facts: Facts, plans: Plans, now: Floats, later: Floats, worth: Worth, belief: Belief, at_hand: Floats
    ) -> Floats:
        agreed, soft = belief.weights @ worth.cci, softness(plans, self.policy)
        if facts.rounds_left == 0:
            return np.asarray(now * agreed - 1e-4 * soft)
        on = still_to_be_had(plans, later, worth.cci, belief.weights, at_hand) - COST_OF_A_ROUND
        value = now * agreed + (1 - now) * (on - self.course.concession_cost * soft)
        return np.asarray(value - self.course.costs(facts, plans))

    def _chances(self, seen: Floats, plans: Plans) -> tuple[Floats, Floats]:
        """That each plan is accepted now, and that it would be by the end."""
        debt, model = self.account.debt.outstanding, self.model
        now, later = (f.chance(seen) for f in (model.accepted_now, model.accepted_later))
        return self.heard.chances(now, plans, debt), self.heard.chances(later, plans, debt)

    def _may_be_offered(self, terms: Terms, table: TableState) -> bool:
        return not self.policy.breaches(terms) and (table.own is None or not table.own.softer_in(terms))

    def _demand(self, table: TableState) -> Terms | None:
        """The debtor's standing package where it may be accepted."""
        theirs = table.theirs
        return theirs if theirs is not None and not self.policy.breaches(theirs) else None

    # --- what is shown

    def _options(
        self,
        table: TableState,
        facts: Facts,
        belief: Belief,
        weighed: _Weighed,
        also: Sequence[Terms],
        trusted: bool,
    ) -> tuple[Option, ...]:
        """The best ones first, apart from each other; those named, and an acceptance, in any case."""
        acceptance = len(weighed.plans) - 1 if self._demand(table) is not None else None
        ranked = np.argsort(-np.where(weighed.open, weighed.value, weighed.value + CLOSED), kind="stable")
        chosen = apart(weighed.plans, [int(n) for n in ranked if n != acceptance and weighed.open[n]], MOST_OPTIONS - 1)
        named = [index_of(weighed.plans, row(terms)) for terms in also]
        wanted = dict.fromkeys([*chosen, *named, *([] if acceptance is None else [acceptance])])
        in_order = sorted(wanted, key=lambda n: (not weighed.open[n], -weighed.value[n], n != acceptance))
        options = [self._option(facts, belief, weighed, n, n == acceptance) for n in in_order]
        if trusted:
            return tuple(options)
        return self._cautious_first(table, facts, belief, weighed, options)

    def _cautious_first(
        self, table: TableState, facts: Facts, belief: Belief, weighed: _Weighed, options: list[Option]
    ) -> tuple[Option, ...]:
        """Forecasts that were wrong rank nothing: an even step from here to the softest package at the end leads, as
        the linear rule's would, or the demand where it is as good."""
        own = table.own or self.policy.firmest()
        cautious = own.between(self.policy.softest(), 1 / (facts.rounds_left + 1)).softest_with(own)
        demand = next((one for one in options if one.kind is MoveKind.ACCEPT), None)
        if demand is not None and softness(row(demand.terms)[None], self.policy) <= softness(
            row(cautious)[None], self.policy
        ):
            return (demand, *(one for one in options if one is not demand))
        offer = self._single(facts, belief, cautious)
        return (offer, *(one for one in options if one.terms != cautious or one.kind is MoveKind.ACCEPT))

    def _single(self, facts: Facts, belief: Belief, terms: Terms) -> Option:
        """An option outside the candidates; its value is that of an agreement by the present forecast."""
        plans = row(terms)[None]
        shown = table_features(facts, self.account, self.heard.felt(self._household(facts)))
        seen = rows(shown, plans)
        now, later = self._chances(seen, plans)
        worth = worth_under(belief, plans, self.account.debt.outstanding, self.policy)
        value = np.maximum(now, later) * (belief.weights @ worth.cci)
        return self._option(facts, belief, _Weighed(plans, now, later, worth, value, np.ones(1, np.bool_), 1), 0, False)

    def _option(self, facts: Facts, belief: Belief, weighed: _Weighed, n: int, accepting: bool) -> Option:
        plan, debt = weighed.plans[n][None], self.account.debt.outstanding
        due, first, each = (round(float(part[0]) * debt) for part in payments(plan))
        return Option(
            kind=MoveKind.ACCEPT if accepting else MoveKind.ASK,
            terms=package(weighed.plans[n]),
            due_minor=due,
            first_payment_minor=first,
            monthly_minor=each,
            fits_told=fits_told(self.heard.added_to(facts), plan, debt),
            chance_now=1.0 if accepting else float(weighed.now[n]),
            chance_later=1.0 if accepting else float(weighed.later[n]),
            chance_kept=float(belief.weights @ weighed.worth.kept[:, n]),
            worth=float(belief.weights @ weighed.worth.cci[:, n]),
            value=float(weighed.value[n]),
            leaves_monthly_minor=round(float(belief.weights @ belief.surplus)) - each,
        )
