"""Debtor books: read, validate and write the debtors that a program negotiates with.

CSV and Parquet hold one row a debtor with the columns `COLUMNS`, amounts in decimal major units; JSON lines hold
nested `DebtCase` objects in minor units. Loading validates everything and reports every fault at once.
`python -m data.book FILE` checks a book.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import typer

from data.book.book_faults import BookFaults, Fault, RowResult, shown
from data.book.cell_tables import (
    Table,
    csv_table,
    header_faults,
    length_fault,
    parquet_table,
    write_csv,
    write_parquet,
)
from data.book.jsonl import read_lines, write_lines
from data.book.rows import COLUMNS, read_row, write_row
from data.book.split import SPLIT_NAMES, SplitName, split_of, with_families
from data.domain import CreditorView, DebtCase
from data.tables.encodings import decoded
from plumbing import cli
from plumbing.errors import UserError, did_you_mean
from plumbing.files import replace_file

__all__ = ["COLUMNS", "SHIPPED_BOOK", "DebtorBook", "read_book", "split_of", "write_book"]

SHIPPED_BOOK = Path(__file__).parents[1] / "debtors.csv"
"""The 975 synthetic debtors that come with the project (made by data/synthesis/)."""


@dataclass(frozen=True)
class DebtorBook:
    """A validated set of debtors: ids unique, near-duplicates under one family id."""

    cases: tuple[DebtCase, ...]
    source: str
    """The file it was read from."""

    @property
    def name(self) -> str:
        """Of that file, without its folders: for documents that others read elsewhere."""
        return Path(self.source).name

    def __len__(self) -> int:
        return len(self.cases)

    @cached_property
    def sha256(self) -> str:
        """Hash of the content, the same for every file format and order of the debtors."""
        ordered = tuple(sorted(self.cases, key=lambda case: case.case_id))
        return hashlib.sha256(write_lines(ordered).encode()).hexdigest()

    def case(self, case_id: str) -> DebtCase:
        """The debtor with this id.

        Raises:
            UserError: there is none; the sentence names ids that look like it.
        """
        if found := self._by_id.get(case_id):
            return found
        hint = did_you_mean(case_id, self._by_id, f"the first is {next(iter(self._by_id), 'missing')}", most=3)
        raise UserError(f"no debtor {shown(case_id)} among the {len(self)} of {self.source}; {hint}")

    def view(self, case_id: str) -> CreditorView:
        """The debtor with this id as the creditor's side receives it.

        Raises:
            UserError: there is none.
        """
        return self.case(case_id).creditor_view()

    def split(self, name: SplitName) -> tuple[DebtCase, ...]:
        """The debtors of one part of the split, in the order of the book.

        Raises:
            UserError: no such part.
        """
        if name not in SPLIT_NAMES:
            raise UserError(f"no split {shown(name)}; the parts of a book are {', '.join(SPLIT_NAMES)}")
        return tuple(case for case in self.cases if split_of(case) == name)

    @cached_property
    def _by_id(self) -> dict[str, DebtCase]:
        return {case.case_id: case for case in self.cases}


def read_book(path: Path | str | None = None) -> DebtorBook:
    """The debtors of a CSV, Parquet or JSONL file (by suffix); the shipped book without a path.

    Near-duplicates that the file does not tie together get a common `family_id` (see data/book/split.py).

    Raises:
        UserError: the file cannot be read, or (`BookFaults`) everything that is wrong with it.
    """
    path = SHIPPED_BOOK if path is None else Path(path)
    if not path.is_file():
        raise UserError(f"no debtor book at {path}; name a .csv, .parquet or .jsonl file")
    cases, faults = _sorted_out(book_results(path))
    if not cases and not faults:
        faults = [Fault("the file is empty; a book holds at least one debtor")]
    if faults:
        raise BookFaults(path.name, faults)
    return DebtorBook(with_families(cases), str(path))


def write_book(cases: Iterable[DebtCase], path: Path | str) -> None:
    """Write debtors as CSV, Parquet or JSONL (by suffix); an existing file is replaced whole or not at all.

    Raises:
        UserError: unknown suffix, a table for debtors with a circumstance, or the extra `parquet` is not installed.
        OSError: the file cannot be written; what was there is untouched.
    """
    path, cases = Path(path), tuple(cases)
    if path.suffix.lower() == ".jsonl":
        replace_file(path, write_lines(cases).encode())
    elif any(case.circumstance is not None for case in cases):
        raise UserError(f"{path}: what debtors say in words alone is kept in JSON lines; name a file ending in .jsonl")
    else:
        write_book_rows([write_row(case) for case in cases], path)


def write_book_rows(rows: Sequence[dict[str, str]], path: Path) -> None:
    """`write_book` of rows that are text already.

    Raises:
        UserError: another suffix than .csv and .parquet, or the extra `parquet` is not installed.
    """
    if path.suffix.lower() == ".parquet":
        content = write_parquet(rows)
    elif path.suffix.lower() == ".csv":
        content = write_csv(rows)
    else:
        raise _unknown_format(path)
    replace_file(path, content)


def book_results(path: Path) -> Iterator[RowResult]:
    """Each row of a book, read and checked by itself as it is asked for.

    Raises:
        UserError: the file cannot be read at all.
    """
    if path.suffix.lower() == ".jsonl":
        return read_lines(decoded(path, BookFaults))
    if path.suffix.lower() == ".parquet":
        return _table_cases(parquet_table(path))
    if path.suffix.lower() == ".csv":
        return _table_cases(csv_table(path))
    raise _unknown_format(path)


def _unknown_format(path: Path) -> UserError:
    return UserError(f"{path} is no debtor book: the suffix {shown(path.suffix)} is not .csv, .parquet or .jsonl")


def _table_cases(table: Table) -> Iterator[RowResult]:
    """Cases of a table; with a broken header its known columns are still checked, so that all faults show."""
    if not table.header:
        return
    if broken := header_faults(table.header):
        yield RowResult(1, None, None, broken)
    for row in table.rows:
        if fault := row.fault or length_fault(row, table):
            yield RowResult(row.number, None, None, [Fault(fault, row.number)])
        else:
            cells = zip(table.header, row.cells, strict=True)
            yield read_row({name: cell for name, cell in cells if name in COLUMNS}, row.number)


def _sorted_out(results: Iterator[RowResult]) -> tuple[list[DebtCase], list[Fault]]:
    """The sound cases and all faults, ids that stand twice among them."""
    cases: list[DebtCase] = []
    faults: list[Fault] = []
    first_row: dict[str, int] = {}
    for number, case_id, case, found in results:
        faults += found
        if case_id and (earlier := first_row.setdefault(case_id, number)) != number:
            sentence = f"{shown(case_id)} stands already in row {earlier}; every debtor needs an id of its own"
            faults.append(Fault(sentence, number, "case_id"))
        if case:
            cases.append(case)
    return cases, faults


def check(
    book: Annotated[Path, typer.Argument(help="A .csv, .parquet or .jsonl file.")] = SHIPPED_BOOK,
    profile: Annotated[Path | None, typer.Option(help="Write the book as a page to look through (.html).")] = None,
) -> None:
    """Check a debtor book and print its size, split and content hash; every fault is listed at once.

    Example: `python -m data.book my_debtors.csv --profile page.html`
    """
    cli.require_writable(profile)
    loaded = read_book(book)
    sizes = Counter(split_of(case) for case in loaded.cases)
    parts = ", ".join(f"{name} {sizes[name]}" for name in SPLIT_NAMES)
    cli.stdout.print(f"{loaded.source}: {len(loaded)} debtors ({parts}), sha256 {loaded.sha256}", soft_wrap=True)
    if profile is not None:
        from data.book.book_profile import profile_page

        replace_file(profile, profile_page(loaded.cases, loaded.name).encode())
        cli.tell(f"page written to {profile}")
