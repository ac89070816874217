"""Accounts files: what is kept, what is refused, and that no finances can stand in one."""

from __future__ import annotations

import pandas as pd
import pytest

from data.accounts import AccountFaults, read_accounts, write_accounts
from data.accounts.account import Account
from data.accounts.account_row import PRIVATE
from data.accounts.unspoken_languages import unspoken
from data.domain import CreditorView, Debt, DebtCase, Debtor, Finances
from plumbing.errors import UserError
from tests.data.accounts_file import ACCOUNT, accounts_file

DEBT = Debt(product="consumer loan", principal=1_200_000, outstanding=1_000_000, overdue_days=120, currency="EUR")
READ = Account(
    case_id="k-1",
    debt=DEBT,
    debtor=Debtor(name="Ana Pell", age=41, language="es"),
    timezone="Europe/Madrid",
    monthly_income_at_origination=290_000,
    debt_to_income_pct=27.5,
    extra={"grade": "C"},
)


def test_an_account_is_read_whole(tmp_path):
    accounts = read_accounts(accounts_file(tmp_path))
    assert accounts.accounts == (READ,)
    assert accounts.view("k-1") == CreditorView(
        case_id="k-1", debt=DEBT, debtor=Debtor(name="Ana Pell", age=41, language="es")
    )
    with pytest.raises(UserError, match=r"no account 'k1' among the 1 of .*; did you mean k-1"):
        accounts.account("k1")


def test_the_least_that_an_account_needs(tmp_path):
    least = {
        name: ACCOUNT[name] for name in ("case_id", "product", "principal", "outstanding", "overdue_days", "currency")
    }
    (account,) = read_accounts(accounts_file(tmp_path, least)).accounts
    assert (account.timezone, account.debtor, account.extra) == ("", Debtor(), {})


def test_what_is_written_is_read_again(tmp_path):
    write_accounts([READ, READ.model_copy(update={"case_id": "k-2", "extra": {}})], tmp_path / "a.csv")
    assert [one.case_id for one in read_accounts(tmp_path / "a.csv").accounts] == ["k-1", "k-2"]
    assert read_accounts(tmp_path / "a.csv").accounts[0] == READ
    pd.read_csv(tmp_path / "a.csv").to_parquet(tmp_path / "a.parquet")
    assert read_accounts(tmp_path / "a.parquet").accounts[0] == READ
    with pytest.raises(UserError, match=r"is written as .csv"):
        write_accounts([READ], tmp_path / "a.xlsx")


def faults(path) -> list[str]:
    with pytest.raises(AccountFaults) as caught:
        read_accounts(path)
    return [fault.told(path.name) for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("language", "Spanish!", "'Spanish!' is not a language; write its BCP 47 tag, such as en, es or zh-Hans"),
        ("timezone", "Madrid", "'Madrid' is not a time zone; write its IANA name, such as Europe/London"),
        ("debt_to_income_pct", "a lot", "'a lot' is not a percentage from 0 to 10000; write digits, such as 27.65"),
        ("monthly_income_at_origination", "-1", "'-1' is negative; amounts are 0 or more"),
        ("outstanding", "0", "'0' leaves nothing to negotiate; a debt is more than 0, so take the row out"),
        ("product", "", "the value is missing"),
    ],
)
def test_a_broken_cell_is_named_in_one_sentence(tmp_path, column, value, sentence):
    path = accounts_file(tmp_path, {**ACCOUNT, column: value})
    assert faults(path) == [f"accounts.csv, row 2, column {column}: {sentence}"]


@pytest.mark.parametrize("column", sorted(PRIVATE))
def test_a_column_that_only_the_debtor_could_fill_is_refused(tmp_path, column):
    (sentence,) = faults(accounts_file(tmp_path, {**ACCOUNT, column: "1"}))
    assert sentence.startswith(f"accounts.csv, column {column}: the column is the debtor's own affair; take it out")


def test_a_misspelt_column_is_asked_about(tmp_path):
    row = {("outstandin" if name == "outstanding" else name): cell for name, cell in ACCOUNT.items()}
    (sentence,) = faults(accounts_file(tmp_path, row))
    assert sentence.startswith("accounts.csv, column outstanding: the column is missing; is it 'outstandin'?")


def test_a_lenders_own_file_is_one_fault_that_says_what_imports_it(tmp_path):
    (sentence,) = faults(accounts_file(tmp_path, {"id": "1", "loan_amnt": "2", "out_prncp": "3"}))
    assert "these are not the columns of an accounts file (id, loan_amnt, out_prncp, ...)" in sentence


def test_all_faults_are_told_at_once_and_ids_stand_once(tmp_path):
    found = faults(accounts_file(tmp_path, ACCOUNT, {**ACCOUNT, "age": "9", "outstanding": "x"}, ACCOUNT))
    assert [one.split(":")[0] for one in found] == [
        "accounts.csv, row 3, column outstanding",
        "accounts.csv, row 3, column age",
        "accounts.csv, row 3, column case_id",
        "accounts.csv, row 4, column case_id",
    ]


def test_the_private_columns_are_the_finances_and_the_persona():
    """Whatever is added to a debtor's private side must be refused in accounts too."""
    assert {*Finances.model_fields, "persona", "circumstance"} == PRIVATE
    assert not {*Account.model_fields} & {"finances", "persona"}
    assert {*DebtCase.model_fields} - {*Account.model_fields} == {"finances", "persona", "circumstance"}


def test_languages_without_a_catalogue_are_told() -> None:
    told = unspoken(["pl", "PL", "fr", "es-MX", "zh", "en", "", None])
    assert told == "2 accounts in pl, 1 in fr, which cannot be spoken yet: they are written to in English"
    assert unspoken(["pl"], "debtor", "es").startswith("1 debtor in pl, which")
    assert unspoken(["pl"], instead="es").endswith("in Spanish")
    assert not unspoken(["es", "", None])
