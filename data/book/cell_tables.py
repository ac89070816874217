"""Debtor books as tables of text cells: CSV and Parquet, in both directions."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal, NamedTuple

from data.book.book_faults import BookFaults, Fault, choice_hint, shown
from data.book.rows import AMOUNT_COLUMNS, COLUMNS, DRAWN_COLUMN, OPTIONAL_COLUMNS, written_columns
from data.domain import Finances
from data.tables.delimited import DELIMITERS, Row, hinted, rows_of
from data.tables.encodings import decoded
from data.tables.faults import FileFaults
from plumbing.errors import UserError

_FEWEST_KNOWN = 3
"""A file with fewer known columns, and as many unknown ones or more, is somebody's own and no book with slips in it."""
_PART_ROWS = 10_000
"""Of a Parquet file that are in memory at once."""
_FINANCES = [name for name in Finances.model_fields if name not in OPTIONAL_COLUMNS]
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]{1,2}", re.ASCII)


class Table(NamedTuple):
    """A file as text cells."""

    header: list[str]
    """Names of the columns, in small letters."""
    rows: Iterator[Row]
    delimiter: str = ","
    """What stands between the cells; "," for Parquet."""


def header_faults(header: Sequence[str]) -> list[Fault]:
    """Unknown, repeated and missing columns; of a file that is no book at all, that alone."""
    foreign = [name for name in header if name not in COLUMNS]
    if len(header) - len(foreign) < _FEWEST_KNOWN <= len(foreign):
        hint = "`python -m data.importing` imports a lender's own file, see docs/importing.md"
        return [Fault(f"these are not the columns of a debtor book ({', '.join(foreign[:5])}, ...); {hint}")]
    missing = [name for name in COLUMNS if name not in header and name not in OPTIONAL_COLUMNS]
    if missing == _FINANCES:
        hint = "`python -m data.completing` draws it and makes a book of them, see docs/importing.md"
        return [Fault(f"these are accounts, without what only the debtors know ({', '.join(missing)}); {hint}")]
    unknown = [
        Fault(f"the column is unknown; {choice_hint(name, COLUMNS)}", column=shown(name))
        for name in header
        if name not in COLUMNS and name != DRAWN_COLUMN
    ]
    twice = [Fault("the column stands twice in the header; keep one", column=n) for n in COLUMNS if header.count(n) > 1]
    absent = [Fault("the column is missing; it is required, see data/README.md", column=name) for name in missing]
    return unknown + twice + absent


def csv_table(
    path: Path,
    known: Collection[str] = COLUMNS,
    amounts: Collection[str] = AMOUNT_COLUMNS,
    faults: type[FileFaults] = BookFaults,
) -> Table:
    """The header and the rows that are not blank.

    The delimiter is the one that a first line `sep=;` names, or under which the header has most of the known columns.
    In a file with another delimiter than the comma, amounts may have a decimal comma; they come with a point.

    Args:
        path: the file.
        known: the names that a header may have.
        amounts: the columns of money.
        faults: what is raised.

    Raises:
        FileFaults: another encoding than UTF-8, or UTF-16 with its mark.
    """
    text = decoded(path, faults)
    lines = io.StringIO(text, newline="")
    first = lines.readline()
    delimiter = hinted(first) or _delimiter(first, known)
    if hinted(first) is None:
        lines.seek(0)
    rows = rows_of(lines, delimiter)
    header = next(rows, Row(1, []))
    if header.fault:
        raise faults(path.name, [Fault(header.fault, 1)])
    names = [name.strip().lower() for name in header.cells]
    filled = (row for row in rows if not row.blank)
    return Table(names, filled if delimiter == "," else _with_decimal_points(names, amounts, filled), delimiter)


def length_fault(row: Row, table: Table) -> str | None:
    """What is wrong with a row of another length than the header; None: nothing."""
    if len(row.cells) == len(table.header):
        return None
    between = DELIMITERS.get(table.delimiter, table.delimiter)
    return f"{len(row.cells)} values for {len(table.header)} columns; check {between}s and quotes"


