"""Signals in the service: obeyed when they come, in every status, for the whole case, until an operator lifts them."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from app.conduct.profile import load_profile
from app.conduct.signals import Noticed, noticed
from app.conversation import answering, takeover
from app.conversation.negotiations import Negotiations
from app.database import audit_log as audit
from app.database import case_findings
from app.database.stored_rows import NotNow
from app.database.tables import AuditRow, CaseFindingRow, Sender, Status
from app.privacy import retention
from plumbing.errors import UserError
from tests.app.conversation.test_negotiations import begun, row, said, told
from tests.app.desk import CASE, desk, desk_lm

STOPS = ["Stop contacting me.", "Dejen de escribirme.", "不要再联系我"]
DISTRESSED = ["I want to end my life.", "Ya no quiero vivir.", "我不想活了"]
DISPUTES = ["I never borrowed this money.", "Esta deuda no es mía.", "我从来没借过这笔钱"]
STOP = next(one for one in load_profile().signals if one.id == "stop_request")
BINDING = [
    *STOPS,
    *DISPUTES,
    "My lawyer handles this.", "Mi abogado lleva esto.", "请找我的律师",
    "My husband passed away.", "Mi esposo falleció en mayo.", "我丈夫已经去世",
    "You have the wrong number.", "Número equivocado.", "你们找错人了",
    "I filed for bankruptcy.", "Me declaré en bancarrota.", "我已经申请破产",
    "I am a minor.", "Soy menor de edad.", "我未成年",
]  # fmt: skip


def findings(service: Negotiations) -> list[CaseFindingRow]:
    with service.database.reading() as session:
        return case_findings.of_case(session, CASE)


def audited(service: Negotiations, action: str) -> list[AuditRow]:
    with service.database.reading() as session:
        assert audit.verify(session).broken_at is None
        return list(session.scalars(select(AuditRow).where(AuditRow.action == action)))


def lifted(service: Negotiations) -> None:
    for one in findings(service):
        if one.lifted is None:
            case_findings.lift(service.database, one.id, "olga", "spoke with them")


# --- looked for when a message comes, in every status


@pytest.mark.parametrize("text", [*STOPS, *DISTRESSED])
def test_with_a_person_in_charge_a_signal_is_found_at_once_and_nothing_is_handed_back_over_it(tmp_path, text):
    service = desk(tmp_path)
    found = begun(service)
    takeover.take_over(service.database, found, "olga")
    service.receive(found, text)
    assert next(one for one in said(service, found) if one.text == text).findings[0]["action"] in ("stop", "hand_over")
    (entry,) = audited(service, "noticed")
    assert entry.negotiation_id == found
    with pytest.raises(NotNow, match=r"is open: .*; lift it with a reason"):
        takeover.hand_back(service.database, found, "olga")
    assert row(service, found).operator is not None
    with pytest.raises(UserError, match="write why"):
        takeover.hand_back(service.database, found, "olga", "x")
    takeover.hand_back(service.database, found, "olga", "they asked to go on, by telephone")
    assert row(service, found).status == Status.OPEN
    assert [one.lifted_by for one in findings(service)] == ["olga"]


@pytest.mark.parametrize("text", [*STOPS, *DISPUTES])
def test_a_signal_is_obeyed_before_anybody_answers(tmp_path, text):
    lm = desk_lm()
    service = desk(tmp_path, lm)
    found = begun(service)
    asked = len(lm.engine.requests)
    service.receive(found, text)
    assert row(service, found).status in (Status.STOPPED, Status.WITH_A_PERSON)
    assert said(service, found)[-1].sender == Sender.SERVICE
    assert not service.answer(found)
    assert len(lm.engine.requests) == asked


@pytest.mark.parametrize("text", DISTRESSED)
def test_who_is_in_danger_is_heard_after_the_end_too_and_may_go_on_writing(tmp_path, text):
    service = desk(tmp_path)
    found = begun(service)
    service.decline(found)
    service.receive(found, text)
    assert "emergency number" in said(service, found)[-1].text
    assert (row(service, found).status, findings(service)[0].rule) == (Status.DECLINED, "distress")
    with pytest.raises(NotNow):
        service.receive(found, "Hello?")


@pytest.mark.parametrize(
    "text", ["Stop writing to me, I want to die.", "Dejen de escribirme, quiero morir.", "别再联系我，我不想活了"]
)
def test_danger_comes_first_and_leaves_the_door_open_though_the_stop_is_kept(tmp_path, text):
    service = desk(tmp_path)
    found = begun(service)
    service.receive(found, text)
    assert row(service, found).status == Status.WITH_A_PERSON
    assert "emergency number" in said(service, found)[-1].text
    assert {one.rule for one in findings(service)} == {"distress", "stop_request"}
    service.receive(found, "Are you still there?")


def test_an_agreed_plan_stays_agreed_and_a_person_is_asked_for(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    told(service, found, "I accept.")
    service.confirm(found, service.accept_offer(found).id)
    service.receive(found, "I filed for bankruptcy.")
    assert row(service, found).status == Status.AGREED
    assert [one.rule for one in findings(service)] == ["plan_agreed", "bankruptcy"]


# --- what waits while the program thinks


@pytest.mark.parametrize("text", STOPS)
def test_a_stop_that_comes_while_the_program_thinks_lets_no_offer_leave(tmp_path, text):
    service = desk(tmp_path, desk_lm(latency_s=0.1))
    found = begun(service)
    service.receive(found, "20 monthly instalments?")
    thinking = threading.Thread(target=service.answer, args=(found,))
    thinking.start()
    service.receive(found, text)
    thinking.join()
    assert row(service, found).status == Status.STOPPED
    assert [one.sender for one in said(service, found)].count(Sender.CREDITOR) == 1
    assert not service.answer(found)


@pytest.mark.parametrize(
    ("dispute", "acceptance"),
    [(DISPUTES[0], "OK I accept."), (DISPUTES[1], "Bueno, accept."), (DISPUTES[2], "好, accept")],
)
@pytest.mark.parametrize("first", ["dispute", "acceptance"])
def test_a_message_that_waits_beside_a_dispute_is_no_acceptance_after_a_hand_back(tmp_path, dispute, acceptance, first):
    service = desk(tmp_path)
    found = begun(service)
    for text in (dispute, acceptance) if first == "dispute" else (acceptance, dispute):
        service.receive(found, text)
    takeover.take_over(service.database, found, "olga")
    takeover.hand_back(service.database, found, "olga", "verified with the contract")
    assert not service.answer(found)
    assert (row(service, found).status, row(service, found).pending) == (Status.OPEN, None)


def test_what_waits_when_a_person_takes_over_is_theirs(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    service.receive(found, "OK I accept.")
    takeover.take_over(service.database, found, "olga")
    takeover.hand_back(service.database, found, "olga")
    assert service.waiting() == []
    assert not service.answer(found)


@pytest.mark.parametrize("text", [f"perhaps {one}" for one in STOPS])
def test_a_weak_finding_in_the_queue_holds_the_answer_back_and_is_asked_about(tmp_path, weak, text):
    service = desk(tmp_path, desk_lm(latency_s=0.1))
    found = begun(service)
    service.receive(found, "20 monthly instalments?")
    thinking = threading.Thread(target=service.answer, args=(found,))
    thinking.start()
    service.receive(found, text)
    thinking.join()
    service.answer(found)
    messages = said(service, found)
    assert [one.sender for one in messages].count(Sender.CREDITOR) == 1
    assert messages[-1].text.startswith(answering.NOT_SURE)
    assert audited(service, "held back")


# --- they bind the case


@pytest.mark.parametrize("text", BINDING)
def test_nothing_is_begun_on_a_case_with_an_open_finding_until_an_operator_lifts_it(tmp_path, text):
    service = desk(tmp_path)
    found = begun(service)
    service.receive(found, text)
    for asked_for in (True, False):
        with pytest.raises(NotNow, match="nothing is begun on this case: "):
            service.start(CASE, asked_for=asked_for)
    for one in findings(service):
        with pytest.raises(UserError, match="write why"):
            case_findings.lift(service.database, one.id, "olga", "  ")
    lifted(service)
    assert service.start(CASE, asked_for=True) != found
    with pytest.raises(NotNow, match="has lifted this finding already"):
        case_findings.lift(service.database, findings(service)[0].id, "olga", "again")
    entries = audited(service, "lifted")
    assert {one.actor for one in entries} == {"olga"}
    assert "spoke" not in str([one.detail for one in entries])


@pytest.mark.parametrize("text", [STOPS[0], DISPUTES[1], "我丈夫已经去世"])
def test_the_other_conversations_of_the_case_fall_silent_too(tmp_path, text):
    service = desk(tmp_path)
    first, second = begun(service), begun(service)
    service.receive(second, "20 monthly instalments?")
    service.receive(first, text)
    assert not Status(row(service, second).status).automated
    assert not service.answer(second)
    with pytest.raises(NotNow):
        takeover.hand_back(service.database, second, "olga")


def test_asking_for_a_person_binds_this_conversation_only(tmp_path):
    service = desk(tmp_path)
    service.receive(begun(service), "I want to talk to a real person.")
    assert service.start(CASE, asked_for=True)


def test_a_stop_that_was_none_is_lifted_and_the_conversation_is_the_operators(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    service.receive(found, "Stop writing to me.")
    lifted(service)
    assert (row(service, found).status, row(service, found).operator) == (Status.WITH_A_PERSON, "olga")
    takeover.hand_back(service.database, found, "olga")
    assert row(service, found).status == Status.OPEN


def test_a_stop_outlives_retention_and_erasure_without_a_word(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    service.receive(found, "Stop writing to me, xylophone.")
    assert retention.erase(service.database, CASE, "olga") == 1
    with pytest.raises(NotNow, match="stop request"):
        service.start(CASE, asked_for=True)
    assert findings(service)[0].negotiation_id is None
    with service.database.reading() as session:
        kept = [dict(one._mapping) for one in session.execute(select(CaseFindingRow.__table__))]
    assert "xylophone" not in str(kept)


def test_what_a_person_needs_decides_the_order_not_the_file(tmp_path):
    profile = load_profile()
    turned = profile.model_copy(update={"signals": tuple(reversed(profile.signals))})
    text = "I was in hospital. Wrong number. I want to die. Stop writing to me."
    for one in (profile, turned):
        assert [found.signal.id for found in noticed(text, one) if found.acts] == [
            "distress", "third_party", "stop_request", "vulnerability",
        ]  # fmt: skip
    assert Noticed(profile.signals[0], "").found_by == ("code",)
