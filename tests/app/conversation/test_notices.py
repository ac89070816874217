"""Every message to a debtor carries what the rules of conduct ask for, whoever writes it and however it begins."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.conversation import negotiations, takeover
from app.conversation.negotiations import Negotiations
from app.conversation.work import answering_turns
from app.database.stored_rows import NotNow
from app.database.tables import MessageRow, Sender
from tests.app.conversation.test_negotiations import said, told
from tests.app.desk import CASE, desk, desk_answer, desk_lm
from tests.scripted import scripted_lm

INITIAL = "This is an attempt to collect a debt"
COLLECTOR = "(This message is from a debt collector. To stop messages here, reply STOP.)"


def begun(service: Negotiations) -> str:
    found = service.start(CASE, asked_for=True)
    service.answer(found)
    return found


def sent(service: Negotiations, found: str) -> list[MessageRow]:
    return [one for one in said(service, found) if one.sender != Sender.DEBTOR]


def test_service_texts_carry_the_collectors_notice(tmp_path):
    service = desk(tmp_path, profile="us-reg-f")
    found = begun(service)
    for text in ("asdf", "Goodbye.", "no", "I can do 20 monthly instalments", "I have a lawyer, write to him"):
        told(service, found, text)
    takeover.take_over(service.database, found, "olga")
    takeover.write(service.database, found, "olga", "I will call your lawyer.", service.house.profile)
    messages = sent(service, found)
    assert {one.sender for one in messages} == {Sender.SERVICE, Sender.CREDITOR, Sender.OPERATOR}
    assert all(one.text.count(COLLECTOR) == 1 for one in messages), [one.text for one in messages]
    assert [INITIAL in one.text for one in messages] == [True] + [False] * (len(messages) - 1)


def test_after_an_early_hand_over_the_initial_notice_appears(tmp_path):
    broken = scripted_lm(lambda prompt: {"nothing": "usable"})
    service = desk(tmp_path, broken, profile="us-reg-f")
    found = begun(service)
    assert [one.sender for one in sent(service, found)] == [Sender.SERVICE]
    assert INITIAL in sent(service, found)[0].text
    assert "automated assistant" in sent(service, found)[0].text


def test_an_operator_who_writes_first_gives_the_notice_but_is_no_machine(tmp_path):
    service = desk(tmp_path, profile="us-reg-f")
    found = service.start(CASE, asked_for=True)
    takeover.take_over(service.database, found, "olga")
    takeover.write(service.database, found, "olga", "I am looking at your case.", service.house.profile)
    (message,) = sent(service, found)
    assert INITIAL in message.text
    assert COLLECTOR in message.text
    assert "automated assistant" not in message.text


def test_words_to_somebody_in_danger_begin_with_no_notice(tmp_path):
    service = desk(tmp_path, profile="us-reg-f")
    found = begun(service)
    told(service, found, "I want to kill myself")
    assert sent(service, found)[-1].text.startswith("What you write matters more than any debt")


def clock(monkeypatch, hour: int) -> None:
    for module in (negotiations, answering_turns):
        monkeypatch.setattr(module, "now", lambda: datetime(2026, 11, 23, hour, 30, tzinfo=UTC))


def test_an_opening_that_an_outage_delayed_waits_for_the_morning(tmp_path, monkeypatch):
    service = desk(tmp_path)
    clock(monkeypatch, 20)
    found = service.start(CASE, "Europe/London")
    clock(monkeypatch, 23)
    assert not service.answer(found)
    assert said(service, found) == []
    clock(monkeypatch, 9)
    assert service.answer(found)
    assert [one.sender for one in said(service, found)] == [Sender.CREDITOR]


def test_an_opening_that_took_too_long_to_think_of_is_not_sent(tmp_path, monkeypatch):
    def slow(prompt: str) -> object:
        clock(monkeypatch, 23)
        return desk_answer("Let us find a plan.")(prompt)

    clock(monkeypatch, 20)
    service = desk(tmp_path, scripted_lm(slow))
    found = service.start(CASE, "Europe/London")
    service.answer(found)
    assert said(service, found) == []
    clock(monkeypatch, 9)
    monkeypatch.setattr("tests.app.conversation.test_notices.clock", lambda *_: None)
    assert service.answer(found)
    assert len(said(service, found)) == 1


def test_who_asked_to_be_written_to_is_answered_at_any_hour(tmp_path, monkeypatch):
    service = desk(tmp_path)
    clock(monkeypatch, 23)
    found = service.start(CASE, "Europe/London", asked_for=True)
    assert service.answer(found)
    assert len(said(service, found)) == 1


def test_without_a_time_zone_it_is_time_only_where_it_is_everywhere(tmp_path, monkeypatch):
    service = desk(tmp_path, profile="us-reg-f")
    clock(monkeypatch, 8)  # half past midnight in Los Angeles
    with pytest.raises(NotNow, match="is outside 08:00 to 21:00"):
        service.start(CASE)
    clock(monkeypatch, 22)
    found = service.start(CASE)
    assert service.answer(found)


def test_a_message_that_grows_when_it_is_read_is_as_long_as_it_is_read(tmp_path):
    service = desk(tmp_path, desk_lm())
    found = begun(service)
    with pytest.raises(NotNow, match="the message has 3600 characters"):
        service.receive(found, "\ufdfa" * 200)
    assert service.receive(found, "½" * 200)
