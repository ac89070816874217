"""A tape read as its map says: accounts or debtors, and every fault at once."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from data.accounts import write_rows
from data.accounts.account_row import read_account
from data.accounts.unspoken_languages import unspoken
from data.book import write_book_rows
from data.book.rows import read_row
from data.importing.columns import CellFault, Cells, Context, amounts_of, column_reader
from data.importing.conditions import condition
from data.importing.money import DecimalMark, decimal_mark
from data.importing.tape import Tape, open_tape, plain
from data.importing.tape_map import Source, TapeMap
from data.tables.delimited import Row
from data.tables.faults import Fault, FileFaults, choice_hint, shown

_LOOKED_AT = 2000
"""Rows that the decimal mark is found in."""
_ROWS_NAMED = 5
"""Of a fault that many rows have."""
_NAMED = frozenset({"currency", "language", "timezone"})
"""Our columns of which a tape may write a name where we take a code."""


class TapeFaults(FileFaults):
    """A tape that cannot be imported as its map says; `faults` holds everything that is wrong with it."""

    what = "tape"


@dataclass
class Imported:
    """What came of a tape."""

    rows: list[dict[str, str]] = field(default_factory=list)
    """Our columns as text, one a row."""
    makes_book: bool = False
    read: int = 0
    """Rows of the tape that are not blank."""
    left_out: Counter[str] = field(default_factory=Counter)
    """How many rows were left out, by reason."""
    told: str = ""
    """How the tape was read, as a sentence."""

    def write(self, path: Path) -> None:
        """Write accounts (.csv) or a book (.csv, .parquet).

        Raises:
            UserError: another suffix.
        """
        (write_book_rows if self.makes_book else write_rows)(self.rows, path)

    def summary(self, path: Path) -> str:
        """What was written, what was left out, and whose language cannot be spoken, a line each."""
        what = "debtors" if self.makes_book else "accounts"
        left = "; ".join(f"{number} left out: {reason}" for reason, number in self.left_out.most_common())
        silent = unspoken((row.get("language") for row in self.rows), what.removesuffix("s"))
        written = f"{path}: {len(self.rows)} {what} of {self.read} rows{f' ({left})' if left else ''}"
        return "\n".join(filter(None, (written, silent)))


def import_tape(path: Path, tape_map: TapeMap) -> Imported:
    """Read a tape.

    Raises:
        UserError: it cannot be read, or (`TapeFaults`) everything that is wrong with it.
    """
    tape = open_tape(path, tape_map.used(), encoding=tape_map.encoding, sheet=tape_map.sheet)
    if absent := _absent(tape, tape_map):
        raise TapeFaults(path.name, absent)
    first = list(itertools.islice(tape.rows, _LOOKED_AT))
    context = Context(tape_map, lambda column: tape.place_of(column) or 0, _mark(tape, tape_map, first))
    comma = ", decimal comma" if context.mark == "," else ""
    found = Imported(makes_book=tape_map.makes_book, told=f"{tape.told}{comma}")
    faults = _each_once(_taken(itertools.chain(first, tape.rows), _Reading(tape, tape_map, context), found))
    if not found.rows and not faults:
        faults = [Fault(f"no row is left to take: {_why(found)}")]
    if faults:
        raise TapeFaults(path.name, faults)
    return found


def _absent(tape: Tape, tape_map: TapeMap) -> list[Fault]:
    names = [name for name in tape.header if name]
    few = names if len(names) <= 40 else [*names[:40], f"{len(names) - 40} more"]
    found = Counter(plain(name) for name in tape.header)
    absent = "the map reads this column and the tape has none of this name; {}"
    twice = "the map reads this column and the tape has several of this name; rename all but one"
    return [
        Fault(twice if found[plain(name)] else absent.format(choice_hint(name, few)), column=name)
        for name in tape_map.used()
        if found[plain(name)] != 1
    ]


def _why(found: Imported) -> str:
    return "; ".join(f"{number} rows {reason}" for reason, number in found.left_out.items()) or "the tape has no rows"


def _mark(tape: Tape, tape_map: TapeMap, rows: Sequence[Row]) -> DecimalMark:
    if tape_map.decimal is not None:
        return tape_map.decimal
    places = [place for name in amounts_of(tape_map) if (place := tape.place_of(name)) is not None]
    return decimal_mark(row.cells[place] for row in rows for place in places if place < len(row.cells))


def _each_once(faults: Iterable[Fault]) -> list[Fault]:
    """One fault for all rows that have the same value in the same column, so that each is mended once."""
    found: dict[tuple[str, str | int | None], list[Fault]] = {}
    for fault in faults:
        found.setdefault((fault.sentence, fault.column or fault.row), []).append(fault)
    return [alike[0] if len(alike) == 1 else _of_many(alike) for alike in found.values()]


def _of_many(alike: Sequence[Fault]) -> Fault:
    rows = ", ".join(str(fault.row) for fault in alike[:_ROWS_NAMED])
    more = ", ..." if len(alike) > _ROWS_NAMED else ""
    return replace(alike[0], sentence=f"{alike[0].sentence} ({len(alike)} rows: {rows}{more})")


class _Reading:
    """The map as functions of a row."""

    def __init__(self, tape: Tape, tape_map: TapeMap, context: Context) -> None:
        self.width = len(tape.header)
        self.repeats = tape_map.repeated_ids
        self.filters = [
            (one.column, condition(one, context.cell(one.column), context.mark, context.currency))
            for one in tape_map.filters
        ]
        sources = dict(tape_map.columns)
        self.columns = {name: column_reader(name, source, context) for name, source in sources.items()}
        self.origin = {name: source.column or "" for name, source in sources.items()}
        if tape_map.currency is not None:
            self.columns["currency"] = column_reader("currency", Source(constant=tape_map.currency), context)
        self.keep = {plain(name): context.cell(name) for name in tape_map.keep if not tape_map.makes_book}
        self.check = read_row if tape_map.makes_book else read_account

    def left_out(self, cells: Cells) -> str | None:
        """Which filter the row does not pass; None: it is taken."""
        return next((name for name, holds in self.filters if not holds(cells)), None)

    def row(self, cells: Cells, number: int) -> tuple[dict[str, str], list[Fault]]:
        """The row as our columns, and what is wrong with it."""
        values: dict[str, str] = {}
        faults: list[Fault] = []
        for name, read in self.columns.items():
            try:
                values[name] = read(cells, number)
            except CellFault as fault:
                faults.append(Fault(f"{shown(fault.value)} {fault.sentence}", number, fault.column))
        if faults:
            return values, faults
        values |= {name: cell(cells) for name, cell in self.keep.items()}
        return values, [self._named(fault) for fault in self.check(values, number).faults]

    def _named(self, fault: Fault) -> Fault:
        """A fault of one of our columns, told of the tape's."""
        origin = self.origin.get(fault.column or "")
        place = f"{origin} ({fault.column})" if origin and plain(origin) != fault.column else fault.column
        return Fault(f"{fault.sentence}{_advice(fault)}", fault.row, place)


