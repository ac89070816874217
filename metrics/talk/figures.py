"""Do the words say what the move says? A debtor who reads another number has been misled, whatever the move is."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from math import ceil

from data.amounts import minor_digits
from data.dimensions import SPECS
from data.domain import Debt
from data.terms import Terms
from metrics.money.simulation import MONTH_DAYS, immediate_payment, money_due, payment_schedule
from metrics.talk.stated import Figure, stated_figures

__all__ = ["Figure", "stated_figures", "stray_figures"]

MINOR_PER_MAJOR = 100


def stray_figures(text: str, terms: Terms | None, debt: Debt) -> tuple[str, ...]:
    """The figures in a creditor's words that are not the move's, as they are written; empty when the words are true.

    The move's figures are the four terms, the amounts that follow from them (due, forgiven, immediate payment,
    rest, instalment, exact or rounded up, last instalment), and the debt's own outstanding amount, principal and days
    overdue. The other side's figures are stray too: two numbers for one term in one message is how misunderstandings
    start.

    Args:
        text: the words that the debtor reads.
        terms: the package that the move puts or leaves on the table; None if there is none.
        debt: the debt that is talked about.
    """
    figures = stated_figures(text, debt.currency)
    amounts = _amounts(terms, debt) if figures else set()
    return tuple(text[slice(*f.span)].strip() for f in figures if not _true(f, terms, debt, amounts))


def _amounts(terms: Terms | None, debt: Debt) -> set[int]:
    known = {debt.outstanding, debt.principal}
    if terms is not None:
        due, first = money_due(terms, debt.outstanding), immediate_payment(terms, debt.outstanding)
        payments = payment_schedule(terms, debt.outstanding).payments
        each_up = -(-(due - first) // terms.installment_periods)
        known |= {due, debt.outstanding - due, first, due - first, payments[1][1], payments[-1][1], each_up}
    # A stated amount is read in hundredths of the major unit, whatever decimals its currency has.
    per_major = 10 ** minor_digits(debt.currency)
    return {amount * MINOR_PER_MAJOR // per_major for amount in known}


def _true(figure: Figure, terms: Terms | None, debt: Debt, amounts: set[int]) -> bool:
    if figure.dimension == "amount":
        return any(_same_amount(figure, amount) for amount in amounts) or _is_round_instalment(figure, terms, debt)
    if figure.overdue:
        return _is_overdue(figure, debt)
    overdue = figure.dimension == "immediate_payment_days" and figure.value == debt.overdue_days
    return overdue or (terms is not None and _is_term(figure, terms))


def _is_term(figure: Figure, terms: Terms) -> bool:
    if figure.dimension != "amount" and SPECS[figure.dimension].step:
        return figure.value == getattr(terms, figure.dimension)
    if figure.certain:
        return _same_percent(figure, getattr(terms, figure.dimension))
    # "the remaining 80 %", "you pay 90 %": the complement of a term says the same as the term
    meant = (terms.discount_pct, terms.immediate_payment_pct)
    return any(_same_percent(figure, value) or _same_percent(figure, 100 - value) for value in meant)


_ROUND_UNITS = 10
"""People round an instalment to tens."""


def _is_round_instalment(figure: Figure, terms: Terms | None, debt: Debt) -> bool:
    """ "$200 a month" for twelve payments of $195.83: a round sum that pays the rest in so many payments, the last a
    smaller one."""
    if terms is None or figure.value <= 0 or figure.value % (_ROUND_UNITS * MINOR_PER_MAJOR):
        return False
    per_major = 10 ** minor_digits(debt.currency)
    rest = money_due(terms, debt.outstanding) - immediate_payment(terms, debt.outstanding)
    return ceil(rest * MINOR_PER_MAJOR / per_major / figure.value) == terms.installment_periods > 1


def _same_amount(figure: Figure, amount: int) -> bool:
    if figure.value == amount:
        return True
    # 1,667 or 1,666 for 1,666.67: whole units, rounded or cut off, are the same statement
    whole = figure.decimals == 0 and figure.value % MINOR_PER_MAJOR == 0 and amount >= MINOR_PER_MAJOR
    return whole and figure.value // MINOR_PER_MAJOR in (amount // MINOR_PER_MAJOR, (amount + 50) // MINOR_PER_MAJOR)


def _same_percent(figure: Figure, value: float) -> bool:
    if abs(figure.value - value) < 1e-9:
        return True
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-figure.decimals), ROUND_HALF_UP)
    return figure.decimals > 0 and abs(float(rounded) - figure.value) < 1e-9


def _is_overdue(figure: Figure, debt: Debt) -> bool:
    if figure.dimension == "immediate_payment_days":
        return figure.value == debt.overdue_days
    months = debt.overdue_days / MONTH_DAYS
    return int(figure.value) in (int(months), round(months))
