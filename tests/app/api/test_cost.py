"""What a message asks of the database: each transaction and each statement more is time that its debtor waits."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from sqlalchemy import event

from app.database.transactions import Database
from tests.app.desk import CASE, desk

TEXT = "I could manage 20 monthly instalments."


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """The first words of what this thread asks a database, as it is asked."""
    found: list[str] = []
    mine = threading.get_ident()

    def note(_connection, _cursor, statement: str, *_: object) -> None:
        if threading.get_ident() == mine:
            found.append(" ".join(statement.split()[:2]))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def test_a_message_over_http_is_one_transaction_that_looks_at_the_link_too(house, monkeypatch):
    _, token = house.begin()
    house.settled(token)
    house.parts.worker.stop()
    used: list[str] = []
    for kind in ("transaction", "reading"):
        real = getattr(Database, kind)
        monkeypatch.setattr(
            Database,
            kind,
            lambda self, *given, kind=kind, real=real, **more: used.append(kind) or real(self, *given, **more),
        )
    assert house.debtor(token, "POST", "/messages", json={"text": TEXT}).status_code == 202
    assert used == ["transaction"]


def test_an_answer_writes_each_row_once(tmp_path):
    service = desk(tmp_path)
    found = service.start(CASE, asked_for=True)
    service.answer(found)
    service.receive(found, TEXT)
    with statements(service.database) as asked:
        service.answer(found)
    writes = [one for one in asked if one.startswith(("INSERT", "UPDATE"))]
    assert sorted(writes) == [
        "INSERT INTO",  # the audit log
        "INSERT INTO",  # the answer
        "UPDATE messages",  # the debtor's, answered and understood
        "UPDATE negotiations",  # the lease
        "UPDATE negotiations",  # where it stands
    ]


def test_a_page_is_shown_from_two_queries(tmp_path):
    from app.api.debtor_routes import _news
    from app.api.shown import ShownNegotiation

    service = desk(tmp_path)
    found = service.start(CASE, asked_for=True)
    service.answer(found)
    with statements(service.database) as asked:
        _news(service, found, ShownNegotiation(), 0)
    assert len(asked) == 2
