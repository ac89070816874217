"""On PostgreSQL what another process commits is heard at once, after a lost connection too."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from app.conversation.negotiations import Negotiations
from app.database import notifications
from app.database.notifications import Listener
from tests.app.databases import SERVER
from tests.app.desk import CASE, desk

SOON_S = 20.0
on_postgresql = pytest.mark.skipif(not SERVER, reason="needs MADEN_TEST_DATABASE")


@pytest.fixture
def service(tmp_path) -> Negotiations:
    return desk(tmp_path)


class Heard:
    """How often the listener told of something."""

    def __init__(self) -> None:
        self.times = 0
        self._more = threading.Condition()

    def __call__(self) -> None:
        with self._more:
            self.times += 1
            self._more.notify_all()

    def wait_for(self, times: int) -> bool:
        with self._more:
            return self._more.wait_for(lambda: self.times >= times, SOON_S)


@pytest.fixture
def heard(service) -> Iterator[Heard]:
    found = Heard()
    listener = Listener(service.database, found)
    listener.start()
    yield found
    listener.stop()


@on_postgresql
def test_others_commits_are_heard_and_own_ones_are_not(service, heard, tmp_path):
    assert heard.wait_for(1)  # it listens
    service.start(CASE, asked_for=True)
    time.sleep(0.3)
    assert heard.times == 1
    desk(tmp_path).start(CASE, asked_for=True)
    assert heard.wait_for(2)


@on_postgresql
def test_a_lost_connection_is_made_anew(service, heard, tmp_path, monkeypatch):
    monkeypatch.setattr(notifications, "AGAIN_S", 0.05)
    assert heard.wait_for(1)
    failures = notifications.FAILURES._value.get()
    with service.database.engine.begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN maden'"
        )
    assert heard.wait_for(2)
    assert notifications.FAILURES._value.get() > failures
    desk(tmp_path).start(CASE, asked_for=True)
    assert heard.wait_for(3)


@pytest.mark.skipif(bool(SERVER), reason="of SQLite")
def test_sqlite_needs_no_listener(service, heard):
    service.start(CASE, asked_for=True)
    assert heard.times == 0
    assert not [one for one in threading.enumerate() if one.name == "listener"]
