"""Calls in tables: a row an utterance, or a row a call with the whole conversation in one cell."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

from data.importing.delimiter import delimiter_of, encoding_of
from data.importing.tape import open_tape
from data.tables.delimited import DELIMITERS, Row, hinted, rows_of
from data.tables.encodings import NAMES
from data.tables.faults import Fault, FileFaults
from data.transcripts.call import Call
from data.transcripts.column_names import Columns
from data.transcripts.spoken_text import conversations
from data.transcripts.structured import calls_of
from plumbing.errors import UserError

TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".psv")


def table_calls(path: Path, columns: Columns) -> tuple[list[Call], str]:
    """The calls of a table, and how it was read, as a sentence.

    Raises:
        UserError: it cannot be read, or no column holds the words.
        FileFaults: rows are broken.
    """
    header, rows, told = _delimited(path, columns) if path.suffix.lower() in TEXT_SUFFIXES else _other(path)
    faults = [Fault(row.fault, row.number) for row in rows if row.fault]
    if faults:
        raise FileFaults(path.name, faults)
    objects = [dict(zip(header, row.cells, strict=False)) for row in rows]
    if columns.find("text", header) is None:
        there = ", ".join(header[:8])
        raise UserError(f"{path.name} has no column that holds what was said ({there}); name it with --text-column")
    if columns.find("speaker", header) is not None:
        return calls_of(objects, "", columns), told
    calls = [call for row, one in zip(rows, objects, strict=True) for call in _of_cell(one, row.number, columns)]
    if not calls:
        there = ", ".join(header[:8])
        raise UserError(f"{path.name} has no column that says who speaks ({there}); name it with --speaker-column")
    return calls, told


def _of_cell(row: dict[str, str], number: int, columns: Columns) -> list[Call]:
    """The calls of a row that holds a whole conversation."""
    key = columns.find("text", row) or ""
    said = [line for one in conversations(row[key]) for line in one.lines]
    rest = {name: cell for name, cell in row.items() if name != key}
    lines = [{"speaker": line.speaker, "text": line.text} for line in said]
    return calls_of({**rest, "lines": lines}, f"row {number}", Columns()) if lines else []


def _delimited(path: Path, columns: Columns) -> tuple[list[str], list[Row], str]:
    encoding, sure = encoding_of(path, None)
    text = path.read_text(encoding=encoding)
    first, *_ = text.split("\n", 1)
    lines = text.splitlines(keepends=True)
    delimiter = hinted(first)
    if delimiter is not None:
        lines = lines[1:]
    else:
        delimiter = _by_header(first, columns) or delimiter_of(lines[:30])
    rows = [row for row in rows_of(lines, delimiter) if not row.blank]
    if not rows:
        raise UserError(f"{path.name} is empty; a transcript has a header and rows")
    doubt = "" if sure else " (a guess)"
    between = DELIMITERS.get(delimiter, repr(delimiter))
    told = f"{path.name} is read as {NAMES.get(encoding, encoding)}{doubt}, {between} between the cells"
    return [cell.strip() for cell in rows[0].cells], rows[1:], told


def _by_header(first: str, columns: Columns) -> str | None:
    """The delimiter under which the header names what was said and who spoke, or the first alone."""

    def fitting(delimiter: str) -> int:
        cells: Sequence[str] = next(csv.reader([first], delimiter=delimiter), [])
        return sum(columns.find(part, cells) is not None for part in ("text", "speaker", "call"))

    best = max(DELIMITERS, key=fitting)
    return best if fitting(best) else None


def _other(path: Path) -> tuple[list[str], list[Row], str]:
    tape = open_tape(path)
    return list(tape.header), list(tape.rows), tape.told
