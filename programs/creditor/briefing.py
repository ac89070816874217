"""What a creditor-side module is told at one turn, as typed facts and as the prompt text rendered from them.

Everything here derives from the creditor's view, the policy and what was said at the table. There is no way
from here to a debtor's finances or persona.
"""

from __future__ import annotations

from dataclasses import dataclass

from data.dimensions import Dimension
from data.domain import CreditorPolicy, CreditorView, Disclosure, Speaker
from data.steps import claimed, standing_after_each
from data.terms import Terms
from metrics.money.simulation import monthly_installment
from metrics.money.valuation import creditor_value, rung_matched
from programs.creditor.settings import DEFAULT_FLOOR_DISCOUNT_SHARE
from programs.table import words
from programs.table.runner import TableState

EXAMPLE_PERIODS = (6, 12, 24)
"""Plan lengths whose monthly cost the planner is shown."""


@dataclass(frozen=True)
class Briefing:
    """One creditor turn's knowledge."""

    view: CreditorView
    policy: CreditorPolicy
    table: TableState
    ladder: tuple[Terms, ...] = ()
    """Empty for creditors without a planner."""
    descent_rounds: int | None = None
    """Round by which a steady descent stands on the last rung; None: the round limit."""
    floor_discount_share: float = DEFAULT_FLOOR_DISCOUNT_SHARE
    """Share of the policy's discount range in the starting point for a floor."""

    @property
    def behind_pace(self) -> bool:
        """Whether a steady descent from the opening would stand further down by now."""
        last, rounds = len(self.ladder) - 1, self.descent_rounds or self.table.round_limit
        due = last * (self.table.round - 1) // max(rounds - 1, 1)
        return self.rung < min(due, last)

    @property
    def disclosed(self) -> Disclosure:
        """What the debtor has claimed so far; a later claim replaces an earlier one."""
        return claimed(self.table.turns)

    @property
    def stated_surplus(self) -> int | None:
        """Income less expenses as the debtor stated them, minor units a month; None until both are known."""
        said = self.disclosed
        if said.monthly_income is None or said.monthly_expenses is None:
            return None
        return said.monthly_income - said.monthly_expenses

    @property
    def rung(self) -> int:
        """Index of the rung that the creditor stands on; 0 before the opening."""
        return self.ladder.index(self.table.own) if self.table.own in self.ladder else 0

    def instalment(self, terms: Terms) -> int:
        """What `terms` cost the debtor a month, minor units."""
        return monthly_installment(terms, self.view.debt.outstanding)

    def fits(self, terms: Terms) -> bool | None:
        """Whether the instalment is within the stated surplus; None while that is unknown."""
        surplus = self.stated_surplus
        return None if surplus is None else self.instalment(terms) <= surplus

    def value(self, terms: Terms) -> float:
        """What `terms` are worth to the creditor when kept, 0..1."""
        return creditor_value(terms, self.policy)

    def last_step(self, speaker: Speaker) -> float | None:
        """By how much `speaker`'s latest move changed the standing value for the creditor; None before two offers.

        For the debtor a positive step is a concession, for the creditor a negative one.
        """
        offers = standing_after_each(self.table.turns, speaker)
        return None if len(offers) < 2 else self.value(offers[-1]) - self.value(offers[-2])


def dialogue_text(table: TableState) -> str:
    """The conversation, oldest first, one line a turn; append-only, so a model's prefix cache holds it."""
    if not table.turns:
        return "(nothing said yet; you open)"
    return "\n".join(f"{turn.speaker.value.capitalize()}: {words.heard(turn.dialogue)}" for turn in table.turns)


def ladder_text(ladder: tuple[Terms, ...]) -> str:
    """The rungs, numbered from 1."""
    return "\n".join(f"{i}. {words.package(rung)}" for i, rung in enumerate(ladder, start=1))


def claims_text(briefing: Briefing) -> str:
    """What the debtor has said of the finances, and what follows from it."""
    said, currency = briefing.disclosed, briefing.view.debt.currency
    known = [
        f"{label} {words.money(amount, currency)}"
        for label, amount in (
            ("monthly income", said.monthly_income),
            ("monthly expenses", said.monthly_expenses),
            ("savings", said.assets),
        )
        if amount is not None
    ]
    if said.reason is not None:
        known.append(f"reason {said.reason.value.replace('_', ' ')}")
    if not known:
        return "The debtor has not told us about income, expenses or savings."
    text = f"The debtor says: {', '.join(known)}."
    if briefing.stated_surplus is not None:
        text += f" That leaves {words.money(max(briefing.stated_surplus, 0), currency)} a month."
    return text


