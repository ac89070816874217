"""Brings a database to the shape that this version of the service works with."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import func, select

from app.database.transactions import Database
from plumbing.errors import UserError

MIGRATING = 0x6D6164656F
"""Key of the lock for which processes that start at once queue on PostgreSQL; on SQLite one writes at a time."""
_FOLDER = Path(__file__).with_name("migrations")


def migrate(database: Database) -> None:
    """Run the steps that are missing; in an up-to-date database none.

    Raises:
        UserError: the database belongs to a newer version of the service.
    """
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    known = {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}
    with database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))
        stands = MigrationContext.configure(connection).get_current_revision()
        if stands is not None and stands not in known:
            raise UserError(f"the database is of a newer version of maden (step {stands}); update maden")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
