"""A lender's file as rows of text: delimited text, Excel, Parquet or JSON lines; what was found is told in one line."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from data.importing.delimiter import delimiter_of, encoding_of
from data.tables.delimited import DELIMITERS, Row, hinted, rows_of
from data.tables.encodings import NAMES
from data.tables.faults import Fault, FileFaults, shown
from plumbing.errors import UserError

_PREAMBLE_ROWS = 30
"""How far down a header is looked for: some tapes begin with a note."""
_NEARLY_FULL = 0.7
"""Share of the fullest row's cells from which a row can be the header; a few columns may be without a name."""

_NO_TEXT = {
    b"PK\x03\x04": "a workbook (.xlsx) or a zip archive",
    b"\xd0\xcf\x11\xe0": "an old workbook (.xls)",
    b"PAR1": "Parquet (.parquet)",
    b"%PDF": "a PDF, which cannot be imported",
}
"""How files begin that are sometimes called .csv, and what they are."""


@dataclass(frozen=True)
class Tape:
    """A file that is being read."""

    path: Path
    header: tuple[str, ...]
    """Names of the columns as the file writes them, blanks at their ends taken off; "" for a column without one."""
    rows: Iterator[Row]
    """The rows under the header that are not blank."""
    told: str
    """How the file was read, as a sentence."""
    titles: tuple[str, ...] = ()
    """What stands in the rows above the header."""

    def place_of(self, column: str) -> int | None:
        """Where the column stands; capitals and blanks do not matter. None: there is none."""
        wanted = plain(column)
        return next((place for place, name in enumerate(self.header) if plain(name) == wanted), None)


def plain(name: str) -> str:
    """A column's name as it is compared."""
    return " ".join(name.split()).casefold()


def open_tape(path: Path, wanted: Sequence[str] = (), *, encoding: str | None = None, sheet: str | None = None) -> Tape:
    """Begin to read a tape.

    Args:
        path: .csv, .tsv, .txt, .xlsx, .xls, .xlsb, .ods, .parquet or .jsonl, capitals do not matter.
        wanted: columns that the header is recognised by; without them it is the first row that is nearly as full as
            the fullest, since above it stand notes and headings of groups of columns.
        encoding: of a text file; found where None.
        sheet: of a workbook; the first where None.

    Raises:
        UserError: no such file or format, or a library is not installed.
        FileFaults: it cannot be read.
    """
    if not path.is_file():
        raise UserError(f"no file at {path}")
    kind = path.suffix.lower()
    if kind in (".xlsx", ".xls", ".xlsb", ".xlsm", ".ods"):
        rows, told = _workbook(path, sheet)
    elif kind in (".csv", ".tsv", ".txt", ".dat", ".tab", ".psv"):
        rows, told = _text_file(path, encoding)
    elif kind in (".parquet", ".jsonl", ".ndjson"):
        names, rows = (_parquet if kind == ".parquet" else _json_lines)(path, wanted)
        return Tape(path, names, rows, f"{path.name} is read as {'Parquet' if kind == '.parquet' else 'JSON lines'}")
    else:
        known = ".csv, .tsv, .txt, .xlsx, .xls, .ods, .parquet and .jsonl"
        raise UserError(f"{path} cannot be imported: the suffix {shown(path.suffix)} is none of {known}")
    above, header, rest = _under_header(rows, wanted)
    if header is None:
        raise FileFaults(path.name, [Fault("the file is empty; a tape has a header and rows")])
    names = tuple(cell.strip() for cell in header.cells)
    titles = tuple(cell.strip() for row in above for cell in row.cells if cell.strip())
    return Tape(path, names, rest, f"{path.name} is read as {told}, header in row {header.number}", titles)


def _under_header(rows: Iterator[Row], wanted: Sequence[str]) -> tuple[Sequence[Row], Row | None, Iterator[Row]]:
    """The rows above the header, the header, and the rows behind it that are not blank."""
    first = list(itertools.islice(rows, _PREAMBLE_ROWS))
    names = {plain(name) for name in wanted}

    def fitting(row: Row) -> int:
        return sum(plain(cell) in names for cell in row.cells)

    best = max(first, key=fitting, default=None)
    header = best if best and fitting(best) else _fullest(first)
    place = first.index(header) if header else 0
    behind = first[place + 1 :]
    return first[:place], header, (row for row in itertools.chain(behind, rows) if not row.blank)


def _fullest(rows: Sequence[Row]) -> Row | None:
    """The first row that is nearly as full as the fullest; None where all are blank."""
    filled = [sum(bool(cell.strip()) for cell in row.cells) for row in rows]
    enough = max(1, _NEARLY_FULL * max(filled, default=0))
    return next((row for row, number in zip(rows, filled, strict=True) if number >= enough), None)


