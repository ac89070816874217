"""Many threads at once, on one negotiation and on many: nothing is lost, doubled or out of order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.importorskip("sqlalchemy", reason="needs the extra app")

from app.conversation.negotiations import Negotiations
from app.database import audit_log as audit
from app.database.stored_rows import NotNow, messages_of
from app.database.tables import AuditRow, MessageRow, NegotiationRow, Sender, Status
from tests.app.desk import CASE, desk

THREADS = 20


@pytest.fixture
def service(tmp_path) -> Negotiations:
    return desk(tmp_path)


def at_once(work, number: int = THREADS) -> list:
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(work, range(number)))


def messages(service: Negotiations, negotiation_id: str) -> list[MessageRow]:
    with service.database.reading() as session:
        found = messages_of(session, negotiation_id)
    assert [one.position for one in found] == [*range(1, len(found) + 1)]
    return found


def wrote(service: Negotiations, negotiation_id: str) -> list[str]:
    return [one.text for one in messages(service, negotiation_id) if one.sender == Sender.DEBTOR]


def audited(service: Negotiations, action: str) -> int:
    with service.database.reading() as session:
        assert audit.verify(session).broken_at is None
        return session.query(AuditRow).filter_by(action=action).count()


def test_one_negotiation_that_all_write_to_keeps_every_message_once(service):
    found = service.start(CASE, asked_for=True)
    service.ask_for_a_person(found)
    each = 10

    def write(thread: int) -> list[int]:
        positions = [service.receive(found, f"{thread}: {n}", f"{thread}-{n}") for n in range(each)]
        again = [service.receive(found, f"{thread}: {n}", f"{thread}-{n}") for n in range(each)]
        assert positions == again
        return positions

    positions = [one for part in at_once(write) for one in part]
    texts = wrote(service, found)
    assert len(set(positions)) == len(texts) == THREADS * each == audited(service, "wrote")
    for thread in range(THREADS):  # each one's own messages are in its order
        own = [text for text in texts if text.startswith(f"{thread}: ")]
        assert own == [f"{thread}: {n}" for n in range(each)]


def test_many_negotiations_at_once_answer_every_message_in_order(service):
    talk = ["20 monthly instalments?", "Then 22 monthly instalments.", "I can only say it again."]

    def negotiate(_: int) -> str:
        found = service.start(CASE, asked_for=True)
        service.answer(found)
        for text in talk:
            service.receive(found, text)
            assert service.answer(found)
        return found

    for found in at_once(negotiate):
        assert wrote(service, found) == talk
        senders = [one.sender for one in messages(service, found)]
        assert senders == [Sender.CREDITOR, *[Sender.DEBTOR, Sender.CREDITOR] * len(talk)]
        assert all(one.answered for one in messages(service, found))
    assert service.waiting() == []
    assert audited(service, "answered") == THREADS * (len(talk) + 1)


def test_of_all_who_would_end_a_negotiation_at_once_one_does(service):
    found = service.start(CASE, asked_for=True)
    service.answer(found)
    plan = service.accept_offer(found)

    def end(thread: int) -> str:
        try:
            if thread % 2:
                service.confirm(found, plan.id)
                return Status.AGREED
            service.decline(found)
            return Status.DECLINED
        except NotNow:
            return "too late"

    ends = set(at_once(end)) - {"too late"}
    with service.database.reading() as session:
        row = session.get_one(NegotiationRow, found)
    assert ends == {row.status}
    assert audited(service, "confirmed") + audited(service, "declined") == 1
    assert len(messages(service, found)) == (2 if row.status == Status.AGREED else 1)


def test_all_who_would_answer_at_once_answer_once(service):
    found = service.start(CASE, asked_for=True)
    assert sum(at_once(lambda _: service.answer(found))) == 1
    service.receive(found, "20 monthly instalments?")
    at_once(lambda _: service.answer(found))
    assert [one.sender for one in messages(service, found)] == [Sender.CREDITOR, Sender.DEBTOR, Sender.CREDITOR]
