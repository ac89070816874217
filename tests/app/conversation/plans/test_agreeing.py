"""Which plan binds: the one that was shown, with dates to come, once for each debt, whatever happens meanwhile."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.conversation import answering, negotiations, takeover
from app.conversation.negotiations import Negotiations
from app.conversation.plans import agreeing
from app.conversation.plans.repayment_plan import Plan
from app.database import audit_log as audit
from app.database import case_findings, stored_rows
from app.database.stored_rows import NotNow
from app.database.tables import AuditRow, CaseFindingRow, NegotiationRow, Status, now
from app.privacy import retention
from app.record.agreed_plans import changed_plans
from data.messages.labels import SignalKind
from programs.reader.readers import hear
from programs.reader.understood import ReadSignal
from tests.app.desk import CASE, desk, desk_lm


def begun(service: Negotiations) -> str:
    found = service.start(CASE, asked_for=True)
    service.answer(found)
    return found


def row(service: Negotiations, negotiation_id: str) -> NegotiationRow:
    with service.database.reading() as session:
        return session.get_one(NegotiationRow, negotiation_id)


def agreed(service: Negotiations) -> tuple[str, Plan]:
    found = begun(service)
    return found, service.confirm(found, service.accept_offer(found).id)


def binding(service: Negotiations) -> CaseFindingRow | None:
    with service.database.reading() as session:
        return case_findings.binding_plan(session, CASE)


def days_later(monkeypatch, days: int) -> None:
    later = now() + timedelta(days=days)
    monkeypatch.setattr(stored_rows, "now", lambda: later)


# --- dates


def test_a_plan_whose_first_day_has_passed_is_made_anew_and_shown_before_it_can_bind(house, monkeypatch):
    found, token = house.begin()
    house.settled(token)
    shown = house.debtor(token, "POST", "/accept").json()
    days_later(monkeypatch, 15)
    refused = house.debtor(token, "POST", "/confirm", json={"plan": shown["id"]})
    assert (refused.status_code, refused.json()["detail"]) == (409, agreeing.ANEW)
    view = house.settled(token)
    anew = view["to_confirm"]
    assert (view["status"], anew["total"]) == (Status.CONFIRMING, shown["total"])
    assert anew["payments"][0]["due"] >= (now() + timedelta(days=14)).date().isoformat()
    assert house.operator("GET", f"/negotiations/{found}").json()["pending"] == anew
    assert house.debtor(token, "POST", "/confirm", json={"plan": shown["id"]}).status_code == 409
    assert house.debtor(token, "POST", "/confirm", json={"plan": anew["id"]}).json() == anew


def test_a_page_that_was_opened_later_shows_the_new_dates_and_they_can_be_confirmed_at_once(tmp_path, monkeypatch):
    service = desk(tmp_path)
    found = begun(service)
    first = service.accept_offer(found)
    days_later(monkeypatch, 15)
    anew = service.accept_offer(found)
    assert anew.payments[0].due > first.payments[0].due
    assert service.confirm(found, anew.id) == anew


# --- one binding plan a debt


def test_a_second_plan_on_a_debt_does_not_bind_and_its_conversation_ends(tmp_path):
    service = desk(tmp_path)
    one, other = begun(service), begun(service)
    plan = service.accept_offer(other)
    service.confirm(one, service.accept_offer(one).id)
    assert (row(service, other).status, row(service, other).pending) == (Status.DECLINED, None)
    for call in (lambda: service.confirm(other, plan.id), lambda: service.accept_offer(other)):
        with pytest.raises(NotNow):
            call()
    with pytest.raises(NotNow, match=r"plan agreed since 20.*a plan binds this debt"):
        service.start(CASE, asked_for=True)


def test_of_all_who_would_agree_on_one_debt_at_once_one_does(tmp_path):
    service = desk(tmp_path)
    found = [begun(service) for _ in range(8)]
    plans = {one: service.accept_offer(one).id for one in found}

    def confirm(one: str) -> bool:
        try:
            service.confirm(one, plans[one])
        except NotNow:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(confirm, found)) == 1
    with service.database.reading() as session:
        statuses = [one.status for one in session.query(NegotiationRow)]
        assert session.query(AuditRow).filter_by(action=audit.CONFIRMED).count() == 1
    assert sorted(statuses) == [Status.AGREED, *[Status.DECLINED] * 7]


def test_a_binding_plan_outlives_its_conversation_without_a_word(tmp_path, monkeypatch):
    service = desk(tmp_path)
    agreed(service)
    assert retention.erase(service.database, CASE, "olga") == 1
    kept = binding(service)
    assert kept is not None
    assert kept.negotiation_id is None
    with pytest.raises(NotNow, match="a plan binds this debt"):
        service.start(CASE, asked_for=True)


def test_an_operator_ends_a_plan_with_a_reason_and_another_may_follow(tmp_path):
    service = desk(tmp_path)
    found, _ = agreed(service)
    finding = binding(service)
    assert finding is not None
    case_findings.lift(service.database, finding.id, "olga", "the job is lost")
    ended = row(service, found)
    assert (ended.status, ended.operator, ended.agreed) == (Status.WITH_A_PERSON, "olga", None)
    other, _ = agreed(service)
    assert row(service, other).status == Status.AGREED
    with service.database.reading() as session:
        assert audit.verify(session).broken_at is None
        assert changed_plans(session) == []


def test_handed_back_beside_a_binding_plan_the_program_does_not_go_on_without_a_reason(tmp_path):
    service = desk(tmp_path)
    other = begun(service)
    service.ask_for_a_person(other)
    agreed(service)
    with pytest.raises(NotNow, match="a plan binds this debt"):
        takeover.hand_back(service.database, other, "olga")


# --- what is pressed stays pressed


def test_a_pressed_accept_is_not_undone_by_an_answer_in_progress(tmp_path):
    service = desk(tmp_path, desk_lm(latency_s=0.2))
    found = begun(service)
    service.receive(found, "20 monthly instalments?")
    service.receive(found, "Or 21 monthly instalments?")
    thinking = threading.Thread(target=service.answer, args=(found,))
    thinking.start()
    plan = service.accept_offer(found)
    thinking.join()
    assert not service.answer(found)
    assert (row(service, found).status, Plan.model_validate(row(service, found).pending)) == (Status.CONFIRMING, plan)
    assert service.confirm(found, plan.id) == plan


def test_what_the_reader_notices_meanwhile_is_obeyed_all_the_same(tmp_path, monkeypatch):
    service = desk(tmp_path)
    found = begun(service)

    def pressing(*asked):
        service.accept_offer(found)
        return replace(hear(*asked), signals=(ReadSignal(SignalKind.DISTRESS, "tired of all", sure=True),))

    monkeypatch.setattr(answering, "hear", pressing)
    service.receive(found, "so tired of all of it")
    service.answer(found)
    assert (row(service, found).status, row(service, found).pending) == (Status.WITH_A_PERSON, None)
    with service.database.reading() as session:
        assert [one.rule for one in case_findings.of_case(session, CASE)] == ["distress"]


def test_what_may_be_a_signal_is_asked_about_before_a_plan_binds(tmp_path, monkeypatch):
    service = desk(tmp_path)
    found = begun(service)
    original = negotiations.noticed
    weak = lambda text, profile: tuple(replace(one, sure=False) for one in original(text, profile))  # noqa: E731
    monkeypatch.setattr(negotiations, "noticed", weak)
    service.receive(found, "stop writing to me")
    plan = service.accept_offer(found)
    with pytest.raises(NotNow, match="is read first"):
        service.confirm(found, plan.id)
    service.answer(found)
    with pytest.raises(NotNow, match="no plan that waits"):
        service.confirm(found, plan.id)


def test_what_a_debtor_ended_is_not_opened_again_by_take_over_and_hand_back(tmp_path):
    service = desk(tmp_path)
    found = begun(service)
    service.decline(found)
    takeover.take_over(service.database, found, "olga")
    with pytest.raises(NotNow, match="is declined"):
        takeover.hand_back(service.database, found, "olga")
    takeover.write(service.database, found, "olga", "Thank you for telling us.")
    assert row(service, found).status == Status.DECLINED
    assert service.waiting() == []


def test_a_key_that_names_another_text_drops_no_words(house):
    _, token = house.begin()
    house.settled(token)
    key = {"Idempotency-Key": "key-1"}
    say = {"text": "20 monthly instalments?"}
    assert house.debtor(token, "POST", "/messages", json=say, headers=key).status_code == 202
    assert house.debtor(token, "POST", "/messages", json=say, headers=key).status_code == 202
    other = house.debtor(token, "POST", "/messages", json={"text": "Stop writing to me."}, headers=key)
    assert other.status_code == 422
    assert "a key of its own" in other.json()["detail"]
    assert sum(one["sender"] == "you" for one in house.settled(token)["messages"]) == 1
