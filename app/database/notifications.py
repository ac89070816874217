"""Hears at once of what other processes commit: LISTEN and NOTIFY, where the database is PostgreSQL.

A notification says only that there is something to read, and who wrote it. Whoever misses one, while the connection is
lost or on another database, finds the same in the audit log at the next look (`app.conversation.changes`).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from prometheus_client import Counter

from app.database.transactions import CHANNEL, Database

AGAIN_S = 2.0
"""After the connection was lost."""
LISTENS_S = 0.5
"""How long a stop may wait for the listener."""
FAILURES = Counter("maden_listener_failures_total", "Times that the listener for other processes' commits failed.")
logger = logging.getLogger(__name__)


class Listener:
    """A thread with a connection of its own, on PostgreSQL; nothing on SQLite.

    Args:
        database: whose commits by others are told.
        told: called from the thread after a commit, or several, and when the connection is made anew.
    """

    def __init__(self, database: Database, told: Callable[[], None]) -> None:
        self.database = database
        self._told = told
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="listener", daemon=True)
        self._listens = database.engine.dialect.name == "postgresql"

    def start(self) -> None:
        """Begin to listen."""
        if self._listens:
            self._thread.start()

    def stop(self) -> None:
        """Let the connection go."""
        self._stopping.set()
        if self._listens:
            self._thread.join()

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                self._hear()
            except Exception as error:
                FAILURES.inc()
                logger.warning("other processes' commits are found by looking until the listener is back: %s", error)
                self._stopping.wait(AGAIN_S)

    def _hear(self) -> None:
        with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            driver: Any = connection.connection.driver_connection
            connection.detach()  # it is kept, and is none of the pool's
            driver.execute(f"LISTEN {CHANNEL}")
            self._told()
            while not self._stopping.is_set():
                heard = list(driver.notifies(timeout=LISTENS_S, stop_after=1))
                if any(one.payload != self.database.origin for one in heard):
                    self._told()
