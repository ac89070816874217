"""What a creditor could see going wrong at the table, turn by turn: facts of the record's public side only.

Nothing here reads the debtor's finances or persona. Values are points of the recovery index with every payment made
(`metrics.money.oracle.nominal_cri` times 100), one yardstick for all four terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from data.dimensions import SPECS
from data.domain import Ending, Inquiry, MoveKind, Negotiation, Speaker
from data.steps import claimed, standing_after_each, steps
from data.terms import Terms
from metrics.money.oracle import nominal_cri
from metrics.money.simulation import monthly_installment
from metrics.scorecard import Role

NOTICEABLE = 1.0
"""Points below which a step counts as none."""


@dataclass(frozen=True)
class TurnFact:
    """One thing that a turn did."""

    points: float
    """How much it was about, in points of the recovery index; facts are told largest first."""
    modules: tuple[Role, ...]
    """Who can do otherwise."""
    sentence: str


@dataclass(frozen=True)
class DebtorAnswer:
    """One creditor turn that answers two standing offers."""

    round: int
    kind: MoveKind
    ours: Terms
    """Our standing package before the turn."""
    after: Terms
    """The package that the turn leaves standing: the debtor's for accept."""
    given: float
    """Points that the turn gave way by."""
    received: float
    """Points that the debtor's last turn had come closer by."""


def turn_facts(negotiation: Negotiation) -> list[TurnFact]:
    """What stands out in the creditor's turns, largest first; empty where nothing does."""
    answers = list(_answers(negotiation))
    found = [
        *_given_away(answers),
        *_not_answered(answers, negotiation),
        *_pace(negotiation),
        *_questions(negotiation),
        *_above_what_was_said(negotiation),
    ]
    return sorted(found, key=lambda fact: -fact.points)


def _answers(negotiation: Negotiation) -> Iterator[DebtorAnswer]:
    earlier: Terms | None = None
    for step in steps(negotiation.turns):
        if step.turn.speaker is Speaker.CREDITOR:
            ours, theirs, kind = step.own.standing, step.theirs.standing, step.turn.move.kind
            after = theirs if kind is MoveKind.ACCEPT else step.after
            if ours is not None and after is not None:
                received = _points(theirs, negotiation) - _points(earlier, negotiation) if theirs and earlier else 0.0
                given = _points(ours, negotiation) - _points(after, negotiation)
                yield DebtorAnswer(step.round, kind, ours, after, given, received)
        earlier = (step.own if step.turn.speaker is Speaker.DEBTOR else step.theirs).standing


def _points(terms: Terms, negotiation: Negotiation) -> float:
    return 100 * nominal_cri(terms, negotiation)


def _given_away(answers: list[DebtorAnswer]) -> Iterator[TurnFact]:
    for answer in answers:
        excess = answer.given - max(answer.received, 0)
        if excess < NOTICEABLE:
            continue
        if answer.kind is MoveKind.ACCEPT:
            sentence = (
                f"In round {answer.round} an offer {answer.given:.0f} points below our own standing one was accepted."
            )
        else:
            on = ", ".join(SPECS[d].words for d in answer.after.softer_in(answer.ours))
            sentence = (
                f"In round {answer.round} we gave way by {answer.given:.0f} points on {on or 'the whole package'}, "
                f"the debtor had come closer by {max(answer.received, 0):.0f}."
            )
        yield TurnFact(excess, ("planner", "negotiator", "judge"), sentence)


def _not_answered(answers: list[DebtorAnswer], negotiation: Negotiation) -> Iterator[TurnFact]:
    """Rounds in which we stood still although the debtor had moved: what ends a talk without an agreement."""
    still = [
        answer
        for answer in answers
        if answer.given < NOTICEABLE <= answer.received and answer.kind is not MoveKind.ACCEPT
    ]
    if still and negotiation.ending is not Ending.AGREEMENT:
        rounds = ", ".join(str(answer.round) for answer in still)
        points = sum(answer.received for answer in still)
        yield TurnFact(
            points,
            ("negotiator", "judge"),
            f"The debtor came closer by {points:.0f} points in all and got no step back (round {rounds}).",
        )


def _pace(negotiation: Negotiation) -> Iterator[TurnFact]:
    offers, theirs = standing_after_each(negotiation.turns, Speaker.CREDITOR), negotiation.standing(Speaker.DEBTOR)
    if not offers or theirs is None:
        return
    opening, end, asked = (_points(terms, negotiation) for terms in (offers[0], offers[-1], theirs))
    if negotiation.ending is Ending.AGREEMENT and opening - end < NOTICEABLE:
        return
    yield TurnFact(
        max(end - asked, 0) if negotiation.agreed is None else opening - end,
        ("planner",),
        f"Our offers went from {opening:.0f} to {end:.0f} points of 100; the debtor's last one stood at {asked:.0f}.",
    )


def _questions(negotiation: Negotiation) -> Iterator[TurnFact]:
    said = claimed(negotiation.turns)
    income, expenses = said.monthly_income, said.monthly_expenses
    if income is not None and expenses is not None:
        return
    asked = {turn.inquiry for turn in negotiation.turns if turn.speaker is Speaker.CREDITOR}
    missing = [
        f"{kind.value} ({'asked, not told' if kind in asked else 'never asked'})"
        for kind, known in ((Inquiry.INCOME, income), (Inquiry.EXPENSES, expenses))
        if known is None
    ]
    yield TurnFact(
        NOTICEABLE,
        ("planner", "negotiator"),
        f"Whether the debtor could carry the instalment stayed unknown: {' and '.join(missing)}.",
    )


def _above_what_was_said(negotiation: Negotiation) -> Iterator[TurnFact]:
    said, agreed = claimed(negotiation.turns), negotiation.agreed
    if agreed is None or said.monthly_income is None or said.monthly_expenses is None:
        return
    if monthly_installment(agreed, negotiation.case.debt.outstanding) > said.monthly_income - said.monthly_expenses:
        yield TurnFact(
            100.0,
            ("planner", "negotiator", "judge"),
            "The instalment that was agreed is above what the debtor had said is left each month.",
        )
