from __future__ import annotations

import time
from dataclasses import replace

import pytest

pytest.importorskip("phonenumbers", reason="needs the extra app")

from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import select

from app.__main__ import outside
from app.conversation.negotiations import Negotiations
from app.database.tables import Base, MessageRow, NegotiationRow, Sender, Status
from app.database.transactions import Database
from app.privacy.personal_data import finder
from app.privacy.redaction import Redaction
from data.domain import Debtor
from tests.app.desk import CASE, desk_lm, house
from tests.programs.cases import case

NAME = "Wang Xiaoming"
EMAIL = "xiaoming.w88@example.com"
CANARIES = {
    "name": NAME,
    "first name alone": "XIAOMING",
    "e-mail": EMAIL,
    "Chinese mobile": "138 1234 5678",
    "international": "+44 20 7946 0958",
    "card": "4111 1111 1111 1111",
    "IBAN": "GB82 WEST 1234 5698 7654 32",
    "identity card": "11010519491231002X",
    "account": "622202100011223344",
    "link": "https://social.example.net/u/zebrafinch",
    "handle": "@zebrafinch_88",
    "chat": "WeChat: finch_8812",
    "birth date": "born on 1949-12-31",
    "street": "42 Nightingale Street",
    "Chinese street": "夜莺路17号502室",
}


def redaction(name: str = NAME, currency: str = "CNY") -> Redaction:
    return Redaction(finder(name, currency), name)


def service(folder, lm, *, redact: bool = True) -> Negotiations:
    database = Database(f"sqlite:///{folder / 'app.sqlite'}")
    Base.metadata.create_all(database.engine)
    person = case(case_id=CASE).model_copy(update={"debtor": Debtor(name=NAME, age=37)})
    return Negotiations(database, replace(house(folder, lm, cases=[person]), redact=redact))


def told(desk: Negotiations, found: str, text: str) -> MessageRow:
    desk.receive(found, text)
    desk.answer(found)
    return messages(desk)[-1]


def messages(desk: Negotiations) -> list[MessageRow]:
    with desk.database.reading() as session:
        return list(session.scalars(select(MessageRow).order_by(MessageRow.id)))


@pytest.mark.parametrize("what", CANARIES)
def test_it_is_hidden_and_comes_back_as_it_was_written(what):
    said, hides = f"You can write to me: {CANARIES[what]}, please.", redaction()
    hidden = hides.hidden(said)
    assert CANARIES[what].split(": ")[-1].removeprefix("born on ") not in hidden
    assert "[" in hidden
    shown = hides.shown(hidden)
    assert shown == said or (NAME in shown and "name" in what)


def test_one_thing_has_one_placeholder_however_it_is_written():
    hides = redaction()
    assert hides.hidden("138 1234 5678 or a@example.com") == "[PHONE A] or [EMAIL A]"
    assert hides.hidden("b@example.com, 13812345678, A@example.com") == "[EMAIL B], [PHONE A], [EMAIL A]"


@pytest.mark.parametrize(
    ("name", "text", "hidden"),
    [
        ("Wang Xiaoming", "I am Xiaoming WANG.", "I am [NAME]."),
        ("王小明", "我是王小明,小明没钱", "我是[NAME],[NAME]没钱"),
        ("José García", "Jose Garcia here; JOSÉ again", "[NAME] here; [NAME] again"),
        ("Anne-Marie O'Neill", "anne-marie o'neill", "[NAME]"),
        ("Will May", "I will pay in May.", "I will pay in May."),
        ("Will May", "Will May will pay.", "[NAME] will pay."),
        ("Li Na", "Linate airport, nail", "Linate airport, nail"),
        ("", "Nobody in particular", "Nobody in particular"),
    ],
)
def test_names_and_their_parts_but_not_the_words_they_are_also(name, text, hidden):
    assert redaction(name).hidden(text) == hidden


