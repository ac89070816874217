"""The simulated debtor: private finances and a persona decide, varied words react to what the creditor just said.

It knows no model and no creditor limits, and needs about 0.2 ms a turn. Given the case and the seed, its
answer is a function of the table alone, so that the same dialogue always gets the same answer.
"""

from __future__ import annotations

import hashlib
import random

from data.circumstance import CircumstanceKind
from data.dimensions import DIMENSIONS, SPECS, Dimension
from data.domain import DebtCase, Disclosure, Inquiry, Move, Speaker, Turn
from data.terms import Terms
from programs.debtor.affordability import (
    IDEAL,
    acceptable_mask,
    budget_of,
    carries,
    relief,
    reservation,
    would_accept,
)
from programs.debtor.claims import claim, claimed_amount
from programs.debtor.hearing import Heard, hear
from programs.debtor.personas import Traits, persona_of, traits_of
from programs.debtor.temper import Temper, temper
from programs.debtor.voice import Language, Voice, spoken_amount, spoken_by, spoken_circumstance
from programs.table.runner import DebtorReply, TableState

__all__ = ["SimulatedDebtor", "acceptable_mask", "would_accept"]

LOWEST_OPENING = Terms(discount_pct=60, immediate_payment_pct=0, immediate_payment_days=30, installment_periods=36)
"""What someone asks for who could keep no plan at all."""

YIELDS_FROM_ROUND = 3
"""Nobody gives in to pressure before this round."""


def opening_demand(case: DebtCase, rng: random.Random) -> Terms:
    """A first demand: from the reservation towards the ideal as far as the persona dares, a plan that it could keep.

    Args:
        case: the debtor.
        rng: varies the daring by up to 0.15 in each dimension.
    """
    end, traits = reservation(case), traits_of(case)
    if end is None:
        return LOWEST_OPENING
    values = {}
    for dimension in DIMENSIONS:
        start = getattr(end, dimension)
        spec = SPECS[dimension]
        gap = spec.given(start, IDEAL[dimension])
        daring = min(1.0, max(0.1, traits.ambition + rng.uniform(-0.15, 0.15)))
        values[dimension] = start + round(spec.sign * max(0.0, gap) * daring)
    demand = Terms.model_validate(values)
    if carries(budget_of(case), case.debt.outstanding, demand):
        return demand
    return end.with_value("discount_pct", max(round(end.discount_pct), round(values["discount_pct"])))


def seeded(case: DebtCase, seed: int, purpose: str) -> random.Random:
    """A generator of its own for each purpose, from the case, the seed and the purpose only."""
    digest = hashlib.sha256(f"{case.case_id}|{seed}|{purpose}".encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))


