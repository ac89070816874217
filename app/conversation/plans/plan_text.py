"""A plan in one sentence of money and dates, in the language that is spoken."""

from __future__ import annotations

from app.conversation.plans.plan import Payment, Plan
from programs.table.words import money_said
from wording import date_text, mark, say, say_many

_ONCE = {False: mark("That is {first} by {day}."), True: mark("In money, you offer {first} by {day}.")}
_MORE = {
    False: mark("That is {first} by {day}, then {rest}."),
    True: mark("In money, you offer {first} by {day}, then {rest}."),
}


def in_money(plan: Plan, *, theirs: bool = False) -> str:
    """What a plan means in money and dates, such as "That is CNY 5,836 by 26 November, then 10 ..."

    Args:
        plan: with its days.
        theirs: whether the debtor offers it.
    """
    first, *rest = plan.payments
    said = {"first": _money(first, plan), "day": date_text(first.due, year=first.due.year != plan.ends.year)}
    return say(_MORE[theirs], **said, rest=later_text(plan, rest)) if rest else say(_ONCE[theirs], **said)


def later_text(plan: Plan, rest: list[Payment]) -> str:
    """What follows on the first payment; what the last one is where rounding makes it another."""
    each, last = _money(rest[0], plan), _money(rest[-1], plan)
    if each == last:
        return say_many("{n} payment of {each}", "{n} monthly payments of {each}", len(rest), each=each)
    return say_many(
        "{n} payment of {each} and a last one of {last}",
        "{n} monthly payments of {each} and a last one of {last}",
        len(rest) - 1,
        each=each,
        last=last,
    )


def _money(payment: Payment, plan: Plan) -> str:
    return money_said(payment.amount_minor, plan.currency, short=True)
