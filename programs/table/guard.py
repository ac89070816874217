"""The last word on every creditor turn: nothing outside the policy leaves the table.

A repair never drops a turn: it makes the nearest legal one, states it in place of the original words, keeps the
original move under `proposed` and says in `notes` what was done, so that dialogue soundness (DS) can count it.
"""

from __future__ import annotations

from data.domain import CreditorPolicy, Move, MoveKind, Turn
from data.terms import PartialTerms, Terms
from programs.table.words import statement
from wording import mark


def guarded(turn: Turn, own: Terms | None, theirs: Terms | None, policy: CreditorPolicy) -> Turn:
    """`turn` with a legal, complete move; the same turn where it already was one.

    Args:
        turn: a creditor's turn as the program made it.
        own: the creditor's standing package, None at the opening.
        theirs: the debtor's standing package.
        policy: the limits.
    """
    move, notes = _legal(turn.move, own, theirs, policy)
    if not notes:
        return turn if move == turn.move else turn.model_copy(update={"move": move})
    stands = move.terms.over(own) if move.terms else own
    return turn.model_copy(
        update={
            "move": move,
            "proposed": turn.move,
            "notes": (*turn.notes, *notes),
            # The old words argued for the old figures, or agreed to what is not agreed.
            "dialogue": statement(move.kind, stands, repeated=stands == own) if stands else turn.dialogue,
        }
    )


Repaired = tuple[Move, tuple[str, ...]]
"""The nearest legal move and what had to be done for it; a repair that changes nothing has no notes."""


def _legal(move: Move, own: Terms | None, theirs: Terms | None, policy: CreditorPolicy) -> Repaired:
    match move.kind:
        case MoveKind.ACCEPT:
            return _legal_acceptance(move, own, theirs, policy)
        case MoveKind.REJECT | MoveKind.TALK if own is None:
            return Move.ask(policy.firmest()), (mark("guard: a rejection cannot open; opened with the firmest terms"),)
        case MoveKind.REJECT | MoveKind.TALK:
            return move, ()
        case MoveKind.ASK:
            return _legal_offer(move.terms or PartialTerms(), own, policy)


def _legal_acceptance(move: Move, own: Terms | None, theirs: Terms | None, policy: CreditorPolicy) -> Repaired:
    if theirs is None:
        return Move.ask(own or policy.firmest()), (
            mark("guard: there was no debtor offer to accept; kept the own offer"),
        )
    if breaches := policy.breaches(theirs):
        return Move.ask(policy.clamp(theirs)), (_outside("acceptance", breaches, "offered the nearest legal terms"),)
    return move, ()


def _legal_offer(named: PartialTerms, own: Terms | None, policy: CreditorPolicy) -> Repaired:
    terms = named.over(own)
    if terms is None:
        terms = policy.clamp(named.over(policy.firmest()) or policy.firmest())
        return Move.ask(terms), (mark("guard: the opening named too few terms; the firmest were taken for the rest"),)
    if breaches := policy.breaches(terms):
        return Move.ask(policy.clamp(terms)), (_outside("offer", breaches, "moved to the nearest legal terms"),)
    return Move.ask(terms), ()


def _outside(what: str, breaches: tuple[str, ...], done: str) -> str:
    return f"guard: the {what} was outside the policy in {', '.join(breaches)}; {done}"
