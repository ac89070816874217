"""One message after another, under a lease of one thread; what no try answers goes to a person."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import dspy
import pytest
from sqlalchemy import update

pytest.importorskip("sqlalchemy", reason="needs the extra app")

from app.conversation import leases
from app.conversation.answering import HANDED_OVER, MOST_UNREADABLE, ROUNDS_USED_UP, UNREADABLE
from app.conversation.negotiations import Negotiations
from app.conversation.work import blame
from app.conversation.work.answering_turns import MOST_TRIES, Answered
from app.conversation.worker import Worker
from app.database.stored_rows import messages_of, row_of
from app.database.tables import MessageRow, NegotiationRow, Sender, Status, now
from programs.table.failures import InfrastructureFailure, RateLimited, RequestRejected
from tests.app.desk import CASE, desk, desk_answer, desk_lm
from tests.app.served import served
from tests.programs.players import asks_to_read
from tests.scripted import scripted_lm

OFFER = "20 monthly instalments?"
UNCLEAR = "Make it 12 monthly instalments or 18 monthly instalments."


def row(service: Negotiations, found: str) -> NegotiationRow:
    with service.database.reading() as session:
        return row_of(session, found)


def said(service: Negotiations, found: str) -> list[MessageRow]:
    with service.database.reading() as session:
        return messages_of(session, found)


def begun(service: Negotiations) -> str:
    found = service.start(CASE, asked_for=True)
    service.answer(found)
    return found


@pytest.fixture
def no_pause(monkeypatch):
    monkeypatch.setattr(blame, "SHORT_PAUSE_S", 0.0)
    monkeypatch.setattr(blame, "PAUSE_S", 0.0)


def failing_after_the_opening(error):
    """The desk's model, but a prompt with "poison" in it raises `error`."""
    usual = desk_answer("Let us find a plan.")
    return scripted_lm(lambda prompt: error if "poison" in prompt else usual(prompt))


# --- tries


def test_a_rejected_request_goes_to_a_person_after_three_tries_and_others_are_answered_meanwhile(tmp_path, no_pause):
    service = desk(tmp_path, failing_after_the_opening(dspy.lm15.InvalidRequestError("no")))
    poisoned, other = begun(service), begun(service)
    service.receive(poisoned, f"{OFFER} poison")
    service.receive(other, OFFER)
    for _ in range(MOST_TRIES):
        assert service.waiting()[0] == poisoned
        with pytest.raises(RequestRejected):
            service.answer(poisoned)
    assert row(service, poisoned).status == Status.WITH_A_PERSON
    assert said(service, poisoned)[-1].text == HANDED_OVER
    assert service.answer(other) is Answered.DONE
    assert service.waiting() == []
    assert service.turns.blame.reachable


def test_a_bug_of_ours_is_tried_again_and_then_goes_to_a_person(tmp_path, no_pause, monkeypatch):
    service = desk(tmp_path)
    found = begun(service)
    service.receive(found, OFFER)
    monkeypatch.setattr("app.conversation.answering.hear", lambda *_: 1 / 0)
    for left in reversed(range(MOST_TRIES)):
        assert row(service, found).status == Status.OPEN
        with pytest.raises(ZeroDivisionError):
            service.answer(found)
        assert (row(service, found).status == Status.OPEN) is (left > 0)
    assert [one.sender for one in said(service, found)] == [Sender.CREDITOR, Sender.DEBTOR, Sender.SERVICE]


def test_a_message_that_ends_its_process_each_time_goes_to_a_person(tmp_path, monkeypatch):
    service = desk(tmp_path)
    found = begun(service)
    service.receive(found, OFFER)
    for _ in range(MOST_TRIES):  # the process dies while it thinks: its lease stays and runs out
        assert not isinstance(service.database.transaction(lambda session: service.turns._taken(found, session)), int)
        free = update(NegotiationRow).values(lease_until=now() - timedelta(seconds=1))
        service.database.transaction(lambda session: session.execute(free))  # noqa: B023
    assert service.answer(found) is Answered.DONE
    assert row(service, found).status == Status.WITH_A_PERSON