@pytest.mark.parametrize(
    ("currency", "text"),
    [
        ("USD", "call 202-555-0123"),
        ("USD", "my SSN is 536-90-4399 as you know"), ("GBP", "07911 123456"), ("GBP", "NI AB 12 34 56 C"),
        ("EUR", "0151 23456789"),
        ("EUR", "DNI 54362315K y nada"), ("EUR", "RSSMRA85T10A562S"), ("HKD", "call me on 61234567"),
        ("CNY", "1381234\u200b5678"), ("CNY", "１３８１２３４５６７８"), ("CNY", "born 31 December 1949"),
    ],
)  # fmt: skip
def test_formats_of_other_countries_and_of_other_keyboards(currency, text):
    assert "[" in redaction(currency=currency).hidden(text)


CURRENCIES = ("CNY", "USD", "EUR", "GBP", "HKD", "SGD", "DKK")
AMOUNT = st.integers(1, 10**9)
GROUPED = AMOUNT.map(lambda n: f"{n:,}")
FIGURES = st.one_of(
    st.tuples(st.sampled_from([*CURRENCIES, "$", "€", "£", "¥"]), GROUPED).map(" ".join),
    st.tuples(AMOUNT.map(str), st.sampled_from(["yuan", "euros", "dollars", "USD", "元"])).map(" ".join),
    st.decimals(1, 10**6, places=2).map(lambda d: f"CNY {d:,}"),
    GROUPED,
    st.integers(1, 10**7 - 1).map(str),
    st.integers(0, 100).map(lambda n: f"{n}%"),
    st.integers(1, 600).map(lambda n: f"{n} months"),
    st.integers(1, 365).map(lambda n: f"within {n} days"),
    st.tuples(AMOUNT, st.integers(2, 600)).map(lambda t: f"{t[0] % 10**7} per month for {t[1]} months"),
    st.dates().map(lambda d: d.isoformat()),
    st.dates().map(lambda d: f"{d:%d.%m.%Y}"),
    st.dates().map(lambda d: f"{d:%d/%m/%Y}"),
    st.dates().map(lambda d: f"{d:%B} {d.day}, {d:%Y}"),
)


@given(figures=st.lists(FIGURES, min_size=1, max_size=4), currency=st.sampled_from(CURRENCIES))
@example(figures=["CNY 12,345,678", "1500 per month for 24 months", "20% in 7 days"], currency="CNY")
@example(figures=["1862416"], currency="CNY")
@example(figures=["2026-12-01", "01.12.2026"], currency="HKD")
def test_figures_of_a_negotiation_survive(figures, currency):
    said = "I offer " + ", then ".join(figures) + "."
    assert redaction(currency=currency).hidden(said) == said


@given(st.text(max_size=200))
def test_any_text_is_hidden_and_shown_without_an_error(text):
    hides = redaction()
    once = hides.hidden(text)
    assert hides.hidden(text) == once
    hides.shown(once)


@pytest.mark.parametrize("text", ["1.1." * 500, "1-" * 1000, "AB12 " * 400, "4" * 2000, "@a" * 1000, "1 " * 1000])
def test_no_message_is_slow_to_hide(text):
    hides = redaction(currency="EUR")
    began = time.process_time()
    hides.hidden(text)
    assert time.process_time() - began < 1


def test_a_debtor_cannot_write_a_placeholder():
    assert redaction().hidden("I am [NAME], see [email a]") == "I am (NAME), see (email)"


