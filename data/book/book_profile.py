"""A debtor book as a page to look through: distributions, missing values, outliers and associations of its columns."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import pandas as pd

from data.amounts import to_major
from data.book.rows import AMOUNT_COLUMNS, COLUMNS, write_row
from data.book.split import split_of
from data.domain import DebtCase
from plumbing.errors import UserError

_UNLIKE = ("case_id", "name", "story")
"""Columns that differ in every row and have no distribution."""


def profile_page(cases: Sequence[DebtCase], title: str) -> str:
    """The page, one HTML document that needs nothing else; made by skrub's TableReport.

    Args:
        cases: the debtors.
        title: what stands above it.

    Raises:
        UserError: the extra `profile` is not installed.
    """
    try:
        from skrub import TableReport
    except ImportError as error:
        missing = "--profile needs the package skrub, which is not installed"
        raise UserError(f"{missing}; install it with `pip install 'maden[profile]'`") from error
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of plotting columns that hold one value
        report: Any = TableReport(frame_of(cases), title=title, verbose=0, open_tab="distributions")
        page: str = report.html()
    return page


def frame_of(cases: Sequence[DebtCase]) -> pd.DataFrame:
    """The columns of a book with the part of the split, amounts in whole major units, without names and stories."""
    rows = [write_row(case) | {"split": split_of(case)} for case in cases]
    frame = pd.DataFrame(rows, columns=["split", *COLUMNS]).replace("", None)
    for column in AMOUNT_COLUMNS:
        frame[column] = [round(to_major(_amount(case, column), case.debt.currency)) for case in cases]
    for column in ("overdue_days", "age"):
        frame[column] = pd.to_numeric(frame[column])
    frame["monthly_surplus"] = frame["monthly_income"] - frame["monthly_expenses"]
    return frame.drop(columns=[*_UNLIKE])


def _amount(case: DebtCase, column: str) -> int:
    part = case.debt if column in ("principal", "outstanding") else case.finances
    return int(getattr(part, column))
