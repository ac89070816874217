from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from importlib import import_module

import pytest
from sqlalchemy import delete, select

pytest.importorskip("alembic", reason="needs the extra app")

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations

from app.conversation.negotiations import Negotiations
from app.database import audit_log as audit
from app.database import case_findings, migrating
from app.database.migrating import migrate
from app.database.stored_rows import NotNow, NotThere, messages_of, row_of
from app.database.tables import AuditRow, Base, MessageRow, NegotiationRow
from app.database.transactions import Database
from app.privacy import retention
from app.record.agreed_plans import changed_plans
from plumbing.errors import UserError
from tests.app.databases import opened
from tests.app.desk import CASE, desk, desk_lm, house


@pytest.fixture
def database(tmp_path):
    made = opened(tmp_path / "deep")
    migrate(made)
    return made


def test_the_steps_lead_to_the_tables_that_the_code_knows(database):
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    migrate(database)  # an up-to-date database needs no step


def test_what_stopped_before_signals_bound_a_case_binds_it_after_the_step(database, tmp_path):
    service = Negotiations(database, house(tmp_path, desk_lm()))
    found = service.start(CASE, asked_for=True)
    service.answer(found)
    service.receive(found, "Stop writing to me.")
    with database.engine.begin() as connection:
        step = import_module("app.database.migrations.versions.step_0002")
        with Operations.context(MigrationContext.configure(connection)):
            step.downgrade()
            step.upgrade()
    with database.reading() as session:
        (one,) = case_findings.of_case(session, CASE)
    assert (one.rule, one.negotiation_id, one.position, one.binds) == ("stop_request", found, 2, True)
    with pytest.raises(NotNow, match="stop request since 20"):
        service.start(CASE, asked_for=True)


def test_what_was_agreed_before_binds_its_debt_and_stands_in_the_chain_after_the_step(database, tmp_path):
    service = Negotiations(database, house(tmp_path, desk_lm()))
    first, second = service.start(CASE, asked_for=True), service.start(CASE, asked_for=True)
    service.answer(first)
    plan = service.confirm(first, service.accept_offer(first).id)

    def as_before(session) -> None:
        """Two agreed on one debt, and the chain has neither plan."""
        other = session.get_one(NegotiationRow, second)
        other.status, other.agreed = "agreed", plan.model_dump(mode="json")
        session.flush()
        session.execute(delete(AuditRow))

    step = import_module("app.database.migrations.versions.step_0004")
    with database.engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        step.downgrade()
    database.transaction(as_before)
    with database.engine.begin() as connection, Operations.context(MigrationContext.configure(connection)):
        step.upgrade()
    with database.reading() as session:
        assert (audit.verify(session).broken_at, changed_plans(session)) == (None, [])
        assert session.query(AuditRow).filter_by(action=audit.RECORDED).count() == 2
        (one,) = case_findings.of_case(session, CASE)
    assert (one.rule, one.negotiation_id, one.binds, one.silences) == ("plan_agreed", first, True, False)


def test_a_database_of_a_newer_version_is_refused(database):
    with database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UserError, match="newer version of maden"):
        migrate(database)


def test_a_database_of_another_program_is_left_as_it_is(tmp_path):
    path = tmp_path / "photos.sqlite"
    with closing(sqlite3.connect(path)) as theirs, theirs:
        theirs.execute("CREATE TABLE messages (id INTEGER PRIMARY KEY)")
        theirs.execute("CREATE TABLE alembic_version (version_num TEXT)")
        theirs.execute("INSERT INTO alembic_version VALUES ('ab12')")
    database = Database(f"sqlite:///{path}")
    with pytest.raises(UserError, match="another program's"):
        migrate(database)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    with pytest.raises(UserError, match="another program's"):
        migrate(database)
    database.close()


def test_a_file_that_is_no_database_is_told(tmp_path):
    path = tmp_path / "book.csv"
    path.write_text("case_id,product\n" * 100)
    with pytest.raises(UserError, match="no database of this service"):
        Database(f"sqlite:///{path}")


def test_a_percent_sign_in_the_path_of_the_code_is_no_placeholder(tmp_path, monkeypatch):
    folder = tmp_path / "50%(off)s %d"
    shutil.copytree(migrating._FOLDER, folder)
    monkeypatch.setattr(migrating, "_FOLDER", folder)
    made = opened(tmp_path / "deep")
    migrate(made)
    with made.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////proc/nothing/app.sqlite", "mysql+nothing://x/y"])
def test_a_url_that_leads_nowhere_is_told(url):
    with pytest.raises((UserError, OSError)):
        Database(url)


def test_a_password_in_a_url_is_not_told():
    with pytest.raises(UserError) as told:
        Database("postgresql+psycopg://u:hunter2@127.0.0.1:1/x")
    assert "hunter2" not in str(told.value)


def test_many_who_append_to_the_audit_log_at_once_make_one_chain(database):
    def append(number: int) -> None:
        for _ in range(10):
            database.transaction(lambda session: audit.record(session, f"thread {number}", "did"))

    threads = [threading.Thread(target=append, args=(number,)) for number in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with database.reading() as session:
        found = audit.verify(session)
    assert (found.entries, found.broken_at) == (60, None)


def test_erasure_and_retention_take_the_words_and_leave_the_chain(database, tmp_path, monkeypatch):
    service = Negotiations(database, house(tmp_path, desk_lm()))
    first, second = (service.start(CASE, asked_for=True) for _ in range(2))
    for one in (first, second):
        service.answer(one)
    service.decline(first)
    service.receive(second, "20 monthly instalments?")
    assert retention.retain(database, 30, "olga") == 0
    monkeypatch.setattr(retention, "now", lambda: _later(40))
    assert retention.retain(database, 30, "olga") == 1  # the ended one; in the other an answer is owed
    with pytest.raises(NotThere):
        service.answer(first)
    assert retention.erase(database, CASE, "olga") == 1
    with database.reading() as session:
        assert not session.scalars(select(NegotiationRow)).all()
        assert not session.scalars(select(MessageRow)).all()
        assert audit.verify(session).broken_at is None
        assert [row.action for row in session.scalars(select(AuditRow))].count("erased") == 2


def _later(days: int):
    from datetime import timedelta

    from app.database.tables import now

    return now() + timedelta(days=days)


def test_what_is_read_is_of_one_moment(tmp_path):
    service = desk(tmp_path)
    found = service.start(CASE, asked_for=True)
    with service.database.reading() as session:
        before = row_of(session, found)
        service.answer(found)
        assert (before.memory, messages_of(session, found)) == ({}, [])
    with service.database.reading() as session:
        assert len(messages_of(session, found)) == 1
