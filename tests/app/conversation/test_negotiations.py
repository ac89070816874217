from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import dspy
import pytest
from sqlalchemy import select

from app.conversation import answering, leases, negotiations
from app.conversation.negotiations import Negotiations
from app.conversation.plans.repayment_plan import Plan
from app.conversation.work import blame
from app.database import audit_log as audit
from app.database.stored_rows import NotNow, NotThere, row_of
from app.database.tables import AuditRow, MessageRow, NegotiationRow, Sender, Status, now
from plumbing.errors import UserError
from programs.table.failures import InfrastructureFailure
from tests.app.databases import stored_bytes
from tests.app.desk import CASE, desk, desk_lm
from tests.scripted import scripted_lm


def row(service: Negotiations, negotiation_id: str) -> NegotiationRow:
    with service.database.reading() as session:
        return session.get_one(NegotiationRow, negotiation_id)


def said(service: Negotiations, negotiation_id: str) -> list[MessageRow]:
    with service.database.reading() as session:
        return list(session.scalars(select(MessageRow).order_by(MessageRow.position)))


def begun(service: Negotiations) -> str:
    found = service.start(CASE, asked_for=True)
    service.answer(found)
    return found


def told(service: Negotiations, negotiation_id: str, text: str, key: str | None = None) -> MessageRow:
    """The answer to `text`."""
    service.receive(negotiation_id, text, key)
    service.answer(negotiation_id)
    return said(service, negotiation_id)[-1]


