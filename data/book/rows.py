"""One row of a debtor book and the debt case it stands for, in both directions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from data.amounts import to_major, to_minor
from data.book.book_faults import Fault, RowResult, choice_hint, shown
from data.domain import Debt, DebtCase, Debtor, Finances, Persona, Reason
from data.tables.cells import Cells
from wording.tags import well_formed

AMOUNT_COLUMNS = ("principal", "outstanding", "monthly_income", "monthly_expenses", "assets")
"""Decimal major units of `currency`; the last three but `assets` a month."""

COLUMNS: tuple[str, ...] = (
    "case_id",
    "family_id",
    "product",
    "principal",
    "outstanding",
    "overdue_days",
    "currency",
    "name",
    "age",
    "monthly_income",
    "monthly_expenses",
    "assets",
    "reason",
    "story",
    "persona",
    "language",
)
"""The columns of a book in CSV or Parquet: the field names of `DebtCase` and what it nests, in this order."""

OPTIONAL_COLUMNS = frozenset({"family_id", "name", "age", "story", "persona", "language"})
"""Columns that a file may leave out and cells that may be empty."""
LATER_COLUMNS = frozenset({"language"})
"""Columns that are written only where they hold something: books from before they existed stay as they are."""

DRAWN_COLUMN = "drawn"
"""Names the columns of its row that were drawn from a model (data/completing); a mark for readers of the file."""

MAX_OVERDUE_DAYS = 36500
MIN_AGE, MAX_AGE = 18, 120

_WHOLE = re.compile(r"[+-]?[0-9]+(\.0*)?", re.ASCII)
"""A whole number, also as pandas writes those of a column with gaps: 95.0."""
_LENIENT = "KWD"
"""Stands in for a currency that could not be read: three decimals, the most that any has."""
E = TypeVar("E", bound=StrEnum)


def read_row(row: Mapping[str, str], number: int) -> RowResult:
    """The case that a row of text cells stands for, or everything that is wrong with it.

    Args:
        row: column name to cell; columns that the file lacks are absent.
        number: the row's number in the file, for the sentences.
    """
    cells = Cells(row, number, OPTIONAL_COLUMNS)
    currency = cells.read("currency", currency_code)
    amounts = read_amounts(cells, AMOUNT_COLUMNS, currency)
    if amounts["outstanding"] == 0:
        cells.faults.append(zero_outstanding(number, "outstanding", row["outstanding"]))
    identity = cells.read("case_id", identifier), cells.read("family_id", identifier)
    product = cells.read("product", str)
    overdue, age = cells.read("overdue_days", overdue_days), cells.read("age", age_years)
    reason = cells.read("reason", lambda text: _one_of(text, Reason))
    persona = cells.read("persona", lambda text: _one_of(text, Persona))
    language = cells.read("language", well_formed)
    if cells.faults or any(column not in row for column in COLUMNS if column not in OPTIONAL_COLUMNS):
        return RowResult(number, identity[0], None, cells.faults)
    debt = {"product": product, "overdue_days": overdue, "currency": currency}
    debt |= {column: amounts[column] for column in ("principal", "outstanding")}
    finances = {column: amounts[column] for column in ("monthly_income", "monthly_expenses", "assets")}
    case = DebtCase(
        case_id=identity[0] or "",
        family_id=identity[1],
        debt=Debt.model_validate(debt),
        debtor=Debtor(name=cells.text("name"), age=age, language=language),
        finances=Finances.model_validate({**finances, "reason": reason, "story": cells.text("story")}),
        persona=persona,
    )
    return RowResult(number, case.case_id, case, [])


def write_row(case: DebtCase) -> dict[str, str]:
    """The row of text cells of a case; `read_row` of it gives the case back."""
    flat = {**case.debt.model_dump(mode="json"), **case.finances.model_dump(mode="json")}
    flat |= {**case.debtor.model_dump(), "case_id": case.case_id, "family_id": case.family_id, "persona": case.persona}
    for column in AMOUNT_COLUMNS:
        flat[column] = f"{to_major(flat[column], case.debt.currency):f}"
    return {column: "" if flat.get(column) is None else str(flat[column]) for column in COLUMNS}


def written_columns(rows: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """The columns that a file of these rows has."""
    return tuple(name for name in COLUMNS if name not in LATER_COLUMNS or any(row.get(name) for row in rows))


def zero_outstanding(number: int, column: str, value: object) -> Fault:
    """The fault of a debt that is not owed."""
    return Fault(
        f"{shown(value)} leaves nothing to negotiate; a debt is more than 0, so take the row out", number, column
    )


def currency_code(text: str) -> str:
    """The ISO 4217 code in `text`; ValueError says what is wrong."""
    if not re.fullmatch(r"[A-Z]{3}", text.strip()):
        raise ValueError("is not a currency; write its three-letter ISO 4217 code in capitals, such as CNY")
    return text.strip()


def identifier(text: str) -> str:
    """`text` if it can name a case; ValueError says what is wrong."""
    if text != text.strip() or not text.isprintable():
        raise ValueError("has blanks around it or control characters in it; an id is one plain line of text")
    return text


def read_amounts(cells: Cells, columns: Sequence[str], currency: str | None) -> dict[str, int | None]:
    """The amounts in minor units; those of a row whose currency could not be read may have three decimals."""
    return {column: cells.read(column, lambda text: to_minor(text, currency or _LENIENT)) for column in columns}


def overdue_days(text: str) -> int:
    """Days since the first missed payment; ValueError says what is wrong."""
    return _whole(text, 0, MAX_OVERDUE_DAYS)


def age_years(text: str) -> int:
    """An adult's age; ValueError says what is wrong."""
    return _whole(text, MIN_AGE, MAX_AGE)


def _whole(text: str, low: int, high: int) -> int:
    text = text.strip()
    digits = text.partition(".")[0]
    if not _WHOLE.fullmatch(text) or not low <= int(digits[:12]) <= high:
        raise ValueError(f"is not a whole number from {low} to {high}")
    return int(digits)


def _one_of(text: str, kind: type[E]) -> E:
    try:
        return kind(text.strip())
    except ValueError:
        raise ValueError(f"is not a known {kind.__name__.lower()}; {choice_hint(text, kind)}") from None
