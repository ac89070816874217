"""Brings a database to the shape that this version of the service works with."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select

from app.database.transactions import Database
from plumbing.errors import UserError

MIGRATING = 0x6D6164656F
"""Key of the lock for which processes that start at once queue on PostgreSQL; on SQLite one writes at a time."""
_FOLDER = Path(__file__).with_name("migrations")
_OURS = {"negotiations", "messages", "audit"}
"""Tables that every version of the service has had."""


def migrate(database: Database) -> None:
    """Run the steps that are missing; in an up-to-date database none.

    Raises:
        UserError: the database belongs to a newer version of the service, or to another program.
    """
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))  # configparser replaces %(names)s
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    with database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
        stands = MigrationContext.configure(connection).get_current_revision()
        _require_ours(set(inspect(connection).get_table_names()), stands, known)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _require_ours(tables: set[str], stands: str | None, known: set[str]) -> None:
    """Refuse a database that holds something else than this service's tables.

    Raises:
        UserError: it does.
    """
    if stands in known or (stands is None and tables <= {"alembic_version"}):
        return
    if stands is not None and tables >= _OURS:
        raise UserError(f"the database is of a newer version of maden (step {stands}); update maden")
    some = ", ".join(sorted(tables)[:3])
    raise UserError(f"the database is another program's: it has tables of its own ({some}); name an empty one")


def step_of(database: Database) -> str:
    """The step that a database stands at, after `migrate`."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision() or ""