def test_the_creditor_opens_with_the_notice_and_an_offer(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    (opening,) = said(service, found)
    assert opening.sender == Sender.CREDITOR
    assert "automated assistant" in opening.text
    assert "Our offer is" in opening.text
    assert "automated assistant" not in opening.turn["dialogue"]
    assert row(service, found).memory["ladder"]


def test_a_debtor_negotiates_to_a_plan_that_binds_only_once_it_is_confirmed(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    answer = told(service, found, "I could manage 20 monthly instalments.")
    assert answer.sender == Sender.CREDITOR
    assert told(service, found, "All right, I accept.").text == answering.CONFIRM
    waiting = row(service, found)
    assert (waiting.status, waiting.agreed) == (Status.CONFIRMING, None)
    plan = Plan.model_validate(waiting.pending)
    assert sum(payment.amount_minor for payment in plan.payments) == plan.total_minor
    assert plan.total_minor + plan.forgiven_minor == plan.outstanding_minor
    with pytest.raises(NotNow, match="the plan has changed"):
        service.confirm(found, "another")
    assert service.confirm(found, plan.id) == service.confirm(found, plan.id) == plan
    assert row(service, found).status == Status.AGREED
    assert sum("Agreed:" in one.text for one in said(service, found)) == 1
    with pytest.raises(NotNow, match="has ended"):
        service.receive(found, "And now?")


def test_whoever_writes_on_instead_of_confirming_has_agreed_to_nothing(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    told(service, found, "I accept.")
    told(service, found, "Wait, rather 24 monthly instalments.")
    assert (row(service, found).status, row(service, found).pending) == (Status.OPEN, None)
    with pytest.raises(NotNow, match="no plan that waits"):
        service.confirm(found, "0" * 16)


def test_what_is_ambiguous_is_asked_back_and_is_no_turn(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    answer = told(service, found, "Make it 12 monthly instalments or 18 monthly instalments.")
    assert answer.sender == Sender.SERVICE
    assert "'12 monthly instalments' or '18 monthly instalments'" in answer.text
    assert [one.turn is not None for one in said(service, found)] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("I would rather be dead than go on like this.", Status.WITH_A_PERSON),
        ("Stop writing to me!", Status.STOPPED),
        ("I never borrowed this money.", Status.WITH_A_PERSON),
        ("I want to talk to a real person.", Status.WITH_A_PERSON),
    ],
)
def test_signals_end_the_programs_part_before_any_model_is_asked(tmp_path, text, status):
    lm = desk_lm()
    service = desk(tmp_path, lm)
    found = begun(service)
    asked = len(lm.engine.requests)
    answer = told(service, found, text)
    assert row(service, found).status == status
    assert answer.sender == Sender.SERVICE
    assert len(lm.engine.requests) == asked
    assert said(service, found)[-2].findings[0]["source"]
    assert not service.answer(found)


def test_a_message_sent_twice_is_one_message(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    first = service.receive(found, "20 monthly instalments?", "key-1")
    assert service.receive(found, "20 monthly instalments?", "key-1") == first
    service.answer(found)
    assert service.receive(found, "20 monthly instalments?", "key-1") == first
    assert len(said(service, found)) == 3


def test_two_tabs_at_once_lose_nothing_and_answer_each_message_once(tmp_path):
    service = desk(tmp_path, desk_lm(latency_s=0.02))
    found = begun(service)

    def tab(number: int) -> None:
        for turn in range(3):
            service.receive(found, f"{20 + number} monthly instalments, please ({turn})", f"{number}-{turn}")
            service.answer(found)

    tabs = [threading.Thread(target=tab, args=(number,)) for number in range(4)]
    for one in tabs:
        one.start()
    for one in tabs:
        one.join()
    while service.answer(found):
        pass
    messages = said(service, found)
    assert [one.position for one in messages] == list(range(1, len(messages) + 1))
    assert sum(one.sender == Sender.DEBTOR for one in messages) == 12
    assert row(service, found).status in (Status.OPEN, Status.EXHAUSTED, Status.CONFIRMING)
    assert all(one.answered for one in messages) or row(service, found).status == Status.EXHAUSTED


def test_another_process_goes_on_where_this_one_was_as_if_it_had_never_stopped(tmp_path):
    talk = ["20 monthly instalments?", "My position is 22 monthly instalments.", "Then 21 monthly instalments."]
    (tmp_path / "one").mkdir()
    (tmp_path / "many").mkdir()
    one = desk(tmp_path / "one")
    whole = begun(one)
    for text in talk:
        told(one, whole, text)
    many = desk(tmp_path / "many")
    found = begun(many)
    for text in talk:
        many.receive(found, text)
        many.database.close()
        many = desk(tmp_path / "many")  # a new process: nothing but the database is left
        assert many.waiting() == [found]
        many.answer(found)
    assert [m.text for m in said(many, found)] == [m.text for m in said(one, whole)]
    assert row(many, found).memory == row(one, whole).memory


def test_a_message_is_stored_before_it_is_answered_and_answered_when_the_model_is_back(tmp_path, monkeypatch):
    monkeypatch.setattr(blame, "PAUSE_S", 0.0)
    down = [None, None, *[dspy.lm15.ServerError("down")] * 20]
    service = desk(tmp_path, desk_lm(failures=down))
    found = begun(service)
    service.receive(found, "20 monthly instalments?")
    with pytest.raises(InfrastructureFailure):
        service.answer(found)
    assert [one.answered for one in said(service, found)] == [True, False]
    assert service.waiting() == [found]
    again = desk(tmp_path)
    assert again.answer(found)
    assert [one.answered for one in said(again, found)] == [True, True, True]


def test_one_process_answers_at_a_time_and_a_dead_ones_lease_runs_out(tmp_path, monkeypatch):
    service = desk(tmp_path)
    found = begun(service)
    service.receive(found, "20 monthly instalments?")
    other = desk(tmp_path)
    assert other.database.transaction(lambda session: other.turns.leases.take(row_of(session, found)))
    assert not service.answer(found)
    monkeypatch.setattr(leases, "now", lambda: now() + timedelta(seconds=leases.LEASE_S + 1))
    assert service.answer(found)


def test_a_confirmation_or_a_person_asked_for_while_the_program_thinks_wins(tmp_path):
    service = desk(tmp_path, desk_lm(latency_s=0.1))
    found = begun(service)
    service.receive(found, "20 monthly instalments?")
    thinking = threading.Thread(target=service.answer, args=(found,))
    thinking.start()
    service.ask_for_a_person(found)
    thinking.join()
    assert row(service, found).status == Status.WITH_A_PERSON
    assert said(service, found)[-1].text == answering.HANDED_OVER
    assert sum(one.sender == Sender.CREDITOR for one in said(service, found)) == 1


def test_words_that_may_not_leave_hand_over(tmp_path):
    service = desk(tmp_path, desk_lm("Tell me your password."))
    found = begun(service)
    assert row(service, found).status == Status.WITH_A_PERSON
    (message,) = said(service, found)
    assert "password" not in message.text
    assert message.findings[0]["rule"] == "asks_for_secrets"


def test_rounds_that_are_used_up_end_with_a_person(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    for number in range(12):
        if row(service, found).status == Status.OPEN:
            told(service, found, f"I can only say it again, this is hard for me ({number}).")
    assert row(service, found).status == Status.EXHAUSTED
    assert said(service, found)[-1].text == answering.ROUNDS_USED_UP


def test_leaving_and_declining_end_it_and_void_what_waited(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    told(service, found, "I accept.")
    service.decline(found)
    assert (row(service, found).status, row(service, found).pending) == (Status.DECLINED, None)
    with pytest.raises(NotNow, match="has ended"):
        service.receive(found, "Hello?")


def test_who_says_goodbye_is_told_how_it_ends_and_an_operator_cannot_reopen_a_stopped_one(tmp_path):
    service = desk(tmp_path)
    assert told(service, found := begun(service), "Goodbye.").text == answering.LEAVE
    assert row(service, found).status == Status.OPEN
    assert told(service, found, "Yes.").text == answering.LEFT
    assert row(service, found).status == Status.DECLINED
    told(service, other := begun(service), "Stop writing to me.")
    service.decline(other, "olga")
    assert row(service, other).status == Status.STOPPED


def test_nobody_is_written_to_at_night_unless_they_ask(tmp_path, monkeypatch):
    service = desk(tmp_path)
    monkeypatch.setattr(negotiations, "now", lambda: datetime(2026, 11, 23, 3, tzinfo=UTC))
    with pytest.raises(NotNow, match=r"Monday 03:00 in UTC is outside 08:00 to 21:00"):
        service.start(CASE, "UTC")
    assert service.start(CASE, "Asia/Shanghai")  # eleven in the morning there
    assert service.start(CASE, "UTC", asked_for=True)


@pytest.mark.parametrize("text", ["", "   ", "x" * 2001])
def test_a_message_must_be_one(tmp_path, text):
    service = desk(tmp_path)
    with pytest.raises(NotNow):
        service.receive(begun(service), text)


def test_what_is_not_there_is_told(tmp_path):
    service = desk(tmp_path)
    for call in (lambda: service.receive("x", "y"), lambda: service.confirm("x", "y"), lambda: service.answer("x")):
        with pytest.raises(NotThere):
            call()
    with pytest.raises(UserError):
        service.start("nobody", asked_for=True)
    with pytest.raises(UserError, match="no time zone"):
        service.start(CASE, "Mars/Olympus", asked_for=True)


def test_the_database_holds_no_finances(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    told(service, found, "20 monthly instalments?")
    private = service.house.book.case(CASE).finances
    everything = stored_bytes(service.database, tmp_path)
    assert b"monthly instalments" in everything
    for amount in (private.monthly_income, private.monthly_expenses, private.assets):
        assert str(amount).encode() not in everything


def test_dspy_keeps_nothing_of_what_was_said(tmp_path):
    lm = desk_lm()
    service = desk(tmp_path, lm)
    found = begun(service)
    told(service, found, "20 monthly instalments?")
    assert lm.engine.prompts
    assert (lm.history, dspy.settings.trace) == ([], [])


def test_a_tampered_audit_log_is_detected(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    told(service, found, "20 monthly instalments?")
    service.ask_for_a_person(found)
    with service.database.reading() as session:
        whole = audit.verify(session)
    assert whole.broken_at is None
    assert whole.entries == 5  # started, answered, wrote, answered, asked for a person

    def change(session):
        session.get_one(AuditRow, 3).actor = "nobody"

    service.database.transaction(change)
    with service.database.reading() as session:
        assert audit.verify(session).broken_at == 3
    service.database.transaction(lambda session: setattr(session.get_one(AuditRow, 3), "actor", "debtor"))
    service.database.transaction(lambda session: session.delete(session.get_one(AuditRow, 2)))
    with service.database.reading() as session:
        assert audit.verify(session).broken_at == 3


def test_a_model_that_says_nothing_usable_at_the_opening_hands_over(tmp_path):
    service = desk(tmp_path, scripted_lm(lambda prompt: "no JSON"))
    assert row(service, begun(service)).status == Status.WITH_A_PERSON
