"""Buttons against an answer in the making, keys that come twice, and what was ended."""

from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra app")

from app.conversation import takeover as operating
from app.conversation.negotiations import Negotiations
from app.database.stored_rows import NotNow, messages_of, row_of
from app.database.tables import MessageRow, NegotiationRow, Sender, Status
from plumbing.errors import UserError
from tests.app.desk import CASE, desk, desk_answer
from tests.scripted import scripted_lm

OFFER = "20 monthly instalments?"


class Thinking:
    """A service; `meanwhile` is called once while the model thinks about the next message."""

    def __init__(self, folder) -> None:
        self.meanwhile = None
        usual = desk_answer("Let us find a plan.")

        def answer(prompt: str):
            if self.meanwhile is not None:
                act, self.meanwhile = self.meanwhile, None
                act()
            return usual(prompt)

        self.service = desk(folder, scripted_lm(answer))
        self.found = self.service.start(CASE, asked_for=True)
        self.service.answer(self.found)

    def answer(self, meanwhile) -> None:
        self.meanwhile = meanwhile
        self.service.answer(self.found)
        assert self.meanwhile is None

    @property
    def row(self) -> NegotiationRow:
        with self.service.database.reading() as session:
            return row_of(session, self.found)

    @property
    def said(self) -> list[MessageRow]:
        with self.service.database.reading() as session:
            return messages_of(session, self.found)


@pytest.fixture
def thinking(tmp_path) -> Thinking:
    return Thinking(tmp_path)


def accept(thinking: Thinking) -> None:
    thinking.service.accept_offer(thinking.found)


def test_an_accept_that_is_pressed_is_not_undone_by_an_answer_in_progress(thinking):
    thinking.service.receive(thinking.found, OFFER)
    thinking.answer(lambda: accept(thinking))
    row = thinking.row
    assert row.status == Status.CONFIRMING
    assert [one.sender for one in thinking.said] == [Sender.CREDITOR, Sender.DEBTOR]
    plan = thinking.service.accept_offer(thinking.found)
    assert thinking.service.confirm(thinking.found, plan.id) == plan


def test_nor_is_one_that_is_pressed_again(thinking):
    accept(thinking)
    thinking.service.receive(thinking.found, OFFER)
    thinking.answer(lambda: accept(thinking))
    assert thinking.row.status == Status.CONFIRMING
    assert thinking.row.pending


def test_what_was_written_before_accept_is_answered_after_not_yet(thinking):
    thinking.service.receive(thinking.found, OFFER)
    accept(thinking)
    assert thinking.service.waiting() == []
    thinking.service.reconsider(thinking.found)
    assert thinking.service.waiting() == [thinking.found]
    thinking.service.answer(thinking.found)
    assert [one.sender for one in thinking.said] == [Sender.CREDITOR, Sender.DEBTOR, Sender.CREDITOR]


def test_who_writes_on_after_accept_has_agreed_to_nothing(thinking):
    accept(thinking)
    thinking.service.receive(thinking.found, OFFER)
    thinking.service.answer(thinking.found)
    assert (thinking.row.status, thinking.row.pending) == (Status.OPEN, None)


def test_what_has_to_be_asked_first_is_asked_although_accept_is_pressed(thinking, weak):
    thinking.service.receive(thinking.found, "I never borrowed this money, perhaps.")
    accept(thinking)
    assert thinking.service.waiting() == [thinking.found]
    thinking.service.answer(thinking.found)
    assert thinking.row.status != Status.CONFIRMING


def test_a_key_with_another_text_is_refused_and_drops_nothing(thinking):
    service, found = thinking.service, thinking.found
    first = service.receive(found, OFFER, "key")
    assert service.receive(found, f" {OFFER} ", "key") == first
    with pytest.raises(UserError, match="Idempotency-Key"):
        service.receive(found, "22 monthly instalments?", "key")
    assert service.receive(found, "22 monthly instalments?", "other") == first + 1


def test_a_refused_key_is_told_over_http(house):
    _, token = house.begin()
    house.settled(token)
    key = {"Idempotency-Key": "one"}
    assert house.debtor(token, "POST", "/messages", json={"text": OFFER}, headers=key).status_code == 202
    answer = house.debtor(token, "POST", "/messages", json={"text": "Another text."}, headers=key)
    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.json()["detail"]


@pytest.mark.parametrize("how", ["declined", "stopped"])
def test_what_a_debtor_has_ended_stays_ended_though_an_operator_takes_over(thinking, how):
    service: Negotiations = thinking.service
    if how == "declined":
        service.decline(thinking.found)
    else:
        service.receive(thinking.found, "Stop writing to me!")
    operating.take_over(service.database, thinking.found, "olga")
    assert thinking.row.status == how
    with pytest.raises(NotNow, match="cannot be handed back"):
        operating.hand_back(service.database, thinking.found, "olga", "a reason")
    operating.write(service.database, thinking.found, "olga", "As you wish.")
    assert thinking.row.status == how
    assert service.waiting() == []
