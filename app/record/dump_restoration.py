"""A dump back into an empty database, or nothing of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, insert, select
from sqlalchemy.orm import Session

from app.database import audit_log as audit
from app.database.migrating import step_of
from app.database.tables import Moment
from app.database.transactions import Database
from app.record.checking import faults_of
from app.record.dumping import DumpHead, dumped_tables, read_head
from plumbing.errors import UserError


def restore(database: Database, path: Path) -> DumpHead:
    """Put every row of a dump into a database, and hold its audit chain against the dump's.

    Raises:
        UserError: the dump is of another step than the database, the database is not empty, or what would be restored
            is not whole; nothing is restored.
    """
    head = read_head(path)
    if (step := step_of(database)) != head.step:
        raise UserError(
            f"the dump is of step {head.step}, this version of maden works with {step}; use the one it is of"
        )
    database.transaction(partial(_fill, path=path, head=head))
    return head


def _fill(session: Session, path: Path, head: DumpHead) -> None:
    tables = {table.name: table for table in dumped_tables()}
    for table in tables.values():
        if session.execute(select(table).limit(1)).first() is not None:
            raise UserError("the database is not empty; name a new one with --database")
    with path.open("rb") as file:
        for name, rows in groupby(_rows(file), key=lambda one: str(one["table"])):
            while some := list(islice(rows, audit.BATCH)):
                session.execute(insert(tables[name]), [_typed(tables[name], one["row"]) for one in some])
    _set_counters(session, tables.values())
    _require_whole(session, head)


def _require_whole(session: Session, head: DumpHead) -> None:
    found = audit.verify(session)
    faults = faults_of(session, found, None, None)
    if (found.entries, found.last_sha256) != (head.entries, head.head):
        faults.append("the audit chain does not end as it did when it was dumped")
    if faults:
        raise UserError(f"nothing is restored, since the record would not be whole: {faults[0]}")


def _rows(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """The rows of a dump's lines; the head and the end name no table."""
    return (row for row in map(json.loads, lines) if "table" in row)


def _typed(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """A row with its times as times."""
    times = [column.name for column in table.columns if isinstance(column.type, Moment)]
    return row | {name: datetime.fromisoformat(row[name]) for name in times if row[name] is not None}


def _set_counters(session: Session, tables: Iterable[Table]) -> None:
    """Let PostgreSQL number what comes next after what was restored; SQLite does so by itself."""
    if session.get_bind().dialect.name != "postgresql":
        return
    for table in tables:
        if (counted := table.autoincrement_column) is not None:
            sequence = func.pg_get_serial_sequence(table.name, counted.name)
            session.execute(select(func.setval(sequence, func.coalesce(func.max(counted) + 1, 1), False)))
