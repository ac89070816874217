"""The file of an SQLite database is its owner's alone: it holds what debtors wrote."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_OWNERS = 0o600
_OTHERS = 0o007
_BESIDE = ("", "-wal", "-shm")


def keep_private(path: Path) -> None:
    """Make the file of a database that is not there yet, for its owner alone; take it from everybody where it is there.

    SQLite gives the files beside it the same mode. A group that was given an existing file keeps it, as long as not
    everybody was.

    Args:
        path: of the database; missing folders are made.

    Raises:
        OSError: the file cannot be made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNERS))
    for one in (path.with_name(f"{path.name}{suffix}") for suffix in _BESIDE):
        with contextlib.suppress(FileNotFoundError, PermissionError):  # whose file is not ours is not ours to hide
            if one.stat().st_mode & _OTHERS:
                one.chmod(_OWNERS)
