"""A creditor that follows the decision support alone: no model, no words of its own."""

from __future__ import annotations

from data.domain import CreditorPolicy, CreditorView, Inquiry, Move, MoveKind, Speaker, Turn
from data.terms import Terms
from programs.creditor.support.course import Course
from programs.creditor.support.decision import DecisionSupport
from programs.creditor.support.learned.support_model import SupportModel
from programs.table import words
from programs.table.runner import TableState
from wording import sentences


class RationalCreditor:
    """Takes the support's best option every turn, and asks its best question (programs.table.CreditorSeat).

    Args:
        view: what a creditor may see of the case.
        policy: the limits.
        seed: not used; a seat is made from all three.
        model: what the support learned; None for the shipped one.
        course: how the rounds are used.

    Raises:
        UserError: the shipped support cannot be read.
    """

    ladder: tuple[Terms, ...] = ()

    def __init__(
        self,
        view: CreditorView,
        policy: CreditorPolicy,
        seed: int = 0,
        model: SupportModel | None = None,
        course: Course | None = None,
    ) -> None:
        self.support = DecisionSupport(view, policy, model, course)

    def next_turn(self, table: TableState) -> Turn:
        """The best option, in plain words."""
        found = self.support.consider(table)
        if found.best.kind is MoveKind.ACCEPT:
            said = words.statement(MoveKind.ACCEPT, found.best.terms, repeated=False)
            return Turn(speaker=Speaker.CREDITOR, move=Move.accept(), dialogue=said)
        return asking(found.best.terms, table.own, found.to_ask)


def asking(terms: Terms, own: Terms | None, question: Inquiry | None) -> Turn:
    """The turn that offers `terms`, with a question where there is one."""
    offer = words.statement(MoveKind.ASK, terms, repeated=terms == own)
    said = sentences(offer, "" if question is None else words.question(question))
    return Turn(speaker=Speaker.CREDITOR, move=Move.ask(terms), dialogue=said, inquiry=question)
