"""What is wrong with a debtor book, and what came of reading one of its rows."""

from __future__ import annotations

from typing import NamedTuple

from data.domain import DebtCase
from data.tables.faults import MAX_LISTED, Fault, FileFaults, choice_hint, shown

__all__ = ["MAX_LISTED", "BookFaults", "Fault", "RowResult", "choice_hint", "shown"]


class RowResult(NamedTuple):
    """What came of reading one row: a case, or faults."""

    row: int
    case_id: str | None
    """As far as it could be read, so that ids that stand twice show even among faulty rows."""
    case: DebtCase | None
    faults: list[Fault]


class BookFaults(FileFaults):
    """A debtor book that cannot be used; `faults` holds everything that is wrong with it."""

    what = "debtor book"
