"""What a step between two shapes of the database does to what is there."""

from __future__ import annotations

from importlib import import_module

import pytest

pytest.importorskip("alembic", reason="needs the extra app")

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text

from app.access.operator_accounts import all_accounts
from app.access.operators import Operators
from app.database.migrating import migrate
from app.database.stored_rows import messages_of, row_of, view_of
from app.database.tables import Role
from tests.app.databases import opened
from tests.app.desk import CASE, desk_lm, house
from tests.app.served import PASSWORD


def test_step_3_keeps_operators_and_links_and_locks_whoever_has_a_reserved_name(tmp_path):
    from app.conversation.negotiations import Negotiations

    database = opened(tmp_path)
    migrate(database)
    found = Negotiations(database, house(tmp_path, desk_lm())).start(CASE, asked_for=True)
    operators = Operators(database)
    for name in ("olga", "paul"):
        operators.add(name, PASSWORD)
    token = operators.log_in("olga", PASSWORD)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE operators SET name = 'Debtor' WHERE name = 'paul'"))
        step = import_module("app.database.migrations.versions.step_0003")
        with Operations.context(MigrationContext.configure(connection)):
            step.downgrade()
            step.upgrade()
    assert operators.known(token).role is Role.ACTS
    assert {one.name: one.locked is not None for one in all_accounts(database)} == {"Debtor": True, "olga": False}
    assert operators.log_in("Debtor", PASSWORD) is None
    with database.reading() as session:
        assert row_of(session, found).link_generation == 0


def test_step_6_lets_what_was_said_in_english_go_on_so(tmp_path):
    from app.conversation.negotiations import Negotiations

    database = opened(tmp_path)
    migrate(database)
    service = Negotiations(database, house(tmp_path, desk_lm()))
    found = service.start(CASE, asked_for=True)
    while service.answer(found):
        pass
    with database.engine.begin() as connection:
        step = import_module("app.database.migrations.versions.step_0006")
        with Operations.context(MigrationContext.configure(connection)):
            step.downgrade()
            step.upgrade()
    with database.reading() as session:
        row = row_of(session, found)
        assert (row.language, view_of(row).debtor.language) == ("", None)
    service.receive(found, "20 monthly instalments?")
    while service.answer(found):
        pass
    with database.reading() as session:
        assert "Our offer" in messages_of(session, found)[-1].text
