"""Opening the service's database for a command: a new one where it may be made, else only one that is there."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, make_url
from sqlalchemy.exc import ArgumentError

from app.database.migrating import migrate
from app.database.tables import AuditRow
from app.database.transactions import Database
from plumbing.errors import UserError


def open_database(url: str) -> Database:
    """The database at `url` in the shape of this version; a file is made where there is none.

    Raises:
        UserError: nothing answers there, or what does is not this version's to use.
    """
    database = Database(url)
    migrate(database)
    return database


def open_existing(url: str) -> Database:
    """The same for what makes no sense without a database: a mistyped path makes none.

    Raises:
        UserError: as above, or there is none.
    """
    if (path := sqlite_file(url)) is not None and not path.is_file():
        raise UserError(f"there is no database at {path}; name one with --database sqlite:///FILE")
    database = Database(url)
    if not inspect(database.engine).has_table(AuditRow.__tablename__):
        database.close()
        raise UserError(f"{database.told_url} is no database of this service; name one with --database")
    migrate(database)
    return database


def sqlite_file(url: str) -> Path | None:
    """Where SQLite keeps the database; None for another database, or for a URL that is none."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        return None
    return Path(parsed.database or "") if parsed.get_backend_name() == "sqlite" else None
