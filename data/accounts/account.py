"""One account as its creditor sees it: what was lent, what is owed, to whom; no finances, which no creditor knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from data.domain import CreditorView, Debt, Debtor, MinorUnits
from data.frozen import Frozen

MAX_DEBT_TO_INCOME_PCT = 10_000


class Account(Frozen):
    """An overdue account.

    It has neither `finances` nor `persona`, and nothing can be added to it that has: who is given accounts cannot ask.
    """

    case_id: str = Field(min_length=1)
    debt: Debt
    debtor: Debtor = Debtor()
    family_id: str | None = None
    """Accounts that share it are one person's."""
    timezone: str = ""
    """IANA name of the debtor's local time; "" where nobody knows it."""
    monthly_income_at_origination: MinorUnits | None = None
    """What the debtor stated or proved to earn a month when the loan was made, minor units; not today's income."""
    debt_to_income_pct: Annotated[float, Field(ge=0, le=MAX_DEBT_TO_INCOME_PCT)] | None = None
    """Monthly payments on all debts as a share of that income, in points."""
    extra: Mapping[str, str] = Field(default_factory=dict)
    """What else the file says of the account, column name to text."""

    def creditor_view(self) -> CreditorView:
        """What creditor-side code may receive: the same as of a case of a book."""
        return CreditorView(case_id=self.case_id, debt=self.debt, debtor=self.debtor)
