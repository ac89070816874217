"""The whole database as one file of JSON lines, from either kind of database for either.

A head says which step of the database's shape it is of and how the audit chain ends; then each row of each table; the
last line counts them and has the hash of all before, so that a torn or changed file is noticed. Logins are left out.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.database import audit_log as audit
from app.database.migrating import step_of
from app.database.tables import Base, LoginRow
from app.database.transactions import Database
from app.record.checking import faults_of
from data.frozen import Frozen
from plumbing.errors import UserError

FORMAT = "maden dump 1"
OWNER_ONLY = 0o600


class DumpHead(Frozen):
    """The first line of a dump."""

    format: str
    step: str
    """Of the database's shape."""
    entries: int
    """Of the audit log."""
    head: str
    """Hash of its last entry."""


class DumpEnd(Frozen):
    """The last line of a dump."""

    rows: int
    sha256: str
    """Of every byte before this line."""


def dumped_tables() -> list[Table]:
    """What a dump holds, in an order in which rows can be put back."""
    return [table for table in Base.metadata.sorted_tables if table.name != LoginRow.__tablename__]


def dump(database: Database, path: Path) -> DumpHead:
    """Write everything of one moment into a new file that its owner alone may read.

    Raises:
        UserError: the file is there already, or the record is not whole, so that a dump would pass for good.
        OSError: it cannot be written; nothing is left behind.
    """
    with database.reading() as session:
        head = _head(session, step_of(database))
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        except FileExistsError as error:
            raise UserError(f"there is a {path} already; name a new file") from error
        try:
            with os.fdopen(handle, "wb") as file:
                for line in _lines(session, head):
                    file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            path.unlink()
            raise
    return head


def _head(session: Session, step: str) -> DumpHead:
    found = audit.verify(session)
    if faults := faults_of(session, found, None, None):
        raise UserError(f"nothing is dumped, since the record is not whole: {faults[0]}")
    return DumpHead(format=FORMAT, step=step, entries=found.entries, head=found.last_sha256)


def _lines(session: Session, head: DumpHead) -> Iterator[bytes]:
    digest, rows = hashlib.sha256(), -1  # the head is no row
    for content in chain([head.model_dump()], _rows(session)):
        line = json.dumps(content, default=datetime.isoformat, ensure_ascii=False).encode() + b"\n"
        digest.update(line)
        rows += 1
        yield line
    yield DumpEnd(rows=rows, sha256=digest.hexdigest()).model_dump_json().encode() + b"\n"


def _rows(session: Session) -> Iterator[dict[str, Any]]:
    for table in dumped_tables():
        with session.execute(select(table).execution_options(yield_per=audit.BATCH)) as found:
            for row in found.mappings():
                yield {"table": table.name, "row": dict(row)}


def read_head(path: Path) -> DumpHead:
    """The head of a dump that is whole to the last byte.

    Raises:
        UserError: there is no such file, it is no dump, or it is torn or changed.
    """
    digest, rows, last = hashlib.sha256(), -2, b""
    try:
        with path.open("rb") as file:
            head = DumpHead.model_validate_json(file.readline())
            file.seek(0)
            for line in file:
                digest.update(last)
                last, rows = line, rows + 1
    except OSError as error:
        raise UserError(f"the dump {path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise UserError(f"{path} is no dump; `python -m app dump FILE` writes one") from error
    if head.format != FORMAT:
        raise UserError(f"{path} is a dump of another version of maden ({head.format})")
    try:
        whole = DumpEnd.model_validate_json(last) == DumpEnd(rows=rows, sha256=digest.hexdigest())
    except ValidationError:
        whole = False
    if not whole:
        raise UserError(f"{path} is not whole: it was cut or changed after it was written")
    return head