@pytest.mark.parametrize("error", [dspy.lm15.RateLimitError("slow down"), dspy.lm15.ServerError("down")])
def test_an_outage_uses_up_no_try(tmp_path, no_pause, error):
    service = desk(tmp_path, desk_lm(failures=[None, None, *[error] * 10]))
    found = begun(service)
    service.receive(found, OFFER)
    for _ in range(10):
        with pytest.raises(InfrastructureFailure):
            service.answer(found)
    assert service.answer(found) is Answered.DONE
    assert row(service, found).status == Status.OPEN
    assert row(service, found).tries == 0


def test_what_failed_pauses_and_its_thread_does_not(tmp_path):
    service = desk(tmp_path, desk_lm(failures=[None, None, dspy.lm15.RateLimitError("slow down")]))
    found, other = begun(service), service.start(CASE, asked_for=True)
    service.receive(found, OFFER)
    began = time.monotonic()
    with pytest.raises(RateLimited):
        service.answer(found)
    assert time.monotonic() - began < blame.PAUSE_S / 2
    assert service.answer(found) is Answered.NOTHING
    assert service.waiting() == [other]


def test_three_messages_in_a_row_that_cannot_be_read_go_to_a_person(tmp_path):
    usual = desk_answer("Let us find a plan.")
    service = desk(tmp_path, scripted_lm(lambda prompt: "no JSON" if asks_to_read(prompt) else usual(prompt)))
    found = begun(service)
    for number in range(1, MOST_UNREADABLE + 1):
        service.receive(found, f"{OFFER} ({number})")
        service.answer(found)
        assert said(service, found)[-1].text == (HANDED_OVER if number == MOST_UNREADABLE else UNREADABLE)
    assert row(service, found).status == Status.WITH_A_PERSON


# --- turns


def test_negotiations_get_a_turn_one_after_the_other_however_much_waits_in_one(tmp_path):
    service = desk(tmp_path)
    hostile, other = begun(service), begun(service)
    for number in range(5):
        service.receive(hostile, f"{UNCLEAR} ({number})")
    service.receive(other, OFFER)
    worker = Worker(service)
    worker._look()
    worker._answer()
    worker._answer()
    assert [one.sender for one in said(service, other)] == [Sender.CREDITOR, Sender.DEBTOR, Sender.CREDITOR]
    assert sum(not one.answered for one in said(service, hostile)) == 4
    worker._answer()
    assert sum(not one.answered for one in said(service, hostile)) == 3


def test_unclear_messages_are_used_up_like_rounds(tmp_path):
    lm = desk_lm()
    service = desk(tmp_path, lm)
    found = begun(service)
    for number in range(40):
        service.receive(found, f"{UNCLEAR} ({number})")
    before = len(lm.engine.requests)
    while service.answer(found):
        pass
    rounds = service.house.program.settings.policy.round_limit
    assert row(service, found).status == Status.EXHAUSTED
    assert said(service, found)[-1].text == ROUNDS_USED_UP
    assert len(lm.engine.requests) - before == 2 * (rounds + 1)  # a reader asks two questions of each
    assert all(one.answered for one in said(service, found))


# --- leases


def test_a_slow_opening_is_sent_once_however_many_look(tmp_path, monkeypatch):
    monkeypatch.setattr(leases, "LEASE_S", 0.9)
    monkeypatch.setattr(leases, "RENEW_EVERY_S", 0.05)
    lm = desk_lm(latency_s=0.6)
    with served(tmp_path, lm) as house:
        house.log_in()
        found, token = house.begin()
        other, asked = desk(tmp_path, desk_lm()), []
        while not said(other, found):
            asked.append(other.answer(found))
            time.sleep(0.02)
        assert set(asked) == {Answered.NOTHING}
        house.settled(token)
    assert len(lm.engine.requests) == 2
    assert len(said(other, found)) == 1


def test_who_lost_the_lease_writes_nothing(tmp_path, monkeypatch):
    service, other = desk(tmp_path, desk_lm(latency_s=0.2)), desk(tmp_path)
    monkeypatch.setattr(leases, "LEASE_S", 0.05)
    found = service.start(CASE, asked_for=True)
    slow = threading.Thread(target=service.answer, args=(found,))
    slow.start()  # no worker renews its lease
    while not other.answer(found):
        time.sleep(0.01)
    slow.join()
    assert [one.sender for one in said(service, found)] == [Sender.CREDITOR]