def test_no_prompt_of_a_whole_negotiation_has_a_canary_and_the_offers_come_out_right(tmp_path):
    lm = desk_lm("Thank you, [NAME], we will write to [EMAIL A].")
    desk = service(tmp_path, lm)
    found = desk.start(CASE, asked_for=True)
    desk.answer(found)
    for number, what in enumerate(CANARIES):
        text = f"This is mine: {CANARIES[what]}. I can do {20 + number % 4} monthly instalments."
        if what == "first name alone":
            text += f" Write to {EMAIL}."
        answer = told(desk, found, text)
        if answer.sender != Sender.CREDITOR:
            found = _another(desk)
    debtors = [one for one in messages(desk) if one.sender == Sender.DEBTOR]
    assert len(debtors) == len(CANARIES)
    for canary in CANARIES.values():
        bare = canary.split(": ")[-1].removeprefix("born on ")
        assert not any(bare in prompt for prompt in lm.engine.prompts)
        assert any(bare in one.text and bare in one.turn["dialogue"] for one in debtors)  # the record has the words
    assert not any("37 years" in prompt or "xiaoming" in prompt.lower() for prompt in lm.engine.prompts)
    periods = [one.turn["move"]["terms"]["installment_periods"] for one in debtors]
    assert periods == [20 + number % 4 for number in range(len(CANARIES))]


def _another(desk: Negotiations) -> str:
    """The next negotiation; rounds are limited."""
    found = desk.start(CASE, asked_for=True)
    desk.answer(found)
    return found


def test_the_debtor_reads_the_own_name_and_address_where_the_model_wrote_placeholders(tmp_path):
    said = "Thank you, [NAME], we will write to [EMAIL A]. Call [PHONE Q]. Yours, [Company]."
    desk = service(tmp_path, desk_lm(said))
    found = desk.start(CASE, asked_for=True)
    desk.answer(found)
    answer = told(desk, found, f"Write to {EMAIL}. I can do 20 monthly instalments.")
    assert f"Thank you, {NAME}, we will write to {EMAIL}." in answer.text
    assert answer.turn["dialogue"] in answer.text
    assert "[" not in answer.text
    assert "Our offer is" in answer.text
    assert {one["rule"] for one in answer.findings} == {"placeholder"}


def test_after_a_restart_the_same_thing_has_the_same_placeholder(tmp_path):
    desk = service(tmp_path, desk_lm())
    found = desk.start(CASE, asked_for=True)
    desk.answer(found)
    told(desk, found, "Write to a@example.com. I can do 20 monthly instalments.")
    desk.receive(found, "Or to b@example.com or a@example.com. I can do 22 monthly instalments.")
    again = desk_lm()
    service(tmp_path, again).answer(found)
    assert any("Or to [EMAIL B] or [EMAIL A]." in prompt for prompt in again.engine.prompts)
    assert any("Write to [EMAIL A]." in prompt for prompt in again.engine.prompts)


def test_a_number_that_the_length_limit_would_cut_is_hidden_whole(tmp_path):
    lm = desk_lm()
    desk = service(tmp_path, lm)
    found = desk.start(CASE, asked_for=True)
    desk.answer(found)
    told(desk, found, f"20 monthly instalments. {'Well. ' * 94}My card: 4111 1111 1111 1111")
    assert not any("4111" in prompt for prompt in lm.engine.prompts)


def test_without_redaction_the_words_go_as_they_are(tmp_path):
    lm = desk_lm()
    desk = service(tmp_path, lm, redact=False)
    found = desk.start(CASE, asked_for=True)
    desk.answer(found)
    told(desk, found, f"I am {NAME}, {EMAIL}. 20 monthly instalments.")
    assert any(EMAIL in prompt and NAME in prompt for prompt in lm.engine.prompts)


def test_a_model_in_this_process_is_not_outside():
    assert [outside(lm) for lm in ("local", "local:m.gguf", "openai/gpt-4o-mini", "ollama/llama3")] == [
        False, False, True, True,
    ]  # fmt: skip


def test_the_negotiation_still_ends_with_a_plan(tmp_path):
    desk = service(tmp_path, desk_lm())
    found = desk.start(CASE, asked_for=True)
    desk.answer(found)
    told(desk, found, f"I, {NAME}, accept.")
    with desk.database.reading() as session:
        assert session.get_one(NegotiationRow, found).status == Status.CONFIRMING
