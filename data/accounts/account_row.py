"""One row of an accounts file and the account it stands for, in both directions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from data.accounts.account import MAX_DEBT_TO_INCOME_PCT, Account
from data.amounts import to_major
from data.book.rows import age_years, currency_code, identifier, overdue_days, read_amounts, zero_outstanding
from data.domain import Debt, Debtor
from data.tables.cells import Cells
from data.tables.faults import Fault
from plumbing.clock import zone_named
from wording.tags import well_formed

COLUMNS = (
    "case_id",
    "family_id",
    "product",
    "principal",
    "outstanding",
    "overdue_days",
    "currency",
    "name",
    "age",
    "language",
    "timezone",
    "monthly_income_at_origination",
    "debt_to_income_pct",
)
"""The columns that have a meaning, in the order in which they are written; others are kept as `extra`."""
REQUIRED = ("case_id", "product", "principal", "outstanding", "overdue_days", "currency")
OPTIONAL = frozenset(COLUMNS) - frozenset(REQUIRED)
AMOUNTS = ("principal", "outstanding", "monthly_income_at_origination")
"""Decimal major units of `currency`."""
PRIVATE = frozenset({"monthly_income", "monthly_expenses", "assets", "reason", "story", "persona", "circumstance"})
"""Columns of a debtor book that no accounts file has."""


class AccountRow(NamedTuple):
    """What came of reading one row: an account, or faults."""

    row: int
    case_id: str | None
    """As far as it could be read."""
    account: Account | None
    faults: list[Fault]


def read_account(row: Mapping[str, str], number: int) -> AccountRow:
    """The account that a row of text cells stands for, or everything that is wrong with it.

    Args:
        row: column name to cell.
        number: the row's number in the file, for the sentences.
    """
    cells = Cells(row, number, OPTIONAL)
    values = _values(cells, number, row)
    if cells.faults or any(column not in row for column in REQUIRED):
        return AccountRow(number, values["case_id"], None, cells.faults)
    debt = {name: values.pop(name) for name in ("product", "principal", "outstanding", "overdue_days", "currency")}
    account = Account(
        debt=Debt.model_validate(debt),
        debtor=Debtor(name=values.pop("name"), age=values.pop("age"), language=values.pop("language")),
        extra={name: cell for name, cell in row.items() if name not in COLUMNS and cell.strip()},
        **values,
    )
    return AccountRow(number, account.case_id, account, [])


def _values(cells: Cells, number: int, row: Mapping[str, str]) -> dict[str, Any]:
    currency = cells.read("currency", currency_code)
    amounts = read_amounts(cells, AMOUNTS, currency)
    if amounts["outstanding"] == 0:
        cells.faults.append(zero_outstanding(number, "outstanding", row["outstanding"]))
    return amounts | {
        "case_id": cells.read("case_id", identifier),
        "family_id": cells.read("family_id", identifier),
        "product": cells.read("product", str),
        "overdue_days": cells.read("overdue_days", overdue_days),
        "currency": currency,
        "name": cells.text("name"),
        "age": cells.read("age", age_years),
        "language": cells.read("language", well_formed),
        "timezone": cells.read("timezone", time_zone) or "",
        "debt_to_income_pct": cells.read("debt_to_income_pct", _percentage),
    }


def write_account(account: Account) -> dict[str, str]:
    """The row of text cells of an account; `read_account` of it gives the account back."""
    flat: dict[str, object] = {**account.debt.model_dump(), **account.debtor.model_dump(), **account.model_dump()}
    for column in AMOUNTS:
        if flat[column] is not None:
            flat[column] = f"{to_major(int(str(flat[column])), account.debt.currency):f}"
    return {name: "" if flat.get(name) is None else str(flat[name]) for name in COLUMNS} | dict(account.extra)


def time_zone(text: str) -> str:
    """An IANA time zone; ValueError says what is wrong."""
    try:
        zone_named(text.strip())
    except ValueError:
        raise ValueError("is not a time zone; write its IANA name, such as Europe/London") from None
    return text.strip()


def _percentage(text: str) -> float:
    try:
        value = float(text.strip())
    except ValueError:
        value = math.nan
    if not 0 <= value <= MAX_DEBT_TO_INCOME_PCT:
        raise ValueError(f"is not a percentage from 0 to {MAX_DEBT_TO_INCOME_PCT}; write digits, such as 27.65")
    return value
