"""What was understood: said back, shown as something to correct, and confirmed before it ends or binds anything."""

from __future__ import annotations

import pytest

from app.conversation import answering, receiving
from app.database.stored_rows import NotNow
from app.database.tables import Sender, Status
from data.domain import Speaker, Turn, standing_terms
from tests.app.conversation.test_negotiations import begun, row, said, told
from tests.app.desk import desk

LEAVING = ["I am done for today, goodbye.", "Eso es todo, goodbye.", "今天就到这里, goodbye"]


@pytest.mark.parametrize("text", LEAVING)
@pytest.mark.parametrize("yes", ["Yes.", "Sí, por favor", "是的，再见", "goodbye then"])
def test_leaving_on_a_models_word_is_asked_about_and_ends_only_once_confirmed(tmp_path, text, yes):
    service = desk(tmp_path)
    found = begun(service)
    assert told(service, found, text).text == answering.LEAVE
    assert row(service, found).status == Status.OPEN
    assert told(service, found, yes).text == answering.LEFT
    assert row(service, found).status == Status.DECLINED


@pytest.mark.parametrize("no", ["No.", "no, sigamos", "不，继续", "What about 20 monthly instalments?"])
def test_who_does_not_leave_goes_on(tmp_path, no):
    service = desk(tmp_path)
    found = begun(service)
    told(service, found, "Goodbye.")
    assert told(service, found, no).sender == Sender.CREDITOR
    assert (row(service, found).status, row(service, found).asked) == (Status.OPEN, None)
    told(service, found, "Yes.")  # answers no question any more
    assert row(service, found).status == Status.OPEN


def test_the_buttons_leave_and_stay(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    told(service, found, "Goodbye.")
    service.reconsider(found)
    told(service, found, "Yes.")
    assert row(service, found).status == Status.OPEN
    told(service, found, "Goodbye.")
    service.decline(found)
    assert row(service, found).status == Status.DECLINED


@pytest.mark.parametrize("text", ["20 monthly instalments?", "¿20 months?", "我要20 months"])
def test_an_offer_is_said_back_before_the_answer_and_kept_with_the_message(tmp_path, text):
    service = desk(tmp_path)
    found = begun(service)
    answer = told(service, found, text)
    message = said(service, found)[-2]
    assert "20 monthly instalments" in message.understood
    assert answer.text.startswith(message.understood)
    assert "You offer" in message.understood or "you offer" in message.understood
    assert "understood" not in answer.turn["dialogue"]  # the program did not say that


def test_words_without_terms_are_not_said_back(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    assert "nderstood" not in told(service, found, "This is hard for me.").text


def test_what_was_not_meant_is_taken_back_and_counts_no_more(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    told(service, found, "20 monthly instalments?")
    with pytest.raises(NotNow, match="nothing in this message"):
        service.correct(found, 1)
    service.correct(found, 2)
    message = said(service, found)[1]
    assert (message.understood, said(service, found)[-1].text) == (receiving.TAKEN_BACK, receiving.ASKED_ANEW)
    assert message.text == "20 monthly instalments?"
    turns = [Turn.model_validate(one.turn) for one in said(service, found) if one.turn]
    assert standing_terms(turns, Speaker.DEBTOR) is None
    with pytest.raises(NotNow):
        service.correct(found, 2)
    assert told(service, found, "24 monthly instalments.").sender == Sender.CREDITOR


def test_a_plan_from_what_was_not_meant_is_void(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    told(service, found, "20 monthly instalments?")
    service.accept_offer(found)
    service.correct(found, 2)
    assert (row(service, found).status, row(service, found).pending) == (Status.OPEN, None)
