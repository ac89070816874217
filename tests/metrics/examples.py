"""Builders for records, and the worked examples of the definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data.domain import (
    CreditorPolicy,
    Debt,
    DebtCase,
    Debtor,
    Ending,
    Finances,
    Move,
    MoveKind,
    Negotiation,
    Reason,
    Speaker,
    Turn,
)
from data.terms import PartialTerms, Terms


def terms(discount: float, immediate: float, days: int, periods: int) -> Terms:
    return Terms(
        discount_pct=discount,
        immediate_payment_pct=immediate,
        immediate_payment_days=days,
        installment_periods=periods,
    )


def case(
    outstanding: int = 1_000_000,
    income: int = 600_000,
    expenses: int = 400_000,
    assets: int = 500_000,
    case_id: str = "d-1",
    overdue_days: int = 120,
) -> DebtCase:
    return DebtCase(
        case_id=case_id,
        debt=Debt(
            product="consumer loan",
            principal=1_200_000,
            outstanding=outstanding,
            overdue_days=overdue_days,
            currency="CNY",
        ),
        debtor=Debtor(name="Li Na", age=41),
        finances=Finances(monthly_income=income, monthly_expenses=expenses, assets=assets, reason=Reason.JOB_LOSS),
    )


def ask(who: Speaker, package: Terms | PartialTerms | None, words: str = "", **more: Any) -> Turn:
    named = PartialTerms.of(package) if isinstance(package, Terms) else package
    return Turn(speaker=who, move=Move(kind=MoveKind.ASK, terms=named), dialogue=words, **more)


def creditor(package: Terms | PartialTerms | None, words: str = "", **more: Any) -> Turn:
    return ask(Speaker.CREDITOR, package, words, **more)


def debtor(package: Terms | PartialTerms | None, words: str = "") -> Turn:
    return ask(Speaker.DEBTOR, package, words)


def accept(who: Speaker = Speaker.DEBTOR, words: str = "") -> Turn:
    return Turn(speaker=who, move=Move(kind=MoveKind.ACCEPT), dialogue=words)


def reject(who: Speaker = Speaker.CREDITOR, words: str = "") -> Turn:
    return Turn(speaker=who, move=Move(kind=MoveKind.REJECT), dialogue=words)


def agreement(package: Terms, who: DebtCase | None = None, policy: CreditorPolicy | None = None) -> Negotiation:
    """The creditor asks, the debtor accepts."""
    return Negotiation(
        case=who or case(),
        turns=(creditor(package), accept()),
        ending=Ending.AGREEMENT,
        agreed=package,
        policy=policy or CreditorPolicy(),
    )


def no_agreement(*turns: Turn, who: DebtCase | None = None, ending: Ending = Ending.ROUND_LIMIT) -> Negotiation:
    return Negotiation(case=who or case(), turns=turns, ending=ending)


@dataclass(frozen=True)
class Worked:
    """One line of the worked examples."""

    name: str
    who: DebtCase
    plan: Terms | None
    exact: dict[str, float]
    """SR, RR and the days."""
    rounded: dict[str, float]
    """To six decimals."""


def _worked(name: str, money: tuple[int, ...], plan: Terms | None, values: tuple[float, ...]) -> Worked:
    exact = ("SR", "RR", "QRD", "HRD", "CRD", "L1D", "L2D", "L3D", "L4D")
    rounded = ("ATV", "CRI", "DHI", "CCI")
    return Worked(
        name, case(*money), plan, dict(zip(exact, values, strict=False)), dict(zip(rounded, values[9:], strict=True))
    )


A, B, C = (
    (1_000_000, 600_000, 400_000, 500_000),
    (1_000_000, 600_000, 550_000, 300_000),
    (1234567, 523000, 417500, 98765),
)
WORKED = (
    _worked(
        "firm and kept",
        A,
        terms(0, 10, 7, 6),
        (1, 1.0, 37, 97, 187, 0, 0, 195, 134, 0.730532, 0.926806, 0.788807, 0.852256),
    ),
    _worked(
        "softest",
        A,
        terms(30, 5, 14, 24),
        (1, 0.7, 254, 524, 734, 0, 0, 59, 150, 0.386980, 0.250000, 0.891318, 0.390477),
    ),
    _worked(
        "at once", A, terms(0, 50, 1, 3), (1, 1.0, 1, 1, 91, 116, 33, 60, 120, 2.204340, 0.983772, 0.632333, 0.769841)
    ),
    _worked(
        "defaults",
        B,
        terms(0, 20, 3, 12),
        (0, 0.65, 33, 153, 750, 387, 152, 211, 0, 0.742265, 0.197262, 0.154220, 0.173106),
    ),
    _worked(
        "fractions",
        C,
        terms(12.5, 7.5, 10, 11),
        (1, 0.875, 100, 190, 340, 309, 110, 120, 211, 1.600820, 0.691311, 0.247626, 0.364639),
    ),
    _worked("no agreement", A, None, (0, 0, 750, 750, 750, 0, 0, 59, 120, 0.373966, 0, 0.901968, 0)),
)
