"""The one walk over a record: what stood before and after each turn, and what was known by then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

from data.dimensions import Dimension
from data.domain import Disclosure, Move, Speaker, Turn
from data.terms import Terms


@dataclass(frozen=True)
class Side:
    """What one side has put on the table so far."""

    named: Mapping[Dimension, float] = field(default_factory=dict)
    standing: Terms | None = None
    """Its package, unnamed dimensions carried over; None until it is complete."""

    def after(self, move: Move) -> Side:
        """The side once it has made `move`."""
        if not move.named:
            return self
        named = {**self.named, **move.named}
        return Side(named, Terms.whole(named))


@dataclass(frozen=True)
class Step:
    """One turn of a record."""

    index: int
    """In the record, from 0."""
    round: int
    """Creditor turns so far, this one included; 0 where a debtor began."""
    turn: Turn
    own: Side
    """The speaker before the turn."""
    theirs: Side
    """The other side, which the turn leaves as it is."""
    claims: Disclosure
    """What the debtor has claimed by the end of the turn; a later claim replaces an earlier one."""

    @property
    def after(self) -> Terms | None:
        """The speaker's own standing package after the turn."""
        return self.own.after(self.turn.move).standing


def steps(turns: Sequence[Turn]) -> Iterator[Step]:
    """Every turn of a record (`Negotiation.turns`) or of a table, oldest first."""
    sides = {Speaker.CREDITOR: Side(), Speaker.DEBTOR: Side()}
    claims, rounds = Disclosure(), 0
    for index, turn in enumerate(turns):
        own, theirs = sides[turn.speaker], sides[turn.speaker.other]
        rounds += turn.speaker is Speaker.CREDITOR
        claims = _after(claims, turn)
        yield Step(index, rounds, turn, own, theirs, claims)
        sides[turn.speaker] = own.after(turn.move)


def standing_after_each(turns: Sequence[Turn], speaker: Speaker) -> list[Terms]:
    """`speaker`'s standing package after each of its turns, from the first complete one on."""
    return [step.after for step in steps(turns) if step.turn.speaker is speaker and step.after is not None]


def claimed(turns: Sequence[Turn]) -> Disclosure:
    """All that the debtor has claimed of the finances."""
    return reduce(_after, turns, Disclosure())


def _after(claims: Disclosure, turn: Turn) -> Disclosure:
    if turn.disclosed is None:
        return claims
    return claims.model_copy(update=turn.disclosed.model_dump(exclude_none=True))