def _text_file(path: Path, given: str | None) -> tuple[Iterator[Row], str]:
    with path.open("rb") as raw:
        head = raw.read(4)
    if head in _NO_TEXT:
        raise UserError(f"{path.name} is no text but {_NO_TEXT[head]}; give it the suffix of what it is")
    encoding, sure = encoding_of(path, given)
    mark = " with a byte-order mark" if encoding == "utf-8-sig" else ""
    name = NAMES.get(encoding, encoding)
    doubt = "" if sure else ' (a guess; where names look wrong, give encoding = "..." in the map)'
    with path.open(encoding=encoding, newline="") as file:
        sample = list(itertools.islice(file, _PREAMBLE_ROWS))
    hint = hinted(sample[0]) if sample else None
    delimiter = hint or delimiter_of(sample)
    between = DELIMITERS.get(delimiter, repr(delimiter))
    return _lines(path, encoding, delimiter, skip=hint is not None), f"{name}{mark}{doubt}, {between} between the cells"


def _lines(path: Path, encoding: str, delimiter: str, skip: bool) -> Iterator[Row]:
    with path.open(encoding=encoding, newline="") as file:
        if skip:
            next(file)
        yield from rows_of(file, delimiter)


def _workbook(path: Path, sheet: str | None) -> tuple[Iterator[Row], str]:
    calamine = _library("python_calamine", "Excel files")
    try:
        book = calamine.CalamineWorkbook.from_path(str(path))
    except (calamine.CalamineError, OSError, ValueError) as error:
        raise FileFaults(path.name, [Fault(f"the file cannot be read as a workbook ({error})")]) from error
    if sheet is not None and sheet not in book.sheet_names:
        raise UserError(f"{path.name} has no sheet {sheet!r}; its sheets are {', '.join(map(repr, book.sheet_names))}")
    name = sheet or book.sheet_names[0]
    cells = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    rows = (Row(number, [as_text(cell) for cell in row]) for number, row in enumerate(cells, start=1))
    others = f" of {len(book.sheet_names)}" if len(book.sheet_names) > 1 else ""
    return rows, f"the sheet {name!r}{others} of a workbook"


def _parquet(path: Path, wanted: Sequence[str]) -> tuple[tuple[str, ...], Iterator[Row]]:
    parquet = _library("pyarrow.parquet", "Parquet files")
    pa = _library("pyarrow", "Parquet files")
    try:
        file = parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise FileFaults(path.name, [Fault(f"the file cannot be read as Parquet ({error})")]) from error
    names = {plain(name) for name in wanted}
    taken = [name for name in file.schema_arrow.names if not names or plain(name) in names]

    def rows() -> Iterator[Row]:
        numbers = itertools.count(1)
        for batch in file.iter_batches(columns=taken):
            columns = [[as_text(value) for value in column.to_pylist()] for column in batch.columns]
            for cells in zip(*columns, strict=True):
                yield Row(next(numbers), list(cells))

    return tuple(taken), rows()


def _json_lines(path: Path, wanted: Sequence[str]) -> tuple[tuple[str, ...], Iterator[Row]]:
    """Flat objects; the columns are the keys of all of them, in the order in which they come."""
    found: dict[str, None] = {}
    for row in _objects(path):
        found |= dict.fromkeys(row if isinstance(row, dict) else ())
    names = tuple(found)

    def rows() -> Iterator[Row]:
        for number, row in enumerate(_objects(path), start=1):
            if isinstance(row, str):
                yield Row(number, [], row)
            elif row is not None:
                yield Row(number, [as_text(row.get(name)) for name in names])

    return names, rows()


def _objects(path: Path) -> Iterator[dict[str, Any] | str | None]:
    """Of every line its object, None where it is blank, or why it is none."""
    encoding, _ = encoding_of(path, None)
    with path.open(encoding=encoding) as file:
        for line in file:
            if not line.strip():
                yield None
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                value = None
            yield value if isinstance(value, dict) else f"{shown(line.strip())} is no JSON object; write one a line"


def as_text(value: object) -> str:
    """A cell of a typed file as it would stand in a CSV."""
    if value is None:
        return ""
    if isinstance(value, float) and math.isfinite(value):
        value = int(value) if value.is_integer() else Decimal(repr(value))
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _library(name: str, what: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0].replace("_", "-")
        missing = f"{what} need the package {package}, which is not installed"
        raise UserError(f"{missing}; install it with `pip install 'maden[importing]'`") from error
