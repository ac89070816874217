"""Debtor books as tables of text cells: CSV (UTF-8, comma) and Parquet, in both directions."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from data.book.faults import BookFaults, Fault, choice_hint, shown
from data.book.rows import AMOUNT_COLUMNS, COLUMNS, OPTIONAL_COLUMNS, written_columns
from plumbing.errors import UserError

Table = tuple[list[str], Iterator[tuple[int, list[str]]]]
"""The header, and (row number, cells) of each row."""


def header_faults(header: Sequence[str]) -> list[Fault]:
    """Unknown, repeated and missing columns."""
    unknown = [
        Fault(f"the column is unknown; {choice_hint(name, COLUMNS)}", column=shown(name))
        for name in header
        if name not in COLUMNS
    ]
    twice = [Fault("the column stands twice in the header; keep one", column=n) for n in COLUMNS if header.count(n) > 1]
    absent = [
        Fault("the column is missing; it is required, see data/README.md", column=name)
        for name in COLUMNS
        if name not in header and name not in OPTIONAL_COLUMNS
    ]
    return unknown + twice + absent


def decoded(path: Path) -> str:
    """The text of a UTF-8 file (a byte-order mark is dropped).

    Raises:
        BookFaults: any other encoding; the sentence names the first row that is not UTF-8.
    """
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw.count(b"\n", 0, error.start) + 1
        sentence = f"the byte 0x{raw[error.start]:02x} is not UTF-8; save the file in the encoding UTF-8"
        raise BookFaults(path.name, [Fault(sentence, row)]) from None


def csv_table(path: Path) -> Table:
    """The header and the rows that are not blank.

    Raises:
        BookFaults: wrong encoding; (while iterating) broken quoting.
    """
    reader = csv.reader(io.StringIO(decoded(path), newline=""), strict=True)
    rows = _csv_rows(reader, path)
    _, header = next(rows, (1, []))
    return [name.strip() for name in header], rows


def _csv_rows(reader: Any, path: Path) -> Iterator[tuple[int, list[str]]]:
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BookFaults(path.name, [Fault(f"the row cannot be read as CSV ({error})", number)]) from None
        if cells:
            yield number, cells


def write_csv(rows: Sequence[dict[str, str]]) -> bytes:
    """The rows as UTF-8 CSV, lines ended by a plain newline."""
    text = io.StringIO(newline="")
    # The csv module of Python 3.11 leaves a bare carriage return unquoted, and then cannot read it back.
    bare = any("\r" in cell for row in rows for cell in row.values())
    quoting: Literal[0, 1] = csv.QUOTE_ALL if bare else csv.QUOTE_MINIMAL
    columns = written_columns(rows)
    writer = csv.DictWriter(text, columns, lineterminator="\n", quoting=quoting, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def parquet_table(path: Path) -> Table:
    """The header and the rows of a Parquet file, every cell as text (floats by their shortest decimal).

    Raises:
        BookFaults: the file is not Parquet.
        UserError: the extra `parquet` is not installed.
    """
    pa, parquet = _pyarrow()
    try:
        table = parquet.read_table(path)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise BookFaults(path.name, [Fault(f"the file cannot be read as Parquet ({reason})")]) from None
    columns = [[_text(value) for value in column.to_pylist()] for column in table.columns]
    rows = ((number, list(cells)) for number, cells in enumerate(zip(*columns, strict=True), start=1))
    return list(table.column_names), rows


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
