"""A creditor's seat and the keyboard opposite it, with accounts alone: nothing asks for finances."""

from __future__ import annotations

import json

import pytest

from data.accounts import read_accounts
from data.book import read_book
from data.domain import AccountRecord, CreditorPolicy, Ending
from metrics.evaluator import score_accounts
from metrics.records import read_records
from programs.creditor.rules import BASELINES, RuleCreditor
from programs.negotiate import negotiate
from programs.table.runner import meet
from tests.data.accounts_file import shipped_accounts, without_finances
from tests.programs.command_line import CommandLine
from tests.programs.players import reads
from tests.scripted import scripted_lm


@pytest.fixture
def accounts(tmp_path, monkeypatch):
    path = shipped_accounts(tmp_path)
    without_finances(monkeypatch)
    return path


@pytest.fixture
def cli(monkeypatch, capsys) -> CommandLine:
    line = CommandLine(monkeypatch, capsys)
    line.use_model(None)
    return line


def typed(monkeypatch, *lines: str) -> None:
    rest = iter(lines)
    monkeypatch.setattr("builtins.input", lambda: next(rest))


def test_whoever_asks_for_finances_would_fail_here(accounts):
    with pytest.raises(AssertionError, match="finances were asked for"):
        read_book()


def test_a_person_sits_opposite_a_rule_about_an_account(cli, accounts, monkeypatch, tmp_path):
    typed(monkeypatch, "/offer 10% 20% 7 12", "/accept")
    argv = ("--variant", "hardball", "--accounts", accounts, "--case", "d-0400", "--as-debtor", "--show-private")
    result = cli(negotiate, "python -m programs.negotiate", *argv, "--json", tmp_path / "r.json")
    assert result.code == 0, result.err
    assert "Agreement" in result.out
    assert "Repayment schedule" in result.out
    assert "promise to pay" in result.out and "success recovery rate" not in result.out
    assert "not scored: that needs the debtor's finances" in result.out
    record = json.loads((tmp_path / "r.json").read_text())
    assert record["case"]["case_id"] == "d-0400"
    assert "finances" not in record["case"]
    assert [turn["move"]["kind"] for turn in record["turns"]] == ["ask", "ask", "ask", "accept"]
    assert record["ending"] == "agreement"


def test_a_program_on_a_model_needs_no_more(cli, accounts, monkeypatch):
    asked = cli.use_model(scripted_lm(lambda prompt: reads("accept", [])))
    typed(monkeypatch, "I accept.", "y")
    argv = ("--variant", "hardball", "--accounts", accounts, "--case", "d-0001", "--as-debtor", "--lm", "openai/some")
    result = cli(negotiate, "python -m programs.negotiate", *argv)
    assert result.code == 0, result.err
    assert asked == ["openai/some"]


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ((), "accounts hold no finances that a simulated debtor could answer from; add --as-debtor"),
        (("--as-debtor", "--book", "b.csv"), "name a --book or --accounts, not both"),
    ],
)
def test_what_accounts_cannot_do_is_one_sentence(cli, accounts, argv, sentence):
    result = cli(negotiate, "negotiate", "--variant", "linear", "--accounts", accounts, "--case", "d-0001", *argv)
    assert result.code == 2
    assert sentence in result.err


class Refusing:
    """A debtor in an app of somebody's own."""

    def reply(self, table):
        from data.domain import Move, Speaker, Turn
        from programs.table.runner import DebtorReply

        return DebtorReply(Turn(speaker=Speaker.DEBTOR, move=Move.reject(), dialogue="No."))


@pytest.mark.parametrize("rule", BASELINES)
def test_a_seat_of_an_app_takes_the_view_of_an_account(accounts, rule):
    view, policy = read_accounts(accounts).view("d-0007"), CreditorPolicy(round_limit=3)
    outcome = meet(RuleCreditor(rule, view, policy, 0), Refusing(), policy)
    assert outcome.ending is Ending.ROUND_LIMIT
    assert len(outcome.turns) == 6


def test_the_record_of_an_account_is_scored_as_far_as_it_goes(cli, accounts, monkeypatch, tmp_path):
    typed(monkeypatch, "/offer 10% 20% 7 12", "/accept")
    path = tmp_path / "r.jsonl"
    argv = ("--variant", "hardball", "--accounts", accounts, "--case", "d-0400", "--as-debtor", "--json", path)
    assert cli(negotiate, "python -m programs.negotiate", *argv).code == 0
    (record,) = read_records(path)
    assert isinstance(record, AccountRecord)
    (card,) = score_accounts([record])
    assert (card.DC, card.DS, card.PTP) == (1.0, 1.0, 1)
