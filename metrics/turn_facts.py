"""What a creditor could see going wrong at the table, turn by turn: facts of the record's public side only.

Nothing here reads the debtor's finances or persona. Values are points of the recovery index with every payment made
(`metrics.money.oracle.nominal_cri` times 100), one yardstick for all four terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from data.domain import CONCESSION_SIGN, DIMENSIONS, Ending, Inquiry, MoveKind, Negotiation, Speaker, Terms
from metrics.money.oracle import nominal_cri
from metrics.money.simulation import monthly_installment
from metrics.scorecard import Role
from metrics.talk.conversation import DIMENSION_WORDS

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
class Step:
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
    steps = list(_steps(negotiation))
    found = [
        *_given_away(steps),
        *_not_answered(steps, negotiation),
        *_pace(negotiation),
        *_questions(negotiation),
        *_above_what_was_said(negotiation),
    ]
    return sorted(found, key=lambda fact: -fact.points)


def _steps(negotiation: Negotiation) -> Iterator[Step]:
    round_ = 0
    for index, turn in enumerate(negotiation.turns):
        if turn.speaker is not Speaker.CREDITOR:
            continue
        round_ += 1
        ours = negotiation.standing(Speaker.CREDITOR, before=index)
        theirs = negotiation.standing(Speaker.DEBTOR, before=index)
        accepts = turn.move.kind is MoveKind.ACCEPT
        after = theirs if accepts else negotiation.standing(Speaker.CREDITOR, before=index + 1)
        if ours is None or after is None:
            continue
        earlier = negotiation.standing(Speaker.DEBTOR, before=max(index - 1, 0))
        received = _points(theirs, negotiation) - _points(earlier, negotiation) if theirs and earlier else 0.0
        given = _points(ours, negotiation) - _points(after, negotiation)
        yield Step(round_, turn.move.kind, ours, after, given, received)


def _points(terms: Terms, negotiation: Negotiation) -> float:
    return 100 * nominal_cri(terms, negotiation)


def _given_away(steps: list[Step]) -> Iterator[TurnFact]:
    for step in steps:
        excess = step.given - max(step.received, 0)
        if excess < NOTICEABLE:
            continue
        if step.kind is MoveKind.ACCEPT:
            sentence = (
                f"In round {step.round} an offer {step.given:.0f} points below our own standing one was accepted."
            )
        else:
            on = ", ".join(DIMENSION_WORDS[d] for d in DIMENSIONS if _softer(step, d))
            sentence = (
                f"In round {step.round} we gave way by {step.given:.0f} points on {on or 'the whole package'}, "
                f"the debtor had come closer by {max(step.received, 0):.0f}."
            )
        yield TurnFact(excess, ("planner", "negotiator", "judge"), sentence)


def _softer(step: Step, dimension: str) -> bool:
    sign = CONCESSION_SIGN[dimension]  # type: ignore[index]
    return bool(sign * (getattr(step.after, dimension) - getattr(step.ours, dimension)) > 0)


def _not_answered(steps: list[Step], negotiation: Negotiation) -> Iterator[TurnFact]:
    """Rounds in which we stood still although the debtor had moved: what ends a talk without an agreement."""
    still = [step for step in steps if step.given < NOTICEABLE <= step.received and step.kind is not MoveKind.ACCEPT]
    if still and negotiation.ending is not Ending.AGREEMENT:
        rounds = ", ".join(str(step.round) for step in still)
        points = sum(step.received for step in still)
        yield TurnFact(
            points,
            ("negotiator", "judge"),
            f"The debtor came closer by {points:.0f} points in all and got no step back (round {rounds}).",
        )


def _pace(negotiation: Negotiation) -> Iterator[TurnFact]:
    first = next(iter(_offers(negotiation)), None)
    last, theirs = negotiation.standing(Speaker.CREDITOR), negotiation.standing(Speaker.DEBTOR)
    if first is None or last is None or theirs is None:
        return
    opening, end, asked = (_points(terms, negotiation) for terms in (first, last, theirs))
    if negotiation.ending is Ending.AGREEMENT and opening - end < NOTICEABLE:
        return
    yield TurnFact(
        max(end - asked, 0) if negotiation.agreed is None else opening - end,
        ("planner",),
        f"Our offers went from {opening:.0f} to {end:.0f} points of 100; the debtor's last one stood at {asked:.0f}.",
    )


def _offers(negotiation: Negotiation) -> Iterator[Terms]:
    for index, turn in enumerate(negotiation.turns, start=1):
        if turn.speaker is Speaker.CREDITOR and (terms := negotiation.standing(Speaker.CREDITOR, before=index)):
            yield terms


def _questions(negotiation: Negotiation) -> Iterator[TurnFact]:
    income, expenses = _stated(negotiation)
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


def _stated(negotiation: Negotiation) -> tuple[int | None, int | None]:
    """Monthly income and expenses as the debtor last claimed them, minor units."""
    income = expenses = None
    for turn in negotiation.turns:
        if turn.speaker is Speaker.DEBTOR and turn.disclosed is not None:
            income = turn.disclosed.monthly_income if turn.disclosed.monthly_income is not None else income
            expenses = turn.disclosed.monthly_expenses if turn.disclosed.monthly_expenses is not None else expenses
    return income, expenses


def _above_what_was_said(negotiation: Negotiation) -> Iterator[TurnFact]:
    income, expenses = _stated(negotiation)
    agreed = negotiation.agreed
    if agreed is None or income is None or expenses is None:
        return
    if monthly_installment(agreed, negotiation.case.debt.outstanding) > income - expenses:
        yield TurnFact(
            100.0,
            ("planner", "negotiator", "judge"),
            "The instalment that was agreed is above what the debtor had said is left each month.",
        )
