"""A negotiation in words, line by line: what the console, the comparison's page and the service each render.

Words and thoughts are as they were said. Whoever shows them cleans and marks them up for the place where they appear.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from data.domain import Debt, DebtCase, Disclosure, Move, MoveKind, Negotiation, Speaker, Turn
from data.steps import steps
from data.terms import Terms
from metrics.money.schedule import payment_schedule
from programs.table import words


@dataclass(frozen=True)
class Line:
    """One turn."""

    round: int
    speaker: Speaker
    words: str
    move: str
    """With the figures that stand after it."""
    proposed: str | None
    """The move as the program made it, where the guard had to repair it."""
    thoughts: str | None
    notes: tuple[str, ...]
    """What the judge or the guard did; each begins with who, a colon and a blank."""
    asked: str | None
    told: tuple[tuple[str, str], ...] | None
    """The debtor's typed claims: what of, and the value; None where the turn makes none."""


@dataclass(frozen=True)
class PaymentLine:
    """One line of a repayment schedule; amounts with their currency."""

    what: str
    day: int
    """After the agreement."""
    amount: str
    left: str


def lines(negotiation: Negotiation) -> Iterator[Line]:
    """Every turn of a record."""
    currency = negotiation.case.debt.currency
    for step in steps(negotiation.turns):
        yield line(step.turn, max(1, step.round), step.own.standing, step.theirs.standing, currency)


def line(turn: Turn, round_: int, own: Terms | None, theirs: Terms | None, currency: str) -> Line:
    """One turn.

    Args:
        turn: made by either side.
        round_: its number, from 1.
        own: the speaker's standing package before the turn.
        theirs: the other side's.
        currency: of the debt.
    """
    return Line(
        round=round_,
        speaker=turn.speaker,
        words=turn.dialogue,
        move=figures_of(turn.move, own, theirs),
        proposed=figures_of(turn.proposed, own, theirs) if turn.proposed else None,
        thoughts=turn.thoughts or None,
        notes=turn.notes,
        asked=turn.inquiry.value if turn.inquiry else None,
        told=claims_of(turn.disclosed, currency) if turn.disclosed else None,
    )


def figures_of(move: Move, own: Terms | None, theirs: Terms | None) -> str:
    """A move with the figures that stand after it."""
    if move.kind is MoveKind.ACCEPT:
        return f"accepts: {short(theirs)}"
    if move.kind is MoveKind.REJECT:
        return f"rejects; own offer: {short(own)}"
    if move.kind is MoveKind.TALK:
        return "talks"
    return f"asks: {short(move.terms.over(own) if move.terms else own)}"


def short(terms: Terms | None) -> str:
    """The four figures in one line."""
    if terms is None:
        return "none yet"
    return (
        f"discount {terms.discount_pct:g}% | first {terms.immediate_payment_pct:g}% in {terms.immediate_payment_days} d"
        f" | {terms.installment_periods} instalments"
    )


def claims_of(said: Disclosure, currency: str) -> tuple[tuple[str, str], ...]:
    """What a debtor's turn claims, as (what of, value in words)."""
    claims = said.model_dump(mode="json", exclude_none=True)
    values = {n: words.money(v, currency) if isinstance(v, int) else v.replace("_", " ") for n, v in claims.items()}
    return tuple((name.replace("_", " "), value) for name, value in values.items())


def told_text(told: tuple[tuple[str, str], ...]) -> str:
    """The claims of a line as a clause."""
    return ", ".join(f"{what} {value}" for what, value in told)


def finances_text(case: DebtCase) -> str:
    """The debtor's private side as a clause, without persona and story."""
    own, currency = case.finances, case.debt.currency
    return (
        f"income {words.money(own.monthly_income, currency)} and living costs "
        f"{words.money(own.monthly_expenses, currency)} a month, savings {words.money(own.assets, currency)}; "
        f"{own.reason.value.replace('_', ' ')}"
    )


def payments_of(terms: Terms, debt: Debt) -> Iterator[PaymentLine]:
    """Every payment of a plan, and what is left to pay after it."""
    schedule = payment_schedule(terms, debt.outstanding)
    left = schedule.due_minor
    for number, (day, amount) in enumerate(schedule.payments):
        left -= amount
        what = "immediate payment" if number == 0 else f"instalment {number}"
        yield PaymentLine(what, day, words.money(amount, debt.currency), words.money(left, debt.currency))
