"""The database: SQLite by default, PostgreSQL by URL; short transactions, tried again where another was in the way."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from pydantic_core import from_json
from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, IntegrityError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session, sessionmaker

from app.conduct.profile import Profile
from app.database.private_file import keep_private
from app.telemetry.spans import span
from plumbing.errors import UserError

DEFAULT_URL = "sqlite:///maden-app.sqlite"
BUSY_S = 30
"""How long a writer waits for another one (SQLite)."""
POOL_SIZE = 20
"""Connections that stay open, ten more for a rush; PostgreSQL has 100 unless its settings say otherwise."""
_ANY_ENGINE: dict[str, Any] = {"pool_size": POOL_SIZE, "json_deserializer": from_json}
TRIES = 20
WRITES = "writes"
"""In `Session.info` of a transaction that may write."""
PROFILE = "profile"
"""In `Session.info`: the rules of conduct, so that no message to a debtor is stored without its notices."""
ORIGIN = "origin"
"""In `Session.info` of such a transaction: `Database.origin`."""
CHANNEL = "maden"
"""Where PostgreSQL notifies other processes of commits, with the origin of each (`app.database.notifications`)."""
SYNCHRONOUS = "synchronous"
"""In `Connection.info`: how SQLite waits for the disk on that connection."""
CHANGED = "changed"
"""In `Session.info`: the negotiations that the transaction changes, by number in the audit log."""
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
        self.origin = secrets.token_hex(8)
        """Tells this process's commits from those of others."""
        try:
            parsed = make_url(url)
            if _is_sqlite(url) and _is_file(parsed.database):
                keep_private(Path(parsed.database).absolute())
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
        except DatabaseError as error:  # SQLite says so of a file in another format
            raise UserError(f"{_hidden(url)} is no database of this service: {error.orig}") from error
        self.on_commit: list[Callable[[Mapping[int, str]], None]] = []
        """Called after a commit with the ids of the negotiations that it changed, by number in the audit log."""
        # Either way a reader sees one state until it ends; by itself PostgreSQL would show another one to each query.
        one_state: dict[str, Any] = {"reading": True} if _is_sqlite(url) else {"isolation_level": "REPEATABLE READ"}
        self._readers = self._sessions(**one_state)
        self._info: dict[str, Any] = {WRITES: True, ORIGIN: self.origin}
        self._writers = self._sessions(info=self._info)
        self._hasty_writers = self._sessions(info=self._info, hasty=True)
        # SQLite's own waiting is a row of sleeps, up to 100 ms each and in no order.
        self._turn: AbstractContextManager[Any] = threading.Lock() if _is_sqlite(url) else nullcontext()

    def _sessions(self, info: dict[str, Any] | None = None, **options: bool | str) -> sessionmaker[Session]:
        return sessionmaker(self.engine.execution_options(**options), expire_on_commit=False, info=info)

    @property
    def told_url(self) -> str:
        """The URL without its password."""
        return _hidden(self.url)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that writes nothing; whatever it reads is of one moment."""
        with self._readers() as session:
            yield session

    def transaction(self, work: Callable[[Session], Result], *, durable: bool = True) -> Result:
        """Run `work` in one transaction; again, from the start, where another transaction was in its way.

        Args:
            work: must do nothing that cannot be done twice, but for what it does to the session.
            durable: whether it must outlive a power cut; waiting for the disk is most of what a transaction costs.
        """
        sessions = self._writers if durable else self._hasty_writers
        for attempt in range(TRIES):
            try:
                with span("store", durable=durable), self._turn, sessions.begin() as session:
                    result = work(session)
                self._tell(session.info.get(CHANGED, {}))
                return result
            except (IntegrityError, OperationalError) as error:
                if attempt + 1 == TRIES or not _passing(error):
                    raise
                time.sleep(0.005 * (attempt + 1))
        raise AssertionError("unreachable")

    def speak_by(self, profile: Profile) -> None:
        """Let every message that is stored for a debtor carry the notices of these rules."""
        self._info[PROFILE] = profile

    def _tell(self, changed: Mapping[int, str]) -> None:
        if changed:
            for listener in self.on_commit:
                listener(changed)

    def close(self) -> None:
        """Let all connections go."""
        self.engine.dispose()


def _engine(url: str) -> Engine:
    if not _is_sqlite(url):
        return _postgresql(url)
    engine = create_engine(url, **_ANY_ENGINE, connect_args={"timeout": BUSY_S})

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # SQLAlchemy's own BEGIN below
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "secure_delete = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        # A writer takes its lock at once: one that read first could not go on after another wrote.
        options = connection.get_execution_options()
        if options.get("reading"):
            connection.connection.driver_connection.execute("BEGIN")  # waits for nobody, and SQLAlchemy's way is slow
            return
        wanted = "NORMAL" if options.get("hasty") else "FULL"
        if connection.info.get(SYNCHRONOUS) != wanted:
            connection.exec_driver_sql(f"PRAGMA synchronous = {wanted}")
            connection.info[SYNCHRONOUS] = wanted
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _postgresql(url: str) -> Engine:
    engine = create_engine(url, **_ANY_ENGINE, pool_pre_ping=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        if connection.get_execution_options().get("hasty"):
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")

    return engine


def _is_sqlite(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def _is_file(name: str | None) -> TypeGuard[str]:
    """Whether SQLite keeps a database of this name in a file of this name."""
    return bool(name) and name != ":memory:" and not str(name).startswith("file:")


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