def _delimiter(header: str, known: Collection[str]) -> str:
    """Under which most of the header's cells are known columns; a comma where none is better."""

    def fitting(delimiter: str) -> int:
        cells = next(csv.reader([header], delimiter=delimiter), [])
        return sum(cell.strip().lower() in known for cell in cells)

    return max(DELIMITERS, key=fitting)


def _with_decimal_points(names: Sequence[str], amounts: Collection[str], rows: Iterator[Row]) -> Iterator[Row]:
    """The rows with a point in the amounts, where every comma in an amount is a decimal comma beyond doubt.

    "4,200" could be four thousand two hundred, and then all amounts stay as they are and are told as faults.
    """
    kept = list(rows)
    places = [place for place, name in enumerate(names) if name in amounts]
    written = [row.cells[place] for row in kept for place in places if place < len(row.cells)]
    if all(_DECIMAL_COMMA.fullmatch(amount.strip()) for amount in written if "," in amount):
        for row in kept:
            for place in places:
                if place < len(row.cells):
                    row.cells[place] = row.cells[place].replace(",", ".")
    yield from kept


def write_csv(rows: Sequence[dict[str, str]]) -> bytes:
    """The rows of a book as UTF-8 CSV, lines ended by a plain newline."""
    return written_csv(rows, written_columns(rows))


def written_csv(rows: Sequence[dict[str, str]], columns: Sequence[str]) -> bytes:
    """Rows as UTF-8 CSV with these columns, lines ended by a plain newline; a cell that a row lacks is empty."""
    text = io.StringIO(newline="")
    # The csv module of Python 3.11 leaves a bare carriage return unquoted, and then cannot read it back.
    bare = any("\r" in cell for row in rows for cell in row.values())
    quoting: Literal[0, 1] = csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL
    writer = csv.DictWriter(text, columns, lineterminator="\n", quoting=quoting, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def parquet_table(path: Path, faults: type[FileFaults] = BookFaults) -> Table:
    """The header and the rows of a Parquet file, every cell as text (floats by their shortest decimal).

    It is read part by part, as its rows are asked for.

    Raises:
        FileFaults: the file is not Parquet.
        UserError: the extra `parquet` is not installed.
    """
    pa, parquet = _pyarrow()
    try:
        file = parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise faults(path.name, [Fault(f"the file cannot be read as Parquet ({reason})")]) from None
    names = [str(name).strip().lower() for name in file.schema_arrow.names]
    return Table(names, (Row(number, cells) for number, cells in enumerate(_parquet_cells(file), start=1)))


def _parquet_cells(file: Any) -> Iterator[list[str]]:
    for part in file.iter_batches(batch_size=_PART_ROWS):
        columns = [[_text(value) for value in column.to_pylist()] for column in part.columns]
        yield from map(list, zip(*columns, strict=True))


def _text(value: object) -> str:
    """A Parquet cell as it would stand in a CSV; whole-valued floats (a column with gaps) lose their ".0"."""
    if value is None:
        return ""
    if isinstance(value, float) and math.isfinite(value):
        value = int(value) if value.is_integer() else Decimal(repr(value))
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def write_parquet(rows: Sequence[dict[str, str]]) -> bytes:
    """The rows as Parquet: amounts as decimals, whole numbers as integers, empty cells as null.

    Raises:
        UserError: the extra `parquet` is not installed.
    """
    pa, parquet = _pyarrow()
    kinds = dict.fromkeys(written_columns(rows), pa.string()) | dict.fromkeys(AMOUNT_COLUMNS, pa.decimal128(18, 3))
    kinds |= {"overdue_days": pa.int64(), "age": pa.int64()}
    parse: dict[Any, Any] = {pa.string(): str, pa.decimal128(18, 3): Decimal, pa.int64(): int}
    arrays = {name: [parse[kind](row[name]) if row[name] else None for row in rows] for name, kind in kinds.items()}
    table = pa.table({name: pa.array(values, kinds[name]) for name, values in arrays.items()})
    buffer = io.BytesIO()
    parquet.write_table(table, buffer)
    return buffer.getvalue()


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise UserError(
            "Parquet books need the package pyarrow, which is not installed; "
            "install it with `pip install 'maden[parquet]'` or use CSV"
        ) from None
    return pa, parquet
