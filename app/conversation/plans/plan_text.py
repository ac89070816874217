"""Offers and plans in a sentence of money and dates, in the language that is spoken."""

from __future__ import annotations

from collections.abc import Callable

from app.conversation.plans.repayment_plan import Payment, Plan
from data.domain import Turn
from data.terms import PartialTerms, Terms
from programs.reader.understood import Understood
from programs.table.runner import TableState
from programs.table.words import money_said, statement
from wording import date_text, mark, say, say_many, sentences

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


def offers_stated(turn: Turn, table: TableState) -> list[str]:
    """The sentences that code may have stated the offer of a creditor's turn with."""
    stands = turn.move.terms.over(table.own) if turn.move.terms else table.own
    return [statement(turn.move.kind, stands, repeated) for repeated in (True, False)] if stands else []


def with_amounts(text: str, turn: Turn, table: TableState, plan_of: Callable[[Terms], Plan]) -> str:
    """A creditor's message with its offer in money and dates, behind the sentence that states it.

    Args:
        text: the message as it leaves.
        turn: that it speaks for.
        table: the creditor's side of it.
        plan_of: the plan that terms mean today.
    """
    stands = turn.move.terms.over(table.own) if turn.move.terms else table.own
    stated = next((one for one in offers_stated(turn, table) if one in text), None)
    if stands is None or stated is None:
        return text
    return text.replace(stated, sentences(stated, in_money(plan_of(stands))), 1)


def said_back(meant: Understood, table: TableState, plan_of: Callable[[Terms], Plan]) -> str:
    """What a debtor's message was taken to mean; what it offers in money and dates too.

    Args:
        meant: the message as it was read.
        table: the debtor's side of it.
        plan_of: the plan that terms mean today.
    """
    terms = (meant.move.terms or PartialTerms()).over(table.own or table.theirs) if meant.move.terms else None
    return meant.sentence if terms is None else sentences(meant.sentence, in_money(plan_of(terms), theirs=True))
