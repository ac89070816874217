"""`python -m app dump` and `restore`: everything comes back, in either database, or nothing does."""

from __future__ import annotations

import hashlib
import json
import stat

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from sqlalchemy import select
from typer.testing import CliRunner

from app.__main__ import app
from app.access.operators import Operators
from app.conversation.negotiations import Negotiations
from app.database import audit_log as audit
from app.database.migrating import migrate
from app.database.tables import AuditRow, LoginRow, NegotiationRow
from app.database.transactions import Database
from app.record.agreed_plans import changed_plans
from app.record.dumping import dumped_tables
from plumbing.errors import UserError
from tests.app.databases import opened, url_of
from tests.app.desk import CASE, desk_lm, house


@pytest.fixture
def service(tmp_path) -> Negotiations:
    """A service that has agreed a plan, answered a stop, and has somebody logged in."""
    database = opened(tmp_path)
    migrate(database)
    service = Negotiations(database, house(tmp_path, desk_lm()))
    operators = Operators(database)
    operators.add("olga", "correct horse battery")
    assert operators.log_in("olga", "correct horse battery")
    found = service.start(CASE, asked_for=True)
    service.answer(found)
    service.receive(found, "I could manage 20 monthly instalments.", "key-1")
    service.answer(found)
    service.confirm(found, service.accept_offer(found).id)
    service.receive(found, "Stop writing to me. Grüße, 谢谢")
    return service


def command(folder, *words: str) -> str:
    done = CliRunner().invoke(app, [*words, "--database", url_of(folder)])
    if done.exception is not None:
        raise done.exception
    return done.output


def contents(database: Database) -> dict[str, list]:
    with database.reading() as session:
        return {table.name: sorted(map(repr, session.execute(select(table)))) for table in dumped_tables()}


def test_what_was_dumped_comes_back_whole_and_goes_on(service, tmp_path):
    file = tmp_path / "dump.jsonl"
    command(tmp_path, "dump", str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    restored = opened(tmp_path / "new")
    command(tmp_path / "new", "restore", str(file))
    assert contents(restored) == contents(service.database)
    with restored.reading() as session, service.database.reading() as before:
        assert audit.verify(session) == audit.verify(before)
        assert changed_plans(session) == []
        assert session.scalars(select(LoginRow)).all() == []
    other = Negotiations(restored, house(tmp_path, desk_lm()))
    with restored.reading() as session:
        (found,) = session.scalars(select(NegotiationRow.id))
    other.receive(found, "Please stop writing, I want to end my life.")  # new rows have numbers of their own


def test_a_torn_or_changed_dump_restores_nothing_and_makes_no_database(service, tmp_path):
    file, torn = tmp_path / "dump.jsonl", tmp_path / "torn.jsonl"
    command(tmp_path, "dump", str(file))
    lines = file.read_bytes().splitlines(keepends=True)
    forged = [line.replace(b"monthly instalments", b"weekly instalments") for line in lines]
    for content in (lines[:-1], lines[:3], [*lines[:4], *lines[5:]], forged, [lines[0], lines[-1]], []):
        torn.write_bytes(b"".join(content))
        with pytest.raises(UserError, match=r"is not whole|is no dump"):
            command(tmp_path / "new", "restore", str(torn))
    with pytest.raises(UserError, match="cannot be read"):
        command(tmp_path / "new", "restore", str(tmp_path / "nothing.jsonl"))
    assert not (tmp_path / "new").exists()


def test_only_an_empty_database_is_restored_into(service, tmp_path):
    file = tmp_path / "dump.jsonl"
    command(tmp_path, "dump", str(file))
    before = contents(service.database)
    with pytest.raises(UserError, match="is not empty"):
        command(tmp_path, "restore", str(file))
    assert contents(service.database) == before


def test_a_dump_whose_record_does_not_hold_restores_nothing(service, tmp_path, monkeypatch):
    file = tmp_path / "dump.jsonl"
    monkeypatch.setattr("app.record.dumping.faults_of", lambda *_: [])
    service.database.transaction(lambda session: setattr(session.get_one(AuditRow, 2), "actor", "nobody"))
    command(tmp_path, "dump", str(file))
    with pytest.raises(UserError, match=r"nothing is restored, since .* broken at entry 2"):
        command(tmp_path / "new", "restore", str(file))
    assert not any(contents(opened(tmp_path / "new")).values())


def test_a_record_that_is_not_whole_is_not_dumped(service, tmp_path):
    service.database.transaction(lambda session: setattr(session.get_one(AuditRow, 2), "actor", "nobody"))
    with pytest.raises(UserError, match="broken at entry 2"):
        command(tmp_path, "dump", str(tmp_path / "dump.jsonl"))
    assert not (tmp_path / "dump.jsonl").exists()


def test_a_file_that_is_there_is_not_written_over(service, tmp_path):
    file = tmp_path / "dump.jsonl"
    file.write_text("mine")
    with pytest.raises(UserError, match="name a new file"):
        command(tmp_path, "dump", str(file))
    assert file.read_text() == "mine"


def test_a_dump_of_another_step_is_told(service, tmp_path):
    file = tmp_path / "dump.jsonl"
    command(tmp_path, "dump", str(file))
    lines = file.read_text().splitlines(keepends=True)
    head = json.loads(lines[0])
    assert head["step"]
    body = json.dumps({**head, "step": "0001"}) + "\n" + "".join(lines[1:-1])
    end = {"rows": json.loads(lines[-1])["rows"], "sha256": hashlib.sha256(body.encode()).hexdigest()}
    file.write_text(body + json.dumps(end) + "\n")
    with pytest.raises(UserError, match="is of step 0001"):
        command(tmp_path / "new", "restore", str(file))
