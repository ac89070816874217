"""The database: SQLite by default, PostgreSQL by URL; short transactions, tried again where another was in the way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from data.errors import UserError

DEFAULT_URL = "sqlite:///maden-app.sqlite"
BUSY_S = 30
"""How long a writer waits for another one (SQLite)."""
TRIES = 20
Result = TypeVar("Result")


class Database:
    """A place for the service's tables.

    Args:
        url: an SQLAlchemy URL, `sqlite:///FILE` or `postgresql+psycopg://USER@HOST/NAME`.

    Raises:
        UserError: the URL is none, its driver is missing, or nothing answers there.
    """

    def __init__(self, url: str = DEFAULT_URL) -> None:
        self.url = url
        try:
            parsed = make_url(url)
            if parsed.get_backend_name() == "sqlite" and parsed.database:
                Path(parsed.database).absolute().parent.mkdir(parents=True, exist_ok=True)
            self.engine = _engine(url)
            with self.engine.connect():
                pass
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise UserError(
                f"{_hidden(url)} is no database URL that can be used here ({error}); "
                "write sqlite:///FILE, or postgresql+psycopg://USER@HOST/NAME with the extra `app`"
            ) from error
        except OperationalError as error:
            raise UserError(f"no database answers at {_hidden(url)}: {error.orig}") from error
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._readers = sessionmaker(self.engine.execution_options(reading=True), expire_on_commit=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that writes nothing."""
        with self._readers() as session:
            yield session

    def transaction(self, work: Callable[[Session], Result]) -> Result:
        """Run `work` in one transaction; again, from the start, where another transaction was in its way.

        `work` must do nothing that cannot be done twice, but for what it does to the session.
        """
        for attempt in range(TRIES):
            try:
                with self._sessions.begin() as session:
                    return work(session)
            except (IntegrityError, OperationalError) as error:
                if attempt + 1 == TRIES or not _passing(error):
                    raise
                time.sleep(0.005 * (attempt + 1))
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Let all connections go."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_S})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's own BEGIN below
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # A writer takes its lock at once: one that read first could not go on after another wrote.
        reads = connection.get_execution_options().get("reading")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _passing(error: DBAPIError) -> bool:
    """Whether the same work may succeed a moment later."""
    text = str(error.orig).lower()
    return isinstance(error, IntegrityError) or any(
        part in text for part in ("locked", "deadlock", "could not serialize", "busy")
    )


def _hidden(url: str) -> str:
    """The URL without its password."""
    try:
        return make_url(url).render_as_string(hide_password=True)
    except ArgumentError:
        return repr(url)
