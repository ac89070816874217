"""A SQLite file that the threads and processes of one run share; what was committed survives kill -9.

Write-ahead log, so that readers do not wait for writers; one connection a process, so that its threads take turns
instead of waiting for each other's locks. A commit is in the system's hands when the call returns but not synced to the
disk: a power cut may cost the last seconds, while syncing (3.5 ms here, one thread after another) would lengthen, for
every answer, the time in which kill -9 can still lose it.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from plumbing.errors import UserError

BUSY_TIMEOUT_S = 60.0
"""How long one process waits for another one's transaction; each takes milliseconds."""


class SharedFile:
    """One open SQLite file; a forked child must open its own.

    Args:
        path: made with its folders if missing.

    Raises:
        UserError: it cannot be opened, read or written; also from every method.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        with self._told():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A block that is written whole or not at all; the only writer of the file while it runs."""
        with self._lock, self._told():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a SELECT finds."""
        with self._lock, self._told():
            return self._connection.execute(sql, values).fetchall()

    def close(self) -> None:
        """Close the file; it cannot be used afterwards."""
        with self._lock:
            self._connection.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's and the system's errors as a sentence: a full disk must never pass unnoticed here."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise UserError(
                f"cannot use the run's file {self.path} ({error}); "
                "see that the disk has space and the file is whole, then resume the run"
            ) from error