def test_a_lease_is_renewed_while_its_thread_lives_and_is_not_for_ever(tmp_path, monkeypatch):
    service = desk(tmp_path)
    found = service.start(CASE, asked_for=True)
    held = service.turns.leases
    token = service.database.transaction(lambda session: held.take(row_of(session, found)))

    def ends_later() -> bool:
        before = row(service, found).lease_until
        held.renew()
        return row(service, found).lease_until > before

    with held.kept(token):
        updated = row(service, found).updated
        assert ends_later()
        assert row(service, found).updated == updated
        monkeypatch.setattr(leases, "LONGEST_ANSWER_S", 0.0)
        assert not ends_later()
        monkeypatch.undo()
    assert not ends_later()
    dead = threading.Thread(target=lambda: held.kept(token).__enter__())
    dead.start()
    dead.join()
    assert not ends_later()


def test_no_two_processes_and_no_two_answers_have_one_lease(tmp_path):
    service, other = desk(tmp_path), desk(tmp_path)
    assert service.turns.leases.process != other.turns.leases.process
    tokens = set()
    for _ in range(3):
        found = service.start(CASE, asked_for=True)
        tokens.add(service.database.transaction(lambda s: service.turns.leases.take(row_of(s, found))))  # noqa: B023
    assert len(tokens) == 3
    restarted = Worker(other)
    restarted.start()
    restarted.stop()
    with service.database.reading() as session:
        assert {one.lease for one in session.query(NegotiationRow)} == tokens


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_is_moved_holds_nothing_up(tmp_path, monkeypatch, hours):
    service = desk(tmp_path)
    found = service.start(CASE, asked_for=True)
    assert service.database.transaction(lambda session: service.turns.leases.take(row_of(session, found)))
    assert service.answer(found) is Answered.NOTHING
    monkeypatch.setattr(leases, "now", lambda: now() + timedelta(hours=hours))
    assert service.waiting() == [found]
    assert service.answer(found) is Answered.DONE


# --- the worker


def test_an_error_of_the_database_ends_no_thread_and_what_waits_is_answered(tmp_path, monkeypatch):
    from sqlalchemy.exc import OperationalError

    monkeypatch.setattr("app.conversation.worker.LOOK_EVERY_S", 0.02)
    monkeypatch.setattr("app.conversation.work.loops.RECOVER_S", 0.02)
    service = desk(tmp_path)
    found = service.start(CASE, asked_for=True)  # nobody wakes the worker: only the look finds it
    errors = iter([OperationalError("x", {}, Exception("disk I/O error"))] * 4)
    real = service.waiting

    def waiting() -> list[str]:
        if error := next(errors, None):
            raise error
        return real()

    monkeypatch.setattr(service, "waiting", waiting)
    worker = Worker(service)
    worker.start()
    seen, end = set(), time.monotonic() + 20
    while not said(service, found):
        seen.add(worker.sound)
        assert time.monotonic() < end
        time.sleep(0.002)
    assert seen == {True, False}  # four failed looks in a row are told, until one finds what waits
    assert worker.sound
    worker.stop()


def test_a_dead_loop_is_not_ready(tmp_path):
    with served(tmp_path) as house:
        assert house.client.get("/ready").status_code == 200
        house.parts.worker.stop()
        answer = house.client.get("/ready")
        assert (answer.status_code, answer.json()["worker"]) == (503, False)


def test_a_message_of_one_negotiation_that_is_rejected_leaves_the_service_ready(tmp_path, no_pause, monkeypatch):
    monkeypatch.setattr("app.conversation.worker.LOOK_EVERY_S", 0.02)
    with served(tmp_path, failing_after_the_opening(dspy.lm15.InvalidRequestError("no"))) as house:
        house.log_in()
        _, token = house.begin()
        house.settled(token)
        house.debtor(token, "POST", "/messages", json={"text": f"{OFFER} poison"})
        end = time.monotonic() + 20
        while house.debtor(token, "GET", "/negotiation").json()["status"] != "with_a_person":
            assert house.client.get("/ready").status_code == 200
            assert time.monotonic() < end
        _, other = house.begin()
        assert house.settled(other)["messages"]
