"""`python -m data.completing`: accounts become books of debtors who can answer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from data.accounts import read_accounts
from data.accounts.account import Account
from data.amounts import minor_digits
from data.book.cell_tables import written_csv
from data.book.rows import DRAWN_COLUMN, write_row, written_columns
from data.completing.calibration import calibrated
from data.completing.drawing import DRAWN, completed
from data.completing.outcomes import read_outcomes
from data.domain import DebtCase
from data.synthesis.hardship import PARAMETERS
from plumbing import cli
from plumbing.errors import UserError
from plumbing.files import replace_file

MOST_DRAWS = 1000


def main(
    accounts: Annotated[Path, typer.Argument(help="An accounts file (docs/formats.md).")],
    out: Annotated[Path, typer.Option(help="The book to write, .csv; several draws: book-01.csv, book-02.csv, ...")],
    draws: Annotated[int, typer.Option(min=1, max=MOST_DRAWS, help="How many books.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same bytes.")] = 0,
    calibrate: Annotated[
        Path | None, typer.Option(help="What came of earlier accounts: case_id, agreed, paid (docs/importing.md).")
    ] = None,
    median_income: Annotated[
        float | None,
        typer.Option(
            min=1, help="What such debtors earned a month, for accounts without an income (docs/importing.md)."
        ),
    ] = None,
) -> None:
    """Draw what a lender does not know of its accounts, given what it knows: debtors for compile and compare.

    Income, expenses, assets, reason, story and persona are drawn and named in the column `drawn`; nobody's true
    finances are in the book. Compare on several draws before you believe a difference.

    Examples: `python -m data.completing accounts.csv --out book.csv --draws 5`;
    `python -m data.completing accounts.csv --out book.csv --median-income 2300`, where no account names an income.
    """
    if out.suffix.lower() != ".csv":
        raise UserError(f"a completed book is written as .csv, and {out} is none")
    cli.require_writable(out)
    known = read_accounts(accounts)
    parameters: dict[str, Any] = PARAMETERS
    if calibrate is not None:
        fit = calibrated(known, read_outcomes(calibrate), seed)
        parameters = fit.parameters
        cli.tell(fit.told)
    for draw in range(1, draws + 1):
        path = out if draws == 1 else out.with_stem(f"{out.stem}-{draw:0{max(2, len(str(draws)))}d}")
        cases = completed(known.accounts, seed, draw, parameters, median_income)
        replace_file(path, written(cases))
        told = f"{path}: {len(known)} debtors, seed {seed}, draw {draw}; {medians(cases)}"
        cli.stdout.print(told, soft_wrap=True, highlight=False)
    if without := incomes_guessed(known.accounts, median_income):
        cli.tell(without)


def medians(cases: tuple[DebtCase, ...]) -> str:
    """What was drawn, currency by currency, as a lender can judge it: the median of each amount."""
    found = []
    for currency in sorted({case.debt.currency for case in cases}):
        finances = [case.finances for case in cases if case.debt.currency == currency]
        income, costs, savings = (
            spoken(median(getattr(one, name) for one in finances), currency)
            for name in ("monthly_income", "monthly_expenses", "assets")
        )
        found.append(f"medians: income {income} a month, living costs {costs}, savings {savings}")
    return "; ".join(found)


def spoken(amount_minor: float, currency: str) -> str:
    """An amount in whole major units."""
    return f"{currency} {amount_minor / 10 ** minor_digits(currency):,.0f}"


def incomes_guessed(accounts: Sequence[Account], median_income: float | None) -> str:
    """A word of warning where incomes rest on the loans alone; empty where they do not."""
    named = {account.debt.currency for account in accounts if account.monthly_income_at_origination}
    without = sorted({account.debt.currency for account in accounts} - named)
    if not without or median_income is not None:
        return ""
    return (
        f"no account in {', '.join(without)} names an income, so the loans alone decided the incomes above, as if they "
        "were consumer loans; where they look wrong, say what such debtors earned a month with --median-income"
    )


def written(cases: tuple[DebtCase, ...]) -> bytes:
    """A book as CSV that says of every row what is drawn in it."""
    mark = " ".join(DRAWN)
    rows = [{**write_row(case), DRAWN_COLUMN: mark} for case in cases]
    return written_csv(rows, (*written_columns(rows), DRAWN_COLUMN))


if __name__ == "__main__":
    cli.run(main, "python -m data.completing")
