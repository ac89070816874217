"""Accounts for tests: what a creditor sees, with not one private column."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from data.accounts.account_row import COLUMNS
from data.book import SHIPPED_BOOK
from data.domain import DebtCase, Finances

ACCOUNT = {
    "case_id": "k-1",
    "product": "consumer loan",
    "principal": "12000.00",
    "outstanding": "10000.00",
    "overdue_days": "120",
    "currency": "EUR",
    "name": "Ana Pell",
    "age": "41",
    "language": "es",
    "timezone": "Europe/Madrid",
    "monthly_income_at_origination": "2900.00",
    "debt_to_income_pct": "27.5",
    "grade": "C",
}


def accounts_file(folder: Path, *rows: dict[str, str], name: str = "accounts.csv") -> Path:
    """A CSV with the columns of the first row; no quoting, so that tests can break it."""
    rows = rows or (ACCOUNT,)
    path = folder / name
    path.write_text("\n".join(",".join(cells) for cells in (rows[0], *(row.values() for row in rows))) + "\n")
    return path


def shipped_accounts(folder: Path) -> Path:
    """The shipped debtors as their creditor sees them: 975 accounts without a single private column."""
    with SHIPPED_BOOK.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    path = folder / "accounts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [name for name in COLUMNS if name in rows[0]], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def without_finances(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on nobody can make finances, nor a case that holds some: whoever asks for them fails.

    Only the yardstick of packages (metrics/money/valuation.py) may make its nominal debtor, who is nobody.
    """

    def refused(*_: object, **__: object) -> NoReturn:
        raise AssertionError("finances were asked for where there are accounts alone")

    for kind in (Finances, DebtCase):
        for maker in ("model_validate", "model_validate_json", "model_construct"):
            monkeypatch.setattr(kind, maker, refused)
        monkeypatch.setattr(kind, "__init__", _nominal_alone(kind.__init__, refused))


def _nominal_alone(made: Callable[..., None], refused: Callable[..., NoReturn]) -> Callable[..., None]:
    def init(self: object, **values: object) -> None:
        nominal = values.get("case_id") == "nominal" or {*values} == {
            "monthly_income",
            "monthly_expenses",
            "assets",
            "reason",
        }
        if not nominal or values.get("monthly_income") or values.get("monthly_expenses"):
            refused()
        made(self, **values)

    return init
