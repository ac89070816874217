"""A file of lines, each under a key: what was done is found again by whoever looks for it, in whatever process."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Generic, TypeVar

from plumbing.files import LineReader, append_line

T = TypeVar("T")


class KeyedLog(Generic[T]):
    """An append-only file with one line a value; safe for threads and for several processes.

    A line is one `O_APPEND` write. A torn one (a crash, a full disk), or one that another version wrote, is passed
    over: what stood there is owed again.

    Args:
        path: made with its folders at the first `add`.
        key: of a value.
        read: a line's value; raises ValueError, KeyError or TypeError where it is none.
        later_stands: whether of two lines with one key the later stands; else the first does, for whoever reads.
    """

    def __init__(
        self, path: Path, key: Callable[[T], Hashable], read: Callable[[bytes], T], *, later_stands: bool = False
    ) -> None:
        self.path = path
        self._key, self._read, self._later_stands = key, read, later_stands
        self._lock = threading.Lock()
        self._file = LineReader(path)
        self._values: dict[Hashable, T] = {}

    def get(self, key: Hashable) -> T | None:
        """The value of `key`, written by this process or another one; None if there is none."""
        with self._lock:
            if key not in self._values:
                self._catch_up()
            return self._values.get(key)

    def add(self, value: T, line: bytes) -> None:
        """Append `line`, which reads as `value`; nothing is written where an earlier value of its key stands.

        Raises:
            OSError: it cannot be written; what was written before stays readable.
        """
        with self._lock:
            self._catch_up()
            if self._later_stands or self._key(value) not in self._values:
                append_line(self.path, line)
                self._values[self._key(value)] = value

    def values(self) -> list[T]:
        """All values, in the order in which their keys came."""
        with self._lock:
            self._catch_up()
            return list(self._values.values())

    def _catch_up(self) -> None:
        """Read the whole lines that were appended since the last look."""
        for line in self._file.new_lines():
            with contextlib.suppress(ValueError, KeyError, TypeError):  # torn, or another version's
                value = self._read(line)
                if self._later_stands or self._key(value) not in self._values:
                    self._values[self._key(value)] = value
