"""The sensible moves at a table: what a creditor might do there without being a fool, some twenty of them.

None is firmer than what it offered already, and none is outside its limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from data.dimensions import DIMENSIONS
from data.domain import CreditorPolicy, MoveKind
from data.terms import Terms
from programs.table.runner import TableState

OPENING_SHARES = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)
"""Of the way from the firmest terms to the softest, for a first offer."""
TOWARDS_DEMAND = (0.25, 0.5, 0.75, 1.0)
TOWARDS_SOFTEST = (0.1, 0.25, 0.5, 1.0)


class Decision(NamedTuple):
    """A move with its terms, whatever words go with it."""

    kind: MoveKind
    terms: Terms | None
    """Of an offer; None for what names none."""


def sensible_moves(table: TableState, policy: CreditorPolicy, proposed: Iterable[Decision] = ()) -> list[Decision]:
    """The moves worth valuing at `table`, each once; those of `proposed` that may be made come first.

    Args:
        table: the creditor's to move.
        policy: the limits.
        proposed: what a teacher or the student itself would do.
    """
    theirs = table.theirs
    other = [Decision(MoveKind.ACCEPT, None)] if theirs is not None and not policy.breaches(theirs) else []
    other += [Decision(MoveKind.REJECT, None)] if table.own is not None else []
    offers = [Decision(MoveKind.ASK, terms) for terms in _offers(table, policy)]
    named = [one for one in proposed if one.kind is MoveKind.ASK or one in other]
    return list(dict.fromkeys(one for one in (*named, *other, *offers) if _allowed(one, table, policy)))


def _allowed(move: Decision, table: TableState, policy: CreditorPolicy) -> bool:
    if move.terms is None:
        return True
    firmer = table.own is not None and bool(table.own.softer_in(move.terms))
    return not firmer and not policy.breaches(move.terms) and _whole(move.terms) == move.terms


def _offers(table: TableState, policy: CreditorPolicy) -> Iterator[Terms]:
    own = table.own
    if own is None:
        firm, soft = policy.firmest(), policy.softest()
        yield from (firm.between(soft, share) for share in OPENING_SHARES)
        yield from (firm.with_value(dimension, getattr(soft, dimension)) for dimension in DIMENSIONS)
        return
    yield own
    goals = [(policy.softest().softest_with(own), TOWARDS_SOFTEST)]
    if table.theirs is not None:
        demand = policy.clamp(_whole(table.theirs)).softest_with(own)
        goals.append((demand, TOWARDS_DEMAND))
        yield from _one_by_one(own, demand)
    yield from (_whole(own.between(goal, share)) for goal, shares in goals for share in shares)


def _one_by_one(own: Terms, demand: Terms) -> Iterator[Terms]:
    """The demand met in one dimension, and in all but the discount: time is cheaper than money."""
    yield from (own.with_value(dimension, getattr(demand, dimension)) for dimension in DIMENSIONS)
    yield demand.with_value("discount_pct", own.discount_pct)


def _whole(terms: Terms) -> Terms:
    """The nearest package in whole numbers, which are all that a model writes."""
    return Terms.model_validate({dimension: round(getattr(terms, dimension)) for dimension in DIMENSIONS})
