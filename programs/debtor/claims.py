"""What a debtor claims about its private side when it tells: the typed claim and the figure in words, always equal."""

from __future__ import annotations

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
    """The claim about `inquiry`: the file's for honest personas, bent for the strategic one; the reason is true."""
    finances, traits = case.finances, traits_of(case)
    match inquiry:
        case Inquiry.REASON:
            return Disclosure(reason=finances.reason)
        case Inquiry.INCOME:
            return Disclosure(monthly_income=_bent(finances.monthly_income, traits.truth_income))
        case Inquiry.EXPENSES:
            return Disclosure(monthly_expenses=_bent(finances.monthly_expenses, traits.truth_expenses))
        case Inquiry.ASSETS:
            return Disclosure(assets=_bent(finances.assets, traits.truth_assets))


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


def _bent(amount: int, truth: float) -> int:
    """A lie comes in round figures: whole hundreds of minor units where there are any."""
    if truth == 1:
        return amount
    told = round(amount * truth)
    return told // 100 * 100 if told >= 100 else told
