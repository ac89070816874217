"""Writing a file, or a line of one, whole or not at all; reading a file of lines that grows.

Who may read what is written is the umask's to decide.
"""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The folder that our packages lie in: the repository, or where they are installed."""
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK}
"""What file systems without hard links answer."""


def replace_file(path: Path, content: bytes, *, durable: bool = False) -> None:
    """Write `content` to `path`, over an earlier file in a single step; missing folders are made.

    Args:
        path: a device or a pipe (`/dev/stdout`) is written to, not replaced.
        content: the whole of the file.
        durable: whether to wait until it is on the disk, for what no second run could make again.

    Raises:
        OSError: the file cannot be written; what was at `path` is untouched and nothing is left behind.
    """
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with _written_beside(path, content, durable) as temporary:
        temporary.replace(path)
    if durable:
        _sync_folder(path.parent)


def create_file(path: Path, content: bytes) -> None:
    """Write a new file, and wait until it is on the disk; two processes that create the same one never both succeed.

    Raises:
        FileExistsError: there is one already; it is untouched.
        OSError: it cannot be written; nothing is left behind.
    """
    with _written_beside(path, content, durable=True) as temporary:
        try:
            os.link(temporary, path)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            _write_new(path, content, durable=True)
    _sync_folder(path.parent)


@contextlib.contextmanager
def _written_beside(path: Path, content: bytes, durable: bool) -> Iterator[Path]:
    """A temporary file in the same folder that holds `content`."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    _write_new(temporary, content, durable)
    try:
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _write_new(path: Path, content: bytes, durable: bool) -> None:
    """Write a file that is not there yet; one that could not be written whole is taken away again."""
    with path.open("xb") as file:
        try:
            file.write(content)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        except BaseException:
            with contextlib.suppress(OSError):
                path.unlink()
            raise


def _sync_folder(folder: Path) -> None:
    """Put the folder's entry on the disk too, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


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
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o666)
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
