"""Completed books: what is known stays, what is drawn is marked, seeded, and follows what is known."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd
import pytest

from data.accounts import Accounts, read_accounts
from data.accounts.account import Account
from data.book import SHIPPED_BOOK, read_book
from data.completing.__main__ import main
from data.completing.calibration import _ease, calibrated
from data.completing.conditional import borrowers
from data.completing.drawing import DRAWN, completed, scales
from data.completing.outcomes import AccountOutcome, read_outcomes
from data.domain import Debt, Debtor
from data.synthesis.hardship import PARAMETERS
from plumbing.errors import UserError
from tests.data.accounts_file import ACCOUNT, accounts_file, shipped_accounts
from tests.programs.command_line import CommandLine


def account(number: int, **changes: object) -> Account:
    debt = {"product": "car loan", "principal": 900_000, "outstanding": 420_000, "overdue_days": 95, "currency": "USD"}
    known = {
        name: changes.pop(name) for name in ("monthly_income_at_origination", "debt_to_income_pct") if name in changes
    }
    debtor = Debtor(name=f"N{number}", age=changes.pop("age", 41))
    return Account(case_id=f"k-{number}", debt=Debt(**{**debt, **changes}), debtor=debtor, **known)


def surplus(cases) -> np.ndarray:
    return np.array([case.finances.monthly_surplus / case.finances.monthly_income for case in cases])


def test_what_is_known_stays_and_the_rest_is_a_debtor():
    accounts = [account(n, monthly_income_at_origination=290_000 + n) for n in range(50)]
    cases = completed(accounts, 0)
    assert [case.creditor_view() for case in cases] == [one.creditor_view() for one in accounts]
    assert all(case.persona and case.finances.story for case in cases)
    assert all(0 < case.finances.monthly_income <= 291_000 for case in cases)
    assert any("USD" in case.finances.story for case in cases)


def test_the_same_seed_and_draw_are_the_same_debtors_and_others_are_not():
    accounts = [account(n) for n in range(20)]
    assert completed(accounts, 0, 3) == completed(accounts, 0, 3)
    assert len({completed(accounts, seed, draw) for seed in (0, 1) for draw in (1, 2)}) == 4


def test_another_account_in_the_file_moves_no_draw_of_a_borrower():
    rng = np.random.default_rng
    known = pd.DataFrame(
        {"Age": [30.0, 50.0, np.nan], "Income": [100.0, np.nan, np.nan], "Amount": [900.0, 900.0, 50.0]}
    )
    drawn = borrowers(known, rng(4))
    assert drawn["Income"][0] == 100
    assert drawn.notna().all().all()
    pd.testing.assert_frame_equal(borrowers(known[:2], rng(4)), drawn[:2])


def test_what_is_drawn_is_conditional_on_what_is_known():
    """Who owes more months of income has cut deeper, and older borrowers are more often married: as the model says."""
    rng = np.random.default_rng(1)
    young, old = (borrowers(pd.DataFrame({"Age": [age] * 2000}), rng) for age in (22.0, 58.0))
    assert (old["Marital"] == "married").mean() > (young["Marital"] == "married").mean() + 0.2
    light, heavy = ([account(n, outstanding=owed) for n in range(400)] for owed in (150_000, 1_500_000))
    incomes = {"monthly_income_at_origination": 290_000}
    light, heavy = ([one.model_copy(update=incomes) for one in some] for some in (light, heavy))
    assert surplus(completed(heavy, 0)).mean() > surplus(completed(light, 0)).mean() + 0.05


def test_debt_to_income_makes_life_dearer():
    some = [account(n, monthly_income_at_origination=290_000, debt_to_income_pct=float(n)) for n in range(600)]
    left = surplus(completed(some, 0))
    assert left[:200].mean() > left[400:].mean()


def test_the_shipped_accounts_are_completed_like_the_shipped_book(tmp_path):
    """Without a known income, the draws over real balances look like the book that the balances are from."""
    cases = completed(read_accounts(shipped_accounts(tmp_path)).accounts, 0)
    true = read_book(SHIPPED_BOOK).cases
    for figure in ("monthly_income", "monthly_expenses", "assets"):
        mine, theirs = (np.median([getattr(case.finances, figure) for case in some]) for some in (cases, true))
        assert mine == pytest.approx(theirs, rel=0.25), figure
    assert surplus(cases).mean() == pytest.approx(surplus(true).mean(), abs=0.04)


def test_each_currency_has_its_scale():
    mixed = [account(1, monthly_income_at_origination=500_000), account(2, currency="JPY", principal=900_000)]
    found = scales(mixed)
    assert found["USD"] == pytest.approx(50, rel=0.05)
    assert found["JPY"] > 500


@pytest.fixture
def cli(monkeypatch, capsys):
    line = CommandLine(monkeypatch, capsys)

    def call(*argv):
        return line(main, "python -m data.completing", *argv)

    return call


def test_where_no_account_names_an_income_somebody_can_say_what_such_debtors_earned(cli, tmp_path):
    cars = [account(n, principal=1_500_000 + 9_000 * n, currency="GBP") for n in range(60)]
    by_loans, by_income = (
        np.median([case.finances.monthly_income for case in completed(cars, 0, median_income=income)])
        for income in (None, 2_300.0)
    )
    assert 140_000 < by_income < 230_000  # the default took some of it
    assert by_loans < 0.8 * by_income
    told = [account(n, monthly_income_at_origination=290_000) for n in range(20)]
    assert completed(told, 0, median_income=9_999.0) == completed(told, 0)
    file = accounts_file(tmp_path, {**ACCOUNT, "monthly_income_at_origination": ""})
    run = cli(file, "--out", tmp_path / "book.csv")
    assert "medians: income " in run.out
    assert "--median-income" in run.err
    run = cli(file, "--out", tmp_path / "book.csv", "--median-income", 900)
    assert "--median-income" not in run.err


def test_several_draws_are_several_books_each_marked(cli, tmp_path):
    path = accounts_file(
        tmp_path, *({**ACCOUNT, "case_id": f"k-{n}", "outstanding": f"{2000 + 150 * n}"} for n in range(9))
    )
    result = cli(path, "--out", tmp_path / "book.csv", "--draws", 3)
    assert result.code == 0, result.err
    books = [tmp_path / f"book-0{draw}.csv" for draw in (1, 2, 3)]
    assert len({read_book(book).sha256 for book in books}) == 3
    with books[0].open(newline="") as file:
        assert {row["drawn"] for row in csv.DictReader(file)} == {" ".join(DRAWN)}
    before = books[1].read_bytes()
    cli(path, "--out", tmp_path / "book.csv", "--draws", 2)
    assert books[1].read_bytes() == before
    assert "is written as .csv" in cli(path, "--out", tmp_path / "book.jsonl").err


def simulated(accounts, base: float, sd: float, seed: int = 5):
    """Outcomes of a world whose surplus has that level and spread."""
    ease = _ease(accounts, seed, 1)
    noise = np.random.default_rng(seed).standard_normal(len(accounts))
    return [
        AccountOutcome(one.case_id, bool(base + x + sd * e > 0), None)
        for one, x, e in zip(accounts, ease, noise, strict=True)
    ]


def test_calibration_finds_the_level_and_the_spread_of_another_world(tmp_path):
    accounts = read_accounts(shipped_accounts(tmp_path))
    incomes = np.random.default_rng(9).lognormal(np.log(600_000), 0.4, len(accounts)).astype(int)
    known = tuple(
        one.model_copy(update={"monthly_income_at_origination": int(income)})
        for one, income in zip(accounts.accounts, incomes, strict=True)
    )
    accounts = Accounts(known, accounts.source)
    soft, hard = (calibrated(accounts, simulated(known, base, 0.6), 0).parameters["surplus"] for base in (-0.5, -1.5))
    assert (soft["base"], hard["base"]) == (pytest.approx(-0.5, abs=0.25), pytest.approx(-1.5, abs=0.25))
    assert (soft["sd"], hard["sd"]) == (pytest.approx(0.6, abs=0.4), pytest.approx(0.6, abs=0.4))
    left = [surplus(completed(known, 0, 1, {**PARAMETERS, "surplus": one})).mean() for one in (soft, hard)]
    assert left[0] > left[1] + 0.05


def test_outcomes_that_tell_nothing_are_refused(tmp_path):
    accounts = read_accounts(shipped_accounts(tmp_path))
    ids = [one.case_id for one in accounts.accounts]
    with pytest.raises(UserError, match="20 outcomes with 0 of the rarer kind are too few"):
        calibrated(accounts, [AccountOutcome(name, True, None) for name in ids[:20]], 0)
    coin = np.random.default_rng(0).random(len(ids)) < 0.5
    with pytest.raises(UserError, match="do not follow how heavy the debts are"):
        calibrated(accounts, [AccountOutcome(name, bool(one), None) for name, one in zip(ids, coin, strict=True)], 0)
    with pytest.raises(UserError, match="no account 'x-1' in"):
        calibrated(accounts, [AccountOutcome("x-1", True, None)], 0)


def test_outcomes_are_read_and_every_fault_is_told(tmp_path):
    path = tmp_path / "o.csv"
    path.write_text("case_id,agreed,paid\na,yes,12.50\nb,No,\nc,1,0\n")
    assert [one.carried for one in read_outcomes(path)] == [True, False, False]
    path.write_text("case_id,agreed,paid\na,perhaps,\nb,yes,lots\n")
    with pytest.raises(UserError, match="2 faults in the outcomes file"):
        read_outcomes(path)
