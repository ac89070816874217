"""Accounts: what a creditor knows of its overdue debts, without a single figure that only the debtor knows.

`python -m app --accounts`, `python -m programs.negotiate --accounts FILE --as-debtor` and a creditor seat in a program
of one's own work with it. Compiling and comparing need debtors who answer, and so a book (`python -m data.completing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from data.accounts.account import Account
from data.accounts.account_row import AMOUNTS, COLUMNS, PRIVATE, REQUIRED, AccountRow, read_account, write_account
from data.book.cell_tables import Table, csv_table, length_fault, parquet_table, written_csv
from data.domain import CreditorView
from data.tables.faults import Fault, FileFaults, shown
from plumbing.errors import UserError, did_you_mean
from plumbing.files import replace_file

__all__ = ["Account", "AccountFaults", "Accounts", "read_accounts", "write_accounts"]


_FEWEST_KNOWN = 3
"""A file with fewer of the required columns is somebody's own and no accounts file with slips in it."""


class AccountFaults(FileFaults):
    """An accounts file that cannot be used; `faults` holds everything that is wrong with it."""

    what = "accounts file"


@dataclass(frozen=True)
class Accounts:
    """A validated set of accounts: ids unique."""

    accounts: tuple[Account, ...]
    source: str
    """The file it was read from."""

    @property
    def name(self) -> str:
        """Of that file, without its folders."""
        return Path(self.source).name

    def __len__(self) -> int:
        return len(self.accounts)

    def account(self, case_id: str) -> Account:
        """The account with this id.

        Raises:
            UserError: there is none; the sentence names ids that look like it.
        """
        if found := self._by_id.get(case_id):
            return found
        hint = did_you_mean(case_id, self._by_id, f"the first is {next(iter(self._by_id), 'missing')}", most=3)
        raise UserError(f"no account {shown(case_id)} among the {len(self)} of {self.source}; {hint}")

    def view(self, case_id: str) -> CreditorView:
        """The account with this id as the creditor's side receives it.

        Raises:
            UserError: there is none.
        """
        return self.account(case_id).creditor_view()

    @cached_property
    def _by_id(self) -> dict[str, Account]:
        return {account.case_id: account for account in self.accounts}


def read_accounts(path: Path | str) -> Accounts:
    """The accounts of a CSV or Parquet file (by suffix).

    Columns that have no meaning here are kept with the account as text.

    Raises:
        UserError: the file cannot be read, or (`AccountFaults`) everything that is wrong with it.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"no accounts file at {path}; name a .csv or .parquet file")
    table = _table(path)
    faults = _header_faults(table.header)
    accounts: list[Account] = []
    first_row: dict[str, int] = {}
    for number, case_id, account, found in _rows(table):
        faults += found
        if case_id and (earlier := first_row.setdefault(case_id, number)) != number:
            sentence = f"{shown(case_id)} stands already in row {earlier}; every account needs an id of its own"
            faults.append(Fault(sentence, number, "case_id"))
        if account:
            accounts.append(account)
    if not accounts and not faults:
        faults = [Fault("the file is empty; it holds at least one account")]
    if faults:
        raise AccountFaults(path.name, faults)
    return Accounts(tuple(accounts), str(path))


def write_accounts(accounts: Iterable[Account], path: Path | str) -> None:
    """Write accounts as CSV; an existing file is replaced whole or not at all.

    Raises:
        UserError: another suffix than .csv.
        OSError: the file cannot be written; what was there is untouched.
    """
    write_rows([write_account(account) for account in accounts], Path(path))


def write_rows(rows: Sequence[dict[str, str]], path: Path) -> None:
    """`write_accounts` of rows that are text already.

    Raises:
        UserError: another suffix than .csv.
    """
    if path.suffix.lower() != ".csv":
        raise UserError(f"an accounts file is written as .csv, and {path} is none")
    extra = dict.fromkeys(name for row in rows for name in row if name not in COLUMNS)
    replace_file(path, written_csv(rows, (*COLUMNS, *extra)))


def _table(path: Path) -> Table:
    if path.suffix.lower() in (".csv", ".tsv"):
        return csv_table(path, COLUMNS, AMOUNTS, AccountFaults)
    if path.suffix.lower() == ".parquet":
        return parquet_table(path, AccountFaults)
    hint = "`python -m data.importing` reads Excel, JSON lines and files with columns of their own"
    raise UserError(f"{path} is no accounts file: the suffix {shown(path.suffix)} is not .csv or .parquet; {hint}")


def _header_faults(header: Sequence[str]) -> list[Fault]:
    """Missing, repeated and private columns; of a lender's own file, that alone."""
    if header and len({*REQUIRED} & {*header}) < _FEWEST_KNOWN:
        hint = "`python -m data.importing` imports a lender's own file, see docs/importing.md"
        return [Fault(f"these are not the columns of an accounts file ({', '.join(header[:5])}, ...); {hint}")]
    private = [
        Fault("the column is the debtor's own affair; take it out, or read the file as a debtor book", column=name)
        for name in header
        if name in PRIVATE
    ]
    twice = [Fault("the column stands twice in the header; keep one", column=n) for n in COLUMNS if header.count(n) > 1]
    absent = [
        Fault(f"the column is missing; {_near(name, header)}it is required, see docs/formats.md", column=name)
        for name in REQUIRED
        if name not in header and header
    ]
    return private + twice + absent


def _near(name: str, header: Sequence[str]) -> str:
    near = did_you_mean(name, [other for other in header if other not in COLUMNS], quoted=True)
    return f"{near.replace('did you mean', 'is it')} " if near else ""


def _rows(table: Table) -> Iterator[AccountRow]:
    for row in table.rows:
        if fault := row.fault or length_fault(row, table):
            yield AccountRow(row.number, None, None, [Fault(fault, row.number)])
        else:
            yield read_account(dict(zip(table.header, row.cells, strict=True)), row.number)
