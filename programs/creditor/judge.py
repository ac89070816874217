"""The judge: reviews a concession or an acceptance before it goes out, on facts that code supplies.

A small model asked for an opinion calls every give-away "good", so it is asked narrow questions, and where the
facts decide one of them the facts win (`overruled` says so); the model decides only what the facts leave open.
"""

from __future__ import annotations

from dataclasses import dataclass

import dspy

from data.domain import MoveKind, Speaker, Turn
from data.terms import Terms
from programs.creditor.briefing import Briefing, claims_text, step_text
from programs.creditor.negotiator import terms_after
from programs.creditor.settings import JudgeReviews, ProgramSettings
from programs.models.calls import call
from programs.table import words
from signatures.verdict import JudgeTurn, Verdict
from wording import mark, speaking

LAST_ROUNDS = 1
"""With so few rounds left an agreement is worth more than the last step: giving way is no longer questioned."""


@dataclass(frozen=True)
class DraftFacts:
    """What code knows about a draft; None where it cannot know."""

    gives_more: bool | None
    """The draft gives way further than the debtor last did."""
    affordable: bool | None
    """The instalment is within the stated surplus."""

    def unaffordable(self, kind: MoveKind) -> bool:
        """A defect only where it would be settled: a step down with too high an instalment goes the right way."""
        return self.affordable is False and kind is MoveKind.ACCEPT

    def settle(self, kind: MoveKind) -> bool:
        """Whether the facts alone approve: then no model is asked, since its answer could change nothing."""
        return self.gives_more is False and not self.unaffordable(kind)


class Judge(dspy.Module):
    """Approves or sends back one draft (paper: judging agent)."""

    def __init__(self, settings: ProgramSettings) -> None:
        super().__init__()
        self.settings = settings
        self.predict = dspy.Predict(JudgeTurn)

    def forward(self, briefing: Briefing, draft: Turn, seed: int = 0) -> dspy.Prediction:
        """A `Prediction` with `approved` (bool), `advice` (str) and `note` (a sentence for the record).

        Raises:
            ProgramFault, InfrastructureFailure: see `programs.models.calls.call`.
        """
        terms = terms_after(briefing, draft.move)
        if terms is None:
            return dspy.Prediction(approved=True, advice="", note=mark("judge: nothing to review"))
        facts = draft_facts(briefing, draft, terms)
        if facts.settle(draft.move.kind):
            return dspy.Prediction(approved=True, advice="", note=mark("judge: approved (the facts leave no question)"))
        verdict: Verdict = call(
            self.predict,
            "judge",
            seed,
            self.settings.temperature,
            facts=facts_text(briefing, draft, terms, facts),
            draft=_in_english(draft.move.kind, terms),
        ).verdict
        return weighed(verdict, facts, draft.move.kind)


def _in_english(kind: MoveKind, terms: Terms) -> str:
    """The draft's offer as a prompt shows it, whatever the debtor speaks."""
    with speaking(None):
        return words.statement(kind, terms, repeated=False)


def must_review(briefing: Briefing, draft: Turn, reviews: JudgeReviews = "concessions_and_acceptances") -> bool:
    """Whether the draft accepts, or gives way against the creditor's standing offer where that is reviewed too."""
    if briefing.table.own is None:
        return False
    if draft.move.kind is MoveKind.ACCEPT:
        return True
    if reviews == "acceptances":
        return False
    terms = terms_after(briefing, draft.move)
    return terms is not None and bool(terms.softer_in(briefing.table.own))


def must_not_accept(briefing: Briefing, draft: Turn) -> bool:
    """Whether the draft accepts an offer that figures alone call too much given, or not affordable."""
    terms = terms_after(briefing, draft.move)
    if draft.move.kind is not MoveKind.ACCEPT or terms is None:
        return False
    facts = draft_facts(briefing, draft, terms)
    return facts.gives_more is True or facts.unaffordable(draft.move.kind)


def draft_facts(briefing: Briefing, draft: Turn, terms: Terms) -> DraftFacts:
    """The two questions as far as figures answer them."""
    affordable = briefing.fits(terms)
    own = briefing.table.own
    if own is None or briefing.table.rounds_left < LAST_ROUNDS:
        return DraftFacts(False, affordable)
    our_step = briefing.value(own) - briefing.value(terms)
    if our_step <= 0:
        return DraftFacts(False, affordable)
    their_step = briefing.last_step(Speaker.DEBTOR)
    if their_step is None:
        return DraftFacts(True if draft.move.kind is MoveKind.ACCEPT else None, affordable)
    return DraftFacts(our_step > their_step + 1e-9, affordable)


def weighed(verdict: Verdict, facts: DraftFacts, kind: MoveKind) -> dspy.Prediction:
    """The model's answers after the facts have had their say."""
    gives_more = facts.gives_more if facts.gives_more is not None else verdict.gives_more_than_debtor == "yes"
    unaffordable = facts.unaffordable(kind)
    approved = not (gives_more or unaffordable)
    overruled = approved != (verdict.decision == "approve")
    advice = verdict.advice.strip() if not overruled else ""
    if not approved and not advice:
        advice = (
            "The instalment is above what the debtor has left each month: offer smaller instalments instead."
            if unaffordable
            else "This gives way further than the debtor did: hold our offer, or make a smaller step."
        )
    ground = "too much given" if gives_more else "not affordable" if unaffordable else "within the facts"
    note = f"judge: {'approved' if approved else 'sent back'} ({ground})"
    if overruled:
        note += ", the facts overruled the model"
    return dspy.Prediction(approved=approved, advice=advice, note=note)


def facts_text(briefing: Briefing, draft: Turn, terms: Terms, facts: DraftFacts) -> str:
    """The facts in sentences, the way the judge reads them."""
    table, currency = briefing.table, briefing.view.debt.currency
    dimensions = ", ".join(d.removesuffix("_pct").replace("_", " ") for d in terms.softer_in(table.own or terms))
    lines = [
        f"Round {table.round} of {table.round_limit}.",
        "The draft accepts the debtor's offer."
        if draft.move.kind is MoveKind.ACCEPT
        else "The draft makes a new offer.",
        f"Against our standing offer it gives way on: {dimensions or 'nothing'}.",
        step_text(briefing) if table.theirs is not None else "The debtor has made no offer yet.",
    ]
    if facts.gives_more is not None:
        lines.append(f"Our step is {'larger' if facts.gives_more else 'not larger'} than the debtor's last step.")
    lines.append(f"The draft's instalment is {words.money(briefing.instalment(terms), currency)} a month.")
    lines.append(claims_text(briefing))
    return " ".join(lines)
