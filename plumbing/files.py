"""Writing a file, or a line of one, whole or not at all; reading a file of lines that grows."""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The folder that our packages lie in: the repository, or where they are installed."""


def replace_file(path: Path, content: bytes) -> None:
    """Write `content` to `path` by way of a temporary file beside it; missing folders are made.

    Raises:
        OSError: the file cannot be written; what was at `path` is untouched and nothing is left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


class LineReader:
    """Reads the whole lines that were appended to a file since it was last looked at; safe for one thread at a time.

    Args:
        path: need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_to = 0

    def new_lines(self) -> list[bytes]:
        """The lines, without their breaks; a torn last one is left until it is whole, blank ones are left out."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._read_to)
                block = file.read()
        except FileNotFoundError:
            return []
        whole = block[: block.rfind(b"\n") + 1]
        self._read_to += len(whole)
        return [line for line in whole.split(b"\n") if line]


def append_line(path: Path, line: bytes) -> None:
    """Append `line` and a line break in one write, so that two processes may append to one file.

    After a torn line (a crash, a full disk) a new one is begun. Missing folders are made.

    Raises:
        OSError: it cannot be written whole.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        size = os.fstat(handle).st_size
        torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
        data = b"\n" * torn + line + b"\n"
        if os.write(handle, data) < len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        os.close(handle)
