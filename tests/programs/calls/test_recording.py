"""Calls as records: what each line offers, takes and asks, and what the whole comes to."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from data.accounts import read_accounts
from data.domain import AccountRecord, CreditorPolicy, Disclosure, Ending, Inquiry, MoveKind, Negotiation, Speaker
from data.transcripts.call_log import read_calls
from data.transcripts.parties import Sides
from metrics.evaluator import score_accounts
from metrics.records import read_records
from metrics.transcripts import transcripts
from plumbing.errors import UserError
from programs.calls.debts import DebtLedger
from programs.calls.recording import CallRecord, CallRecords, recorded
from signatures.reading import Reading
from tests.data.transcripts.test_call_log import SAMPLES
from tests.programs.command_line import CommandLine

CALLS = Path(__file__).with_name("calls.toml")
ACCOUNTS = "case_id,product,principal,outstanding,overdue_days,currency\nd-0001,loan,12000,9000,90,CNY\n"


def calls(name: str, ledger: DebtLedger | None = None) -> CallRecords:
    return recorded(read_calls(SAMPLES / name), ledger or DebtLedger())


@pytest.fixture
def accounts(tmp_path: Path) -> DebtLedger:
    (tmp_path / "a.csv").write_text(ACCOUNTS, encoding="utf-8")
    return DebtLedger(accounts=read_accounts(tmp_path / "a.csv"))


def figures(record: CallRecord) -> tuple[float, ...] | None:
    return None if record.agreed is None else tuple(record.agreed.model_dump().values())


@pytest.mark.parametrize(
    ("name", "agreed", "outstanding"),
    [
        ("diarised.json", (0, 10, 7, 24), 360_000),
        ("chat.txt", (10, 20, 0, 18), 500_000),
        ("calls_zh.jsonl", (0, 10, 0, 12), 1_200_000),
        ("headings.txt", (0, 10, 2, 10), 200_000),
    ],
)
def test_what_was_agreed_and_that_the_talk_was_sound(name: str, agreed: tuple[float, ...], outstanding: int) -> None:
    (record,) = calls(name).records
    assert isinstance(record, AccountRecord)
    assert (figures(record), record.case.debt.outstanding) == (agreed, outstanding)
    assert score_accounts([record])[0].DS == 1.0


def test_several_calls_of_a_table_with_their_debts() -> None:
    plan, left = calls("calls.csv").records
    assert (plan.case.case_id, plan.case.debt.overdue_days, figures(plan)) == ("A-77", 60, (0, 0, 0, 12))
    assert (left.case.debt.outstanding, left.ending, left.agreed) == (80_000, Ending.WALKED_AWAY, None)
    assert [card.DS for card in score_accounts([plan, left])] == [1.0, 1.0]
    assert [turn.move.kind.value for turn in plan.turns] == ["talk", "talk", "ask", "ask", "accept", "talk"]


def test_a_conversation_in_a_cell() -> None:
    plan, none = calls("cells.csv").records
    assert figures(plan) == (0, 10, 0, 9)
    assert {turn.move.kind for turn in none.turns} == {MoveKind.TALK}


def test_the_debts_come_from_accounts(accounts: DebtLedger) -> None:
    with pytest.raises(UserError, match="nobody says how much is owed; give the debts with --accounts"):
        calls("channels.json")
    (record,) = calls("channels.json", accounts).records
    assert (record.case.debt.outstanding, figures(record)) == (900_000, (0, 10, 5, 18))


def test_questions_and_answers_are_typed() -> None:
    (record,) = calls("diarised.json").records
    assert [turn.inquiry for turn in record.turns if turn.inquiry] == [Inquiry.INCOME]
    assert [turn.disclosed for turn in record.turns if turn.disclosed] == [Disclosure(monthly_income=210_000)]


def test_without_limits_of_ones_own_nothing_is_outside_them() -> None:
    found = calls("calls.csv")
    assert {record.policy for record in found.records} == {found.records[0].policy}
    policy = found.records[0].policy
    assert (policy.max_immediate_payment_pct, policy.max_discount_pct) == (100, 30)
    assert any("widened to what was offered" in sentence for sentence in found.told)
    strict = recorded(read_calls(SAMPLES / "calls.csv"), DebtLedger(), policy=CreditorPolicy())
    assert [card.DS for card in score_accounts(strict.records)] == pytest.approx([1 / 3, 2 / 3])


def test_a_second_call_about_a_debt_is_a_second_trial(tmp_path: Path) -> None:
    path = tmp_path / "c.csv"
    rows = "".join(f"{call},x,agent,You owe $500\n{call},x,customer,no\n" for call in (1, 2))
    path.write_text(f"call_id,case_id,speaker,text\n{rows}")
    assert [record.seed for record in recorded(read_calls(path), DebtLedger()).records] == [None, 1]


def said(tmp_path: Path, *lines: str) -> CallRecord:
    path = tmp_path / "c.txt"
    path.write_text("\n".join(f"{'Agent' if at % 2 == 0 else 'Customer'}: {line}" for at, line in enumerate(lines)))
    (record,) = recorded(read_calls(path), DebtLedger()).records
    return record


@pytest.mark.parametrize(
    ("lines", "agreed"),
    [
        (("You owe $1,000. Am I speaking with Ana?", "Yes."), None),
        (("You owe $1,000. We'd need 10% down today and 9 monthly payments.", "okay"), None),
        (
            ("You owe $1,000. We'd need 10% down today and 9 monthly payments.", "okay", "Great, I'll set that up."),
            (0, 10, 0, 9),
        ),
        (("You owe $1,000. 10% down today and 9 monthly payments, is that okay?", "no, too much"), None),
        (
            ("You owe $1,000. Can you do 10% down today and 9 monthly payments?", "yes 9 payments is fine"),
            (0, 10, 0, 9),
        ),
        (("You owe $1,000.", "I can pay $100 a month", "Okay, we can do that."), (0, 0, 0, 10)),
        (("You owe $1,000.", "I can pay $100 a month", "Okay. And where do you work?", "at a shop"), None),
        (("You owe $1,000. We could settle it for $600 today, does that work?", "deal"), (40, 100, 0, 1)),
        (("You owe $1,000. How about 6 payments of $100?", "ok deal"), (40, 0, 0, 6)),
        (("You owe $950. Can you pay $200 a month?", "yes I can do that"), (0, 0, 0, 5)),
        (
            ("You owe $1,000. Pay all of it today?", "no, 50 a month", "That works! 20 payments of $50.", "ok"),
            (0, 0, 0, 20),
        ),
        (
            (
                "Usted debe 3.000 €. Con un enganche de 300 € hoy y 9 mensualidades de 300 €, ¿de acuerdo?",
                "No puedo dar enganche.",
                "Entonces 10 mensualidades de 300 € sin enganche.",
                "Trato hecho.",
            ),
            (0, 0, 0, 10),
        ),
    ],
)
def test_when_it_is_an_agreement(tmp_path: Path, lines: tuple[str, ...], agreed: tuple[float, ...] | None) -> None:
    record = said(tmp_path, *lines)
    assert figures(record) == (None if agreed is None else pytest.approx(agreed, abs=0.01))
    assert score_accounts([record])[0].DS == 1.0


@pytest.mark.parametrize(
    "call", tomllib.loads(CALLS.read_text(encoding="utf-8"))["call"], ids=lambda call: call["name"]
)
def test_what_people_agree_in_calls(tmp_path: Path, call: dict) -> None:
    record = said(tmp_path, *call["said"])
    agreed = call.get("agreed")
    assert figures(record) == (None if agreed is None else pytest.approx(agreed, abs=0.05))


def test_of_alternatives_the_last_stands_and_the_others_are_told(tmp_path: Path) -> None:
    record = said(tmp_path, "You owe $1,000. We take 40% off if you pay today, or we can spread it over 10 months.")
    turn = record.turns[0]
    assert turn.move.named == {
        "discount_pct": 0,
        "immediate_payment_pct": 0,
        "immediate_payment_days": 0,
        "installment_periods": 10,
    }
    assert any("40% off" in note for note in turn.notes)


def test_what_is_improper_stays_so(tmp_path: Path) -> None:
    record = said(tmp_path, "Pay today or we will have you arrested.", "You owe me an apology. I owe you $900.", "No.")
    (card,) = score_accounts([record])
    assert card.DS == 0.5


def test_a_reader_reads_the_debtors_words_alone(tmp_path: Path) -> None:
    heard: list[str] = []

    class Accepting:
        weight = 0.5

        def __call__(self, standing_offer: str, message: str, currency: str = "") -> Reading:
            heard.append(message)
            return Reading.model_validate({"intent": "accept", "said": []})

    path = tmp_path / "c.txt"
    path.write_text("Agent: You owe $1,000. 10% today and 9 monthly payments.\nCustomer: gladly, my dear\n")
    (record,) = recorded(read_calls(path), DebtLedger(), reader=Accepting()).records
    assert heard == ["gladly, my dear"]
    assert record.ending is Ending.AGREEMENT


def test_others_are_told_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "c.txt"
    path.write_text("IVR: welcome\nIVR: please hold\nAgent: You owe $100.\nCustomer: no\nAgent: bye\nCustomer: bye\n")
    found = recorded(read_calls(path), DebtLedger(), sides=Sides())
    assert [turn.speaker for turn in found.records[0].turns] == [Speaker.CREDITOR, Speaker.DEBTOR] * 2
    assert any("'IVR' (2 lines)" in sentence for sentence in found.told)


def test_the_command_writes_records(tmp_path: Path, monkeypatch, capsys) -> None:
    line, out = CommandLine(monkeypatch, capsys), tmp_path / "r.jsonl"
    result = line(transcripts, "python -m metrics.transcripts", SAMPLES / "calls.csv", "--out", out)
    assert result.code == 0, result.err
    assert "2 records written to" in result.out and "1 with an agreement" in result.out
    assert [type(record) for record in read_records(out)] == [AccountRecord, AccountRecord]


def test_a_book_adds_the_finances(tmp_path: Path, monkeypatch, capsys) -> None:
    line, out = CommandLine(monkeypatch, capsys), tmp_path / "r.jsonl"
    book = Path("data/debtors.csv")
    result = line(transcripts, "python -m metrics.transcripts", SAMPLES / "channels.json", "--out", out, "--book", book)
    assert result.code == 0, result.err
    (record,) = read_records(out)
    assert isinstance(record, Negotiation) and record.case.finances.monthly_income > 0


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (("--date", "tomorrow"), "--date 'tomorrow' is no date; write it as 2026-01-31"),
        (("--currency", "dollars"), "--currency 'dollars' is no currency"),
        (("--reader", "reader@1"), "a compiled reader reads with a model; name one with --lm"),
    ],
)
def test_slips_are_one_sentence(tmp_path: Path, monkeypatch, capsys, argv: tuple[str, ...], sentence: str) -> None:
    line = CommandLine(monkeypatch, capsys)
    result = line(transcripts, "t", SAMPLES / "calls.csv", "--out", tmp_path / "r.jsonl", *argv)
    assert result.code == 2
    assert sentence in result.err
