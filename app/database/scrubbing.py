"""After a deletion: what was deleted leaves the database's files too.

SQLite overwrites what it deletes with zeros (`secure_delete`), but copies stay where pages were moved about, and in the
write-ahead log until that is emptied. `VACUUM` writes the file anew, and a checkpoint empties the log, while the
service runs. PostgreSQL's `VACUUM` makes the space of deleted rows free to be overwritten, and takes no bytes out.
"""

from __future__ import annotations

import sqlite3
import time

from app.database.tables import CaseFindingRow, MessageRow, NegotiationRow
from app.database.transactions import BUSY_S, Database
from plumbing.errors import UserError

LEFT_BEHIND = (
    "it is deleted, but its bytes are still in the database's files, because something kept reading or writing them; "
    "run the command once more to take them out"
)
_TABLES = ", ".join(one.__tablename__ for one in (MessageRow, NegotiationRow, CaseFindingRow))


def scrub(database: Database) -> None:
    """Take what was deleted out of the database's files, as far as the database can.

    Raises:
        UserError: it cannot be done now, since somebody reads or writes all the time.
    """
    if database.engine.dialect.name == "sqlite":
        _write_anew(database)
        return
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"VACUUM {_TABLES}")


def _write_anew(database: Database) -> None:
    until = time.monotonic() + BUSY_S
    connection = database.engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("VACUUM")
        while cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            if time.monotonic() > until:
                raise UserError(LEFT_BEHIND)
            time.sleep(0.05)
    except sqlite3.OperationalError as error:
        raise UserError(LEFT_BEHIND) from error
    finally:
        connection.close()
