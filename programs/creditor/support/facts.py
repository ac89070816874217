"""What a table shows the creditor, as numbers: claims, offers on both sides, questions asked and refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from data.domain import Disclosure, Inquiry, Speaker
from data.steps import steps
from programs.creditor.support.plans import Floats, row
from programs.table.runner import TableState

FIELDS: dict[Inquiry, str] = {
    Inquiry.INCOME: "monthly_income",
    Inquiry.EXPENSES: "monthly_expenses",
    Inquiry.ASSETS: "assets",
    Inquiry.REASON: "reason",
}
"""Which claim answers which question."""


@dataclass(frozen=True, eq=False)
class Facts:
    """The numbers of a table, as of the creditor's turn; offers are rows of `programs.creditor.support.plans`."""

    round: int
    rounds_left: int
    """After this one."""
    own: tuple[Floats, ...]
    """The creditor's package after each of its turns, from the first complete one on."""
    theirs: tuple[Floats, ...]
    """The debtor's likewise."""
    claims: Disclosure
    asked: Mapping[Inquiry, int]
    """How often each question was put."""
    refused: int
    """Questions about which the very next answer claimed nothing."""

    @property
    def income(self) -> int | None:
        """Claimed, minor units a month; None while it was not told."""
        return self.claims.monthly_income

    @property
    def expenses(self) -> int | None:
        """Claimed, minor units a month."""
        return self.claims.monthly_expenses

    @property
    def assets(self) -> int | None:
        """Claimed savings, minor units."""
        return self.claims.assets

    @property
    def untold(self) -> tuple[Inquiry, ...]:
        """Questions about money whose answer is not known yet."""
        money = (Inquiry.ASSETS, Inquiry.INCOME, Inquiry.EXPENSES)
        return tuple(inquiry for inquiry in money if getattr(self.claims, FIELDS[inquiry]) is None)


def facts_of(table: TableState) -> Facts:
    """The numbers of `table`, which is the creditor's to move."""
    own, theirs, asked, refused = list[Floats](), list[Floats](), Counter[Inquiry](), 0
    claims, open_question = Disclosure(), None
    for step in steps(table.turns):
        claims = step.claims
        after = None if step.after is None else row(step.after)
        if step.turn.speaker is Speaker.CREDITOR:
            own += [] if after is None else [after]
            open_question = step.turn.inquiry
            asked.update([] if open_question is None else [open_question])
            continue
        theirs += [] if after is None else [after]
        if open_question is not None:
            told = step.turn.disclosed
            refused += told is None or getattr(told, FIELDS[open_question]) is None
    return Facts(table.round, table.rounds_left, tuple(own), tuple(theirs), claims, asked, refused)
