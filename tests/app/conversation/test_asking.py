"""Signals that are not sure are asked about; limits of contact are written down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.conversation import answering, receiving
from app.database.stored_rows import NotNow
from app.database.tables import Sender, Status
from data.messages.labels import SignalKind
from programs.reader.readers import hear
from programs.reader.understood import ReadSignal
from tests.app.conversation.test_negotiations import begun, row, said, told
from tests.app.conversation.test_signals import DISTRESSED, STOP, STOPS, findings
from tests.app.desk import CASE, desk

UNSURE = [f"perhaps {one}" for one in STOPS]


@pytest.mark.parametrize(("text", "no"), list(zip(UNSURE, ["No.", "no", "不是"], strict=True)))
def test_a_weak_finding_is_asked_about_and_a_no_goes_on_for_good(tmp_path, weak, text, no):
    service = desk(tmp_path)
    found = begun(service)
    question = told(service, found, text)
    assert question.text == f"{answering.NOT_SURE} {STOP.question}"
    assert row(service, found).status == Status.OPEN
    assert findings(service) == []
    assert told(service, found, no).sender == Sender.CREDITOR
    assert told(service, found, text).sender == Sender.CREDITOR  # it is not asked again


@pytest.mark.parametrize(("text", "yes"), list(zip(UNSURE, ["Yes please.", "sí", "是的"], strict=True)))
def test_a_yes_makes_a_weak_finding_sure(tmp_path, weak, text, yes):
    service = desk(tmp_path)
    found = begun(service)
    told(service, found, text)
    told(service, found, yes)
    assert row(service, found).status == Status.STOPPED
    assert [one.rule for one in findings(service)] == ["stop_request"]
    with pytest.raises(NotNow):
        service.start(CASE, asked_for=True)


def test_who_says_neither_yes_nor_no_twice_gets_a_person(tmp_path, weak):
    service = desk(tmp_path)
    found = begun(service)
    told(service, found, "perhaps stop writing to me")
    assert told(service, found, "perhaps stop writing to me, really").text == receiving.HANDED_OVER
    assert row(service, found).status == Status.WITH_A_PERSON
    assert [one.rule for one in findings(service)] == ["stop_request"]


@pytest.mark.parametrize("text", [f"perhaps {one}" for one in DISTRESSED])
def test_where_a_life_may_be_in_danger_nobody_asks_whether_it_was_meant(tmp_path, weak, text):
    service = desk(tmp_path)
    found = begun(service)
    service.receive(found, text)
    assert row(service, found).status == Status.WITH_A_PERSON
    assert "emergency number" in said(service, found)[-1].text


def test_a_model_takes_nothing_back_and_what_it_alone_notices_is_asked_about(tmp_path, monkeypatch):
    service = desk(tmp_path)
    found = begun(service)
    original = answering.Answers._understood
    kinds = []

    def noticing(self, text, table, debt, today):
        meant = original(self, text, table, debt, today)
        object.__setattr__(meant, "signals", tuple(kinds))
        return meant

    monkeypatch.setattr(answering.Answers, "_understood", noticing)
    kinds[:] = [ReadSignal(SignalKind.DISPUTE, "not mine I think", sure=False)]
    answer = told(service, found, "hm, 20 monthly instalments of what")
    assert answer.text.startswith(answering.NOT_SURE)
    (finding,) = said(service, found)[-2].findings
    assert (finding["rule"], finding["found_by"], finding["sure"]) == ("dispute", ["reader"], False)
    kinds[:] = [ReadSignal(SignalKind.DISTRESS, "tired of all", sure=False)]
    told(service, found, "so tired of all of it")
    assert row(service, found).status == Status.WITH_A_PERSON
    assert findings(service)[0].rule == "distress"


# --- limits of contact


@pytest.mark.parametrize("text", ["Don't text me after 8pm.", "No me llamen al trabajo.", "请不要在上班时间打电话"])
@pytest.mark.parametrize("profile", ["neutral", "us-reg-f", "uk-conc"])
def test_a_limit_of_contact_is_written_down_and_silences_nobody(tmp_path, text, profile):
    service = desk(tmp_path, profile=profile)
    found = begun(service)
    answer = told(service, found, text)
    assert (row(service, found).status, answer.sender) == (Status.OPEN, Sender.CREDITOR)
    assert "written down" in said(service, found)[-2].text
    assert [(one.rule, one.silences) for one in findings(service)] == [("contact_limit", False)]
    assert service.start(CASE, asked_for=True)


@pytest.mark.parametrize("text", ["Only by letter, please.", "Sólo por carta, por favor.", "只用信件联系我"])
def test_who_is_to_be_reached_in_another_way_is_not_written_to_here(tmp_path, text):
    service = desk(tmp_path)
    found = begun(service)
    service.receive(found, text)
    assert row(service, found).status == Status.WITH_A_PERSON
    with pytest.raises(NotNow):
        service.start(CASE, asked_for=True)


@pytest.mark.parametrize("text", UNSURE)
@pytest.mark.parametrize(("sure", "status"), [(True, Status.STOPPED), (False, Status.OPEN)])
def test_a_reader_makes_a_doubt_sure_by_its_weight_alone(tmp_path, weak, monkeypatch, text, sure, status):
    """Its word was weighed with the classifier's score; that both doubt is one doubt."""
    service = desk(tmp_path)
    found = begun(service)
    monkeypatch.setattr(
        answering,
        "hear",
        lambda *asked: replace(hear(*asked), signals=(ReadSignal(SignalKind.STOP, text, sure=sure),)),
    )
    told(service, found, text)
    assert row(service, found).status == status
    if sure:
        assert said(service, found)[1].findings[0]["found_by"] == ["classifier", "reader"]
