"""Where the tests of the service keep their data: SQLite, or the server that MADEN_TEST_DATABASE names.

On a server each test folder has a schema of its own, and the same folder always the same one, so that what is
started anew in a folder finds its data there. A schema says in its comment which folder it belongs to.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from app.database.tables import Base
from app.database.transactions import Database

SERVER = os.environ.get("MADEN_TEST_DATABASE", "")
"""An SQLAlchemy URL such as postgresql+psycopg://USER:PASSWORD@HOST/NAME; empty: SQLite."""
_opened: list[Database] = []


def url_of(folder: Path) -> str:
    """The database of a test folder; on a server its schema is made."""
    if not SERVER:
        return f"sqlite:///{folder / 'app.sqlite'}"
    schema = f"maden_test_{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
    _on_server(f"CREATE SCHEMA IF NOT EXISTS {schema}", f"COMMENT ON SCHEMA {schema} IS '{folder}'")
    url = make_url(SERVER).update_query_dict({"options": f"-csearch_path={schema}"})
    return url.render_as_string(hide_password=False)


def opened(folder: Path) -> Database:
    """The database of a test folder; `close_down_to` closes it."""
    database = Database(url_of(folder))
    _opened.append(database)
    return database


def number_open() -> int:
    return len(_opened)


def close_down_to(number: int) -> None:
    """Close the databases that were opened after the first `number`."""
    while len(_opened) > number:
        _opened.pop().close()


def drop_below(folder: Path) -> None:
    """Drop the schemas of the test folders below `folder`."""
    if not SERVER:
        return
    found = _on_server(
        "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'maden\\_test\\_%' "
        f"AND starts_with(obj_description(oid, 'pg_namespace'), '{folder}/')"
    )
    for name in found:  # one by one: a transaction locks every table that it drops, and a server has so many locks
        _on_server(f"DROP SCHEMA {name} CASCADE")


def _on_server(*statements: str) -> list[str]:
    """Run `statements`; the first column of what the last one returns."""
    engine = create_engine(SERVER)
    rows: list[str] = []
    with engine.begin() as connection:
        for statement in statements:
            result = connection.execute(text(statement))
            rows = list(result.scalars()) if result.returns_rows else []
    engine.dispose()
    return rows


def stored_bytes(database: Database, folder: Path) -> bytes:
    """Everything that the database of a folder holds: SQLite's files, or every row as PostgreSQL prints it."""
    if not SERVER:
        return b"".join(path.read_bytes() for path in folder.glob("app.sqlite*"))
    with database.engine.connect() as connection:
        tables = [f"SELECT t::text FROM {name} t" for name in Base.metadata.tables]
        return "\n".join(connection.execute(text(" UNION ALL ".join(tables))).scalars()).encode()