class SimulatedDebtor:
    """A debtor at the table (programs.table.DebtorSeat).

    Args:
        case: the whole case; nothing of its private side leaves but through moves and what the debtor says.
        seed: varies the opening, the patience and the words, never the reservation (`would_accept`).
        language: of the words; None for the one that the case says is spoken with the debtor, else English.
    """

    def __init__(self, case: DebtCase, seed: int, language: Language | None = None) -> None:
        self.case = case
        self.traits: Traits = traits_of(case)
        self._persona = persona_of(case)
        self._seed, self._language = seed, language or spoken_by(case.debtor.language)
        self._purse = budget_of(case)
        self._reservation = reservation(case)
        rng = self._rng("start")
        self._opening = opening_demand(case, rng)
        self._opening_relief = relief(self._opening, self.traits)
        self._patience = self.traits.patience + rng.uniform(-1, 1)

    def reply(self, table: TableState) -> DebtorReply:
        """The answer to the creditor's last turn."""
        heard = hear(table.turns, self.traits)
        state = temper(heard, self.traits, self._opening_relief, self._patience)
        voice = Voice(self._language, self._rng(f"words {len(heard)}"))
        wish = self._next_offer(state, table.own)
        if self._takes(heard[-1].offer, state, wish):
            return self._accept(heard, voice, "accept")
        if self._yields(heard, state):
            return self._accept(heard, voice, "accept_pressed")
        if state.patience <= 0 and len(heard) > 1:
            words = voice.joined([self._reaction(heard, voice), voice.say("leave")])
            return DebtorReply(_turn(Move.reject(), words), leaves=True)
        return DebtorReply(self._counter(heard, table.own, wish, voice))

    # --- what it does

    def _next_offer(self, state: Temper, own: Terms | None) -> Terms:
        """The package on the way from the opening to the reservation that the target asks for; never a step back."""
        if own is None or self._reservation is None:
            return own or self._opening
        floor = min(self.traits.relief_floor, self._opening_relief)
        span = self._opening_relief - floor
        progress = min(1.0, max(0.0, (self._opening_relief - state.target) / span)) if span > 0 else 1.0
        terms = Terms.model_validate({d: self._on_the_way(d, progress, own) for d in DIMENSIONS})
        return terms if self._can_keep(terms) else own

    def _on_the_way(self, dimension: Dimension, progress: float, own: Terms) -> int:
        """The value of `dimension` after `progress`, rounded to the debtor's side, never softer than before."""
        sign = SPECS[dimension].sign
        start, end = getattr(self._opening, dimension), getattr(self._reservation, dimension)
        # What is worth least to it moves first: a heavier weight delays a dimension (logrolling).
        share = progress ** (0.5 + 2 * self.traits.weights[dimension])
        value = end + int((start - end) * sign * (1 - share) + 0.999999) * sign
        last = round(getattr(own, dimension))
        return min(value, last) if sign > 0 else max(value, last)

    def _takes(self, offer: Terms | None, state: Temper, wish: Terms) -> bool:
        """Whether the creditor's package is one it can keep and at least as good as its own next offer or target."""
        if offer is None or not self._can_keep(offer):
            return False
        worth = relief(offer, self.traits)
        return worth >= self.traits.relief_floor and worth >= min(state.target, relief(wish, self.traits))

    def _yields(self, heard: tuple[Heard, ...], state: Temper) -> bool:
        """Whether the vulnerable give in to what they cannot keep: only under pressure felt in this very turn."""
        now = heard[-1]
        felt = now.hurt or now.stuck or now.tone.ultimatum
        enough = 0 < self.traits.yields_at <= state.pressure
        return enough and felt and len(heard) >= YIELDS_FROM_ROUND and now.offer is not None

    def _can_keep(self, terms: Terms) -> bool:
        return carries(self._purse, self.case.debt.outstanding, terms)

    # --- what it says

    def _accept(self, heard: tuple[Heard, ...], voice: Voice, act: str) -> DebtorReply:
        told, answer = self._answer(heard, voice)
        words = voice.joined([self._reaction(heard, voice), answer, voice.say(act, terms=heard[-1].offer)])
        return DebtorReply(_turn(Move.accept(), words, told))

    def _counter(self, heard: tuple[Heard, ...], own: Terms | None, wish: Terms, voice: Voice) -> Turn:
        told, answer = self._answer(heard, voice)
        if told is None and len(heard) == 1 and voice.rng.random() < self.traits.volunteers:
            told, answer = self._told(Inquiry.REASON, voice)
        opening = [voice.mood(self._persona)] if voice.rng.random() < 0.35 else []
        said = [*opening, self._reaction(heard, voice), answer, self._objection(heard, voice)]
        moved = wish != own
        said.append(self._in_passing(len(heard)))
        said.append(voice.say("ask" if moved else "keep", terms=wish))
        move = Move.ask(wish) if moved else Move.reject()
        return _turn(move, voice.joined(said), told)

    def _reaction(self, heard: tuple[Heard, ...], voice: Voice) -> str:
        """The sentence that shows what it heard: the strongest thing first."""
        now = heard[-1]
        if now.hurt:
            return voice.say("hurt")
        if now.tone.ultimatum:
            return voice.say("ultimatum")
        if now.better and now.offer is not None and now.gained > 0:
            best = max(now.better, key=lambda d: self.traits.weights[d])
            return voice.say("thanks", slots={"gain": voice.gain(best, now.offer)})
        if now.stuck:
            return voice.say("stuck", theirs=now.offer)
        if now.tone.empathy:
            return voice.say("empathy")
        return voice.say("first", theirs=now.offer) if len(heard) == 1 else ""

    def _objection(self, heard: tuple[Heard, ...], voice: Voice) -> str:
        """Why the offer on the table will not do; silent on the first round and when it has just complained."""
        now = heard[-1]
        if now.offer is None or len(heard) == 1 or now.hurt or now.stuck:
            return ""
        if self._reservation is None:
            return voice.say("no_plan")
        return voice.say("too_hard" if self._can_keep(now.offer) else "cannot_carry", theirs=now.offer)

    def _answer(self, heard: tuple[Heard, ...], voice: Voice) -> tuple[Disclosure | None, str]:
        """The answer to a question: a claim and its words, a refusal, or nothing when nothing was asked."""
        inquiry = heard[-1].question
        if inquiry is None:
            return None, ""
        times_before = sum(turn.question is inquiry for turn in heard[:-1])
        answered_at = self._answered_at(inquiry)
        if times_before > answered_at:
            return None, voice.say("told_already")
        if times_before < answered_at:
            return None, voice.say("evade")
        return self._told(inquiry, voice)

    def _answered_at(self, inquiry: Inquiry) -> int:
        """How often the question must have been put before without success; drawn once from the persona's candour."""
        rng, refusals = self._rng(f"candour {inquiry.value}"), 0
        while rng.random() < (1 - self.traits.candour) * 0.5**refusals and refusals < 6:
            refusals += 1
        return refusals

    def _told(self, inquiry: Inquiry, voice: Voice) -> tuple[Disclosure, str]:
        told = claim(inquiry, self.case)
        if told.reason is not None:
            return told, voice.say("reason_said", slots={"reason": voice.reason(told.reason)})
        spoken = spoken_amount(claimed_amount(told), self.case.debt.currency)
        sentence = voice.say(inquiry.value, slots={inquiry.value: spoken})
        beside = self._circumstance(CircumstanceKind.SECOND_INCOME) if inquiry is Inquiry.INCOME else ""
        return told, voice.joined([sentence, beside])

    def _in_passing(self, round_number: int) -> str:
        """What the debtor tells of itself unasked, in its first answer or its second; a second income is told with the
        first."""
        if round_number != 1 + self._rng("in passing").randrange(2):
            return ""
        return self._circumstance(CircumstanceKind.PAYDAY, CircumstanceKind.MONTHLY_LIMIT, CircumstanceKind.NOTHING)

    def _circumstance(self, *kinds: CircumstanceKind) -> str:
        told = self.case.circumstance
        return spoken_circumstance(told, self.case.debt.currency) if told is not None and told.kind in kinds else ""

    def _rng(self, purpose: str) -> random.Random:
        return seeded(self.case, self._seed, purpose)


def _turn(move: Move, words: str, claim: Disclosure | None = None) -> Turn:
    return Turn(speaker=Speaker.DEBTOR, move=move, dialogue=words, disclosed=claim)
