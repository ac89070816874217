"""What is deleted, when, and how far: out of the tables, the file, its free pages and its write-ahead log."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from datetime import datetime, timedelta

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from sqlalchemy import select, update

from app.conversation import takeover
from app.conversation.negotiations import Negotiations
from app.database import audit_log as audit
from app.database.scrubbing import LEFT_BEHIND
from app.database.stored_rows import NotNow
from app.database.tables import AuditRow, MessageRow, NegotiationRow, Status, now
from app.privacy import retention
from app.record.agreed_plans import changed_plans
from plumbing.errors import UserError
from tests.app.databases import SERVER, opened, url_of
from tests.app.desk import CASE, desk
from tests.app.pages.test_pages import Process
from tests.app.served import PASSWORD

only_sqlite = pytest.mark.skipif(bool(SERVER), reason="looks into SQLite's files")


@pytest.fixture
def service(tmp_path) -> Negotiations:
    return desk(tmp_path)


def begun(service: Negotiations, text: str | None = None) -> str:
    found = service.start(CASE, asked_for=True)
    service.answer(found)
    if text is not None:
        service.receive(found, text)
    return found


def aged(service: Negotiations, found: str, days: float, message_days: float | None = None) -> None:
    """Let a negotiation, and its messages, be so old."""

    def work(session) -> None:
        one = NegotiationRow.id == found
        session.execute(update(NegotiationRow).where(one).values(updated=_ago(days)))
        last = _ago(days if message_days is None else message_days)
        session.execute(update(MessageRow).where(MessageRow.negotiation_id == found).values(at=last))

    service.database.transaction(work)


def _ago(days: float) -> datetime:
    return now() - timedelta(days=days)


def statuses(service: Negotiations) -> dict[str, str]:
    with service.database.reading() as session:
        return {one.id: one.status for one in session.scalars(select(NegotiationRow))}


# --- when


def test_words_of_today_keep_an_ended_conversation(service):
    found = begun(service)
    takeover.take_over(service.database, found, "olga")
    service.decline(found, "olga")
    aged(service, found, 40, message_days=1)
    assert retention.retain(service.database, 30, "olga") == 0
    aged(service, found, 40)
    assert retention.retain(service.database, 30, "olga") == 1


def test_what_was_abandoned_ends_and_is_deleted_when_its_time_is_up(service):
    found = begun(service)
    plan = service.accept_offer(found)
    aged(service, found, 13)
    retention.retain(service.database, 30, "olga")
    assert statuses(service) == {found: Status.CONFIRMING}
    aged(service, found, 20)
    assert retention.retain(service.database, 30, "olga") == 0
    assert statuses(service) == {found: Status.ABANDONED}
    with pytest.raises(NotNow):
        service.confirm(found, plan.id)
    with pytest.raises(NotNow, match="has ended"):
        service.receive(found, "Hello?")
    with service.database.reading() as session:
        assert session.get_one(NegotiationRow, found).updated < _ago(19)  # ending it is no activity
        assert session.scalars(select(AuditRow.action).order_by(AuditRow.number.desc())).first() == "abandoned"
    aged(service, found, 31)
    assert retention.retain(service.database, 30, "olga") == 1
    assert statuses(service) == {}


def test_in_one_run_what_is_old_enough_ends_and_goes(service):
    aged(service, begun(service), 31)
    assert retention.retain(service.database, 30, "olga") == 1


def test_who_waits_for_an_answer_or_a_person_is_kept(service):
    unanswered = begun(service, "20 monthly instalments?")
    waits, led = begun(service), begun(service)
    service.ask_for_a_person(waits)
    takeover.take_over(service.database, led, "olga")
    takeover.write(service.database, led, "olga", "How can I help?")
    for one in (unanswered, waits, led):
        aged(service, one, 400)
    assert retention.retain(service.database, 30, "olga") == 1  # the debtor did not answer the operator
    assert statuses(service) == {unanswered: Status.OPEN, waits: Status.WITH_A_PERSON}


def test_the_chain_and_the_plans_it_tells_of_hold_after_a_deletion(service):
    found = begun(service)
    service.confirm(found, service.accept_offer(found).id)
    aged(service, found, 31)
    assert retention.retain(service.database, 30, "olga") == 1
    with service.database.reading() as session:
        assert audit.verify(session).broken_at is None
        assert changed_plans(session) == []


# --- how far


WORDS = "Zaunkoenig"


def posted(process: Process, path: str, body: dict, headers: dict[str, str]) -> tuple[dict, str]:
    request = urllib.request.Request(
        f"{process.url}/api{path}", json.dumps(body).encode(), {"Content-Type": "application/json", **headers}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read() or b"null"), (answer.headers.get("Set-Cookie") or "").split(";")[0]


def talked(process: Process) -> None:
    """Three conversations, in each of which a debtor says a great deal that has the word in it."""
    login, cookie = posted(process, "/login", {"name": "olga", "password": PASSWORD}, {})
    olga = {"Cookie": cookie, "X-CSRF": login["csrf"]}
    for _ in range(3):
        found, _ = posted(process, "/negotiations", {"case_id": CASE, "asked_for": True}, olga)
        posted(process, f"/negotiations/{found['id']}/take-over", {}, olga)
        debtor = {"Authorization": f"Bearer {found['link'].split('#')[1]}"}
        for number in range(20):
            posted(process, "/debtor/messages", {"text": f"{WORDS} {number} " * 80}, debtor)


def _answering(service: Negotiations) -> bool:
    with service.database.reading() as session:
        return any(one.lease for one in session.scalars(select(NegotiationRow)))


def raw(folder) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("app.sqlite*"))


@only_sqlite
@pytest.mark.slow
@pytest.mark.parametrize("command", ["erase", "retain"])
def test_no_byte_of_what_was_deleted_is_left_while_the_service_runs(tmp_path, command):
    process = Process(tmp_path)
    try:
        talked(process)
        assert WORDS.encode() in raw(tmp_path)
        if command == "retain":
            service = desk(tmp_path)
            while _answering(service):
                time.sleep(0.05)
            for found in statuses(service):
                service.decline(found, "olga")
                aged(service, found, 31)
        argv = [sys.executable, "-m", "app", command, CASE if command == "erase" else "30"]
        done = subprocess.run([*argv, "--database", url_of(tmp_path)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("3 conversations")
        assert WORDS.encode() not in raw(tmp_path)
        login, _ = posted(process, "/login", {"name": "olga", "password": PASSWORD}, {})  # and it still serves
        assert login["operator"] == "olga"
    finally:
        process.kill()


@only_sqlite
def test_what_an_earlier_version_deleted_goes_too(service, tmp_path):
    found = begun(service)
    service.ask_for_a_person(found)
    for number in range(30):
        service.receive(found, f"{WORDS} {number} " * 80)
    connection = service.database.engine.raw_connection()
    connection.cursor().execute("PRAGMA secure_delete = OFF")
    connection.cursor().execute("DELETE FROM messages")
    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert WORDS.encode() in raw(tmp_path)
    retention.erase(service.database, CASE, "olga")
    assert WORDS.encode() not in raw(tmp_path)


@only_sqlite
def test_bytes_that_could_not_be_taken_out_yet_are_told_and_gone_after_a_second_try(service, tmp_path, monkeypatch):
    monkeypatch.setattr("app.database.scrubbing.BUSY_S", 0.2)
    service.database.close()
    monkeypatch.setattr("app.database.transactions.BUSY_S", 0.2)
    service = desk(tmp_path)
    begun(service, f"{WORDS}, 20 monthly instalments?")
    with opened(tmp_path).reading() as reader:
        reader.scalars(select(MessageRow)).first()
        began = time.monotonic()
        with pytest.raises(UserError, match="once more") as told:
            retention.erase(service.database, CASE, "olga")
        assert str(told.value) == LEFT_BEHIND
        assert time.monotonic() - began < 20
    assert retention.erase(service.database, CASE, "olga") == 0
    assert WORDS.encode() not in raw(tmp_path)
