"""How fast a model reads and writes on this machine: lately, and usually; kept from one process to the next."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import platformdirs

from plumbing.files import replace_file

FILE = "speeds.json"
LATELY_S = 20.0
"""What was measured longer ago says nothing about now."""
FADES = 0.99
"""Each call brings the usual speed, which is the highest one, this much closer to what is measured."""
FEWEST_TOKENS = 8
"""Shorter texts are measured too roughly."""
THREADS_GAIN = 0.67
"""n threads write about n ** 0.67 times as fast as one: memory, not arithmetic, is what they wait for."""


class Measured(NamedTuple):
    """One measurement."""

    tokens_s: float
    at: float
    """By the clock of `Speeds`."""


class Speeds:
    """What one model file reaches on this machine, in tokens a second.

    Args:
        model: names the file.
        cores: that were there to read with; on another number everything is measured anew.
        path: where it is kept; default: `speeds.json` in the user's cache folder.
        clock: seconds, for tests.
    """

    def __init__(
        self, model: str, cores: int, path: Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._key = f"{model}, {cores} cores"
        self._path = path or platformdirs.user_cache_path("maden") / FILE
        self._clock = clock
        self._lock = threading.Lock()
        self._last: dict[str, Measured] = {}
        self._usual: dict[str, float] = _kept(self._path).get(self._key, {})

    def wrote(self, threads: int, tokens: int, seconds: float) -> None:
        """A reply was written."""
        self._add(f"write {threads}", tokens, seconds)

    def read(self, tokens: int, seconds: float) -> None:
        """A part of a prompt was read."""
        self._add("read", tokens, seconds)

    def usual_writing(self, threads: int) -> float | None:
        """The highest speed lately reached with so many threads, or what another number makes likely; None: unknown."""
        if (known := self._usual.get(f"write {threads}")) is not None:
            return known
        others = [
            tokens_s * (threads / int(name.split()[1])) ** THREADS_GAIN
            for name, tokens_s in self._usual.items()
            if name.startswith("write ")
        ]
        return max(others, default=None)

    def lately_writing(self, threads: int) -> float | None:
        """What the last reply was written with, if that was within `LATELY_S`."""
        last = self._last.get(f"write {threads}")
        return last.tokens_s if last and self._clock() - last.at <= LATELY_S else None

    @property
    def usual_reading(self) -> float | None:
        """The highest speed lately reached in reading; None: unknown."""
        return self._usual.get("read")

    def keep(self) -> None:
        """Write the usual speeds down for the next process; a folder that cannot be written is no reason to fail."""
        with self._lock, contextlib.suppress(OSError):
            content = {**_kept(self._path), self._key: {name: round(value, 2) for name, value in self._usual.items()}}
            replace_file(self._path, json.dumps(content, indent=1, sort_keys=True).encode())

    def _add(self, name: str, tokens: int, seconds: float) -> None:
        if tokens < FEWEST_TOKENS or seconds <= 0:
            return
        found = tokens / seconds
        with self._lock:
            usual = self._usual.get(name, found)
            self._usual[name] = max(found, usual * FADES + found * (1 - FADES))
            self._last[name] = Measured(found, self._clock())


def _kept(path: Path) -> dict[str, dict[str, float]]:
    """What earlier processes wrote down; nothing where there is no such file, or another one."""
    try:
        content = json.loads(path.read_text())
        return {
            str(key): {str(name): float(value) for name, value in speeds.items()} for key, speeds in content.items()
        }
    except (OSError, ValueError, AttributeError, TypeError):
        return {}
