"""What came of accounts afterwards: agreed or not, and what has been paid since."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from data.book.cell_tables import csv_table, length_fault
from data.tables.faults import Fault, FileFaults, shown
from plumbing.errors import UserError

COLUMNS = ("case_id", "agreed", "paid")
_YES = frozenset({"yes", "y", "true", "1", "agreed"})
_NO = frozenset({"no", "n", "false", "0", "", "refused"})


class OutcomeFaults(FileFaults):
    """A file of outcomes that cannot be used."""

    what = "outcomes file"


@dataclass(frozen=True)
class AccountOutcome:
    """What came of one account."""

    case_id: str
    agreed: bool
    paid: Decimal | None
    """So far, major units; None where nobody has said."""

    @property
    def carried(self) -> bool:
        """Whether a plan was agreed and, as far as is known, anything was paid."""
        return self.agreed and (self.paid is None or self.paid > 0)


def read_outcomes(path: Path) -> tuple[AccountOutcome, ...]:
    """The outcomes of a CSV with the columns case_id, agreed (yes or no) and, if known, paid (major units).

    Raises:
        UserError: there is no such file, or (`OutcomeFaults`) everything that is wrong with it.
    """
    if not path.is_file():
        raise UserError(f"no file of outcomes at {path}; name a .csv file")
    table = csv_table(path, COLUMNS, ("paid",), OutcomeFaults)
    faults = [Fault("the column is missing", column=name) for name in COLUMNS[:2] if name not in table.header]
    found: list[AccountOutcome] = []
    for row in table.rows:
        if wrong := row.fault or length_fault(row, table):
            faults.append(Fault(wrong, row.number))
            continue
        try:
            found.append(_outcome(dict(zip(table.header, row.cells, strict=True))))
        except ValueError as error:
            faults.append(Fault(str(error), row.number))
    if faults:
        raise OutcomeFaults(path.name, faults)
    return tuple(found)


def _outcome(row: dict[str, str]) -> AccountOutcome:
    agreed, paid = row.get("agreed", "").strip().lower(), row.get("paid", "").strip()
    if agreed not in _YES | _NO:
        raise ValueError(f"agreed is {shown(agreed)}; write yes or no")
    try:
        amount = Decimal(paid) if paid else None
    except InvalidOperation:
        raise ValueError(f"paid is {shown(paid)}; write digits with a decimal point, such as 1234.50") from None
    return AccountOutcome(row.get("case_id", "").strip(), agreed in _YES, amount)
