"""What a debtor claims about its private side when it tells: the typed claim and the figure in words, always equal.

Everybody names round figures, whoever bends them: a grain of one's own would tell a lie by its last digits.
"""

from __future__ import annotations

from data.amounts import minor_digits
from data.circumstance import CircumstanceKind
from data.domain import DebtCase, Disclosure, Inquiry
from programs.debtor.personas import traits_of
from programs.debtor.voice import spoken_amount

_SAID: dict[Inquiry, str] = {
    Inquiry.INCOME: "My monthly income is {}.",
    Inquiry.EXPENSES: "My living costs are {} a month.",
    Inquiry.ASSETS: "My savings are {}.",
    Inquiry.REASON: "The reason was: {}.",
}


def claim(inquiry: Inquiry, case: DebtCase) -> Disclosure:
    """The claim about `inquiry`: the file's figure for honest personas, bent for the strategic one, and rounded as
    people round for all of them alike; the reason is true. A second income is no part of the claim."""
    finances, traits, currency = case.finances, traits_of(case), case.debt.currency
    match inquiry:
        case Inquiry.REASON:
            return Disclosure(reason=finances.reason)
        case Inquiry.INCOME:
            beside = 0 if case.circumstance is None else case.circumstance.of(CircumstanceKind.SECOND_INCOME)
            own = finances.monthly_income - beside
            return Disclosure(monthly_income=as_told(own * traits.truth_income, currency))
        case Inquiry.EXPENSES:
            return Disclosure(monthly_expenses=as_told(finances.monthly_expenses * traits.truth_expenses, currency))
        case Inquiry.ASSETS:
            return Disclosure(assets=as_told(finances.assets * traits.truth_assets, currency))


def as_told(amount_minor: float, currency: str) -> int:
    """An amount as people name it, minor units: tens below a thousand major units, hundreds below a hundred thousand,
    three figures above."""
    unit = 10 ** minor_digits(currency)
    digits = len(str(round(amount_minor / unit)))
    grain = unit * 10 ** max(digits - 3, 1 if digits < 4 else 2)
    return round(amount_minor / grain) * grain


def claimed_amount(disclosure: Disclosure) -> int:
    """The one amount of a claim made by `claim`, minor units."""
    amounts = (disclosure.monthly_income, disclosure.monthly_expenses, disclosure.assets)
    return next(amount for amount in amounts if amount is not None)


def claim_about(inquiry: Inquiry, case: DebtCase) -> tuple[Disclosure, str]:
    """The claim and one plain sentence that states it."""
    told = claim(inquiry, case)
    if told.reason is not None:
        return told, _SAID[inquiry].format(told.reason.value.replace("_", " "))
    return told, _SAID[inquiry].format(spoken_amount(claimed_amount(told), case.debt.currency))
