"""Debtors and turns for the tests of the table."""

from __future__ import annotations

import random

from data.domain import (
    CreditorPolicy,
    Debt,
    DebtCase,
    Finances,
    Inquiry,
    Move,
    MoveKind,
    Persona,
    Reason,
    Speaker,
    Turn,
)
from data.terms import PartialTerms, Terms
from programs.debtor.simulated import SimulatedDebtor
from programs.table.runner import play, view

POLICY = CreditorPolicy()


def case(persona: Persona | str | None = Persona.COOPERATIVE, case_id: str = "d-1", **money: int) -> DebtCase:
    """A debtor who can carry the debt in about ten months; amounts in minor units."""
    amounts = {"income": 600_000, "expenses": 500_000, "assets": 400_000, "outstanding": 1_000_000, **money}
    return DebtCase(
        case_id=case_id,
        debt=Debt(
            product="consumer loan",
            principal=amounts["outstanding"],
            outstanding=amounts["outstanding"],
            overdue_days=120,
            currency="CNY",
        ),
        finances=Finances(
            monthly_income=amounts["income"],
            monthly_expenses=amounts["expenses"],
            assets=amounts["assets"],
            reason=Reason.JOB_LOSS,
        ),
        persona=persona,
    )


def random_cases(count: int, seed: int = 0) -> list[DebtCase]:
    """Debtors of every persona from well-off to hopeless."""
    rng = random.Random(seed)
    made = []
    for index in range(count):
        income = rng.randrange(200_000, 1_500_000)
        expenses = int(income * rng.uniform(0.5, 1.1))
        made.append(
            case(
                list(Persona)[index % 6],
                f"r-{index}",
                income=income,
                expenses=expenses,
                assets=int(expenses * rng.uniform(0, 4)),
                outstanding=int(income * rng.uniform(0.3, 6)),
            )
        )
    return made


def terms(discount: float = 10, first: float = 20, days: int = 7, periods: int = 12) -> Terms:
    """A package."""
    return Terms(
        discount_pct=discount,
        immediate_payment_pct=first,
        immediate_payment_days=days,
        installment_periods=periods,
    )


def offer(package: Terms, words: str = "Our offer.", inquiry: Inquiry | None = None) -> Turn:
    """A creditor's turn that asks for `package`."""
    move = Move(kind=MoveKind.ASK, terms=PartialTerms.of(package))
    return Turn(speaker=Speaker.CREDITOR, move=move, dialogue=words, inquiry=inquiry)


class ScriptedCreditor:
    """A creditor that plays given turns, the last one for ever."""

    ladder = ()

    def __init__(self, *turns: Turn) -> None:
        self.turns = turns

    def next_turn(self, table):
        return self.turns[min(table.round, len(self.turns)) - 1]


HARD = terms(0, 50, 1, 3)
"""The firmest package of the default policy."""

PERSONAS = list(Persona)


def played(debt_case, *turns, seed=0, language="en"):
    return play(debt_case, ScriptedCreditor(*turns), SimulatedDebtor(debt_case, seed, language), POLICY, seed)


def answers(negotiation):
    return [turn for turn in negotiation.turns if turn.speaker is Speaker.DEBTOR]


def first_answer(debt_case, turn, seed=0, language="en"):
    return SimulatedDebtor(debt_case, seed, language).reply(view((turn,), Speaker.DEBTOR, POLICY)).turn


def debtor_turn(package: Terms, words: str = "My demand.") -> Turn:
    """A debtor's turn that asks for `package`."""
    return Turn(speaker=Speaker.DEBTOR, move=Move(kind=MoveKind.ASK, terms=PartialTerms.of(package)), dialogue=words)