def planning_facts(briefing: Briefing) -> str:
    """For the planner: what undiscounted plans cost a month, and which of them the stated surplus carries."""
    policy, currency = briefing.policy, briefing.view.debt.currency
    base = policy.firmest().with_value("immediate_payment_pct", min(10.0, policy.max_immediate_payment_pct))
    low, high = policy.bounds("installment_periods")
    lengths = [n for n in EXAMPLE_PERIODS if low <= n <= high] or [int(high)]
    costs = [(n, _cost(briefing, base, n)) for n in lengths]
    text = "Without a discount and with 10% paid at once, the instalment is " + "; ".join(
        f"{words.money(cost, currency)} over {n} months" for n, cost in costs
    )
    text += ". " + claims_text(briefing)
    if (surplus := briefing.stated_surplus) is not None:
        fitting = next((n for n in range(int(low), int(high) + 1) if _cost(briefing, base, n) <= surplus), None)
        text += (
            f" The shortest plan without a discount that fits is {fitting} months."
            if fitting
            else " No plan without a discount fits, even the longest."
        )
    if briefing.table.own is not None:
        text += f" Already offered, so nothing firmer is possible now: {words.package(briefing.table.own)}."
    named = zip(("opening", "target", "floor"), starting_points(briefing), strict=True)
    return f"{text} Starting points: " + "; ".join(f"{name} {words.package(terms)}" for name, terms in named) + "."


def starting_points(briefing: Briefing) -> tuple[Terms, Terms, Terms]:
    """An opening, a target and a floor inside the policy that a planner may begin from.

    The target is a middling plan without a discount, or the shortest one that the stated surplus carries once that
    is known; the floor gives all the time there is and a share of the discount (`floor_discount_share`).
    """
    policy = briefing.policy
    low, high = (int(bound) for bound in policy.bounds("installment_periods"))
    base = policy.firmest().with_value("immediate_payment_days", _between(policy, "immediate_payment_days", 0.5))
    opening = base.model_copy(
        update={
            "immediate_payment_pct": _between(policy, "immediate_payment_pct", 0.5),
            "installment_periods": min(low + 3, high),
        }
    )
    target = base.model_copy(
        update={
            "immediate_payment_pct": _between(policy, "immediate_payment_pct", 0.2),
            "installment_periods": (low + high) // 2,
        }
    )
    if (surplus := briefing.stated_surplus) is not None:
        fitting = next((n for n in range(low, high + 1) if _cost(briefing, target, n) <= surplus), high)
        target = target.with_value("installment_periods", fitting)
    floor = policy.softest().with_value("discount_pct", _between(policy, "discount_pct", briefing.floor_discount_share))
    return opening, target, floor


def _between(policy: CreditorPolicy, dimension: Dimension, share: float) -> int:
    low, high = policy.bounds(dimension)
    return round(low + share * (high - low))


def _cost(briefing: Briefing, base: Terms, periods: int) -> int:
    return briefing.instalment(base.with_value("installment_periods", periods))


def situation_text(briefing: Briefing) -> str:
    """For the negotiator: where both sides stand, computed; the volatile part of the prompt, so it comes last."""
    table = briefing.table
    lines = [claims_text(briefing), f"Round {table.round} of {table.round_limit}."]
    if table.own is None:
        return " ".join([*lines, "We have offered nothing yet; this is our opening."])
    if (fits := briefing.fits(table.own)) is not None:
        lines.append(f"Our offer's instalment {'fits into' if fits else 'is above'} what is left each month.")
    if table.theirs is not None:
        lines.append(f"The debtor asks for {words.package(table.theirs)}. {compared(briefing, table.theirs)}")
        lines.append(step_text(briefing))
    if briefing.ladder:
        lines.append(f"We stand on rung {briefing.rung + 1} of {len(briefing.ladder)}. {pace_text(briefing)}")
    else:
        lines.append(f"Our offer stands at {words.package(table.own)}.")
    return " ".join(lines)


def pace_text(briefing: Briefing) -> str:
    """One sentence: whether a steady descent that reaches the last rung in time would stand further down."""
    if briefing.rung >= len(briefing.ladder) - 1:
        return "There is no rung below."
    return "We are behind the pace." if briefing.behind_pace else "We are on pace."


def compared(briefing: Briefing, offer: Terms) -> str:
    """One sentence that ranks the debtor's offer against ours."""
    if not briefing.ladder:
        if briefing.policy.breaches(offer):
            return "It is outside our limits."
        own = briefing.table.own
        better = own is not None and briefing.value(offer) >= briefing.value(own)
        return "It is at least as good for us as our own offer." if better else "It is worse for us than our own offer."
    matched = rung_matched(offer, briefing.ladder, briefing.policy)
    if matched is None:
        return "It is worse for us than our last rung."
    if matched <= briefing.rung and briefing.table.own is not None:
        return "It is at least as good for us as the rung we stand on."
    return f"It is worth as much to us as rung {matched + 1}."


def step_text(briefing: Briefing) -> str:
    """One sentence about what the debtor just did."""
    step = briefing.last_step(Speaker.DEBTOR)
    if step is None:
        return "That was the debtor's first offer."
    if abs(step) < 1e-9:
        return "The debtor did not move."
    return "The debtor moved towards us." if step > 0 else "The debtor moved away from us."