def _advice(fault: Fault) -> str:
    """What else than the tape can be changed."""
    if fault.sentence == "the value is missing":
        return "; fill it, or leave such rows out by a filter"
    return f", or say what it is in [columns.{fault.column}.values] of the map" if fault.column in _NAMED else ""


def _taken(rows: Iterator[Row], reading: _Reading, found: Imported) -> Iterator[Fault]:
    """Fills `found` and gives the faults."""
    seen: dict[str, int] = {}
    for row in rows:
        found.read += 1
        if row.fault:
            yield Fault(row.fault, row.number)
        elif (reason := reading.left_out(row.cells)) is not None:
            found.left_out[f"{reason} does not pass the filter"] += 1
        elif len(row.cells) != reading.width:
            sentence = f"{len(row.cells)} values for {reading.width} columns; check delimiters and quotes"
            yield Fault(sentence, row.number)
        else:
            yield from _added(row, reading, seen, found)


def _added(row: Row, reading: _Reading, seen: dict[str, int], found: Imported) -> Iterator[Fault]:
    values, faults = reading.row(row.cells, row.number)
    case_id = values.get("case_id", "")
    earlier = seen.setdefault(case_id, row.number) if case_id else row.number
    if earlier != row.number and reading.repeats == "first":
        found.left_out["the id stands in an earlier row"] += 1
        return
    if earlier != row.number:
        hint = 'take one of them out, or give repeated_ids = "first" in the map'
        yield Fault(f"{shown(case_id)} stands already in row {earlier}; {hint}", row.number, reading.origin["case_id"])
    yield from faults
    if not faults and earlier == row.number:
        found.rows.append(values)
