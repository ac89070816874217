"""Costly work in threads of its own, a little at a time, so that nobody else waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class Busy(Exception):
    """Too many wait already."""


class InTurn:
    """Runs so many pieces of work at once and keeps so many more waiting, for the coroutines of one event loop.

    Starlette's own threads are not used: forty requests that wait in them would keep everybody else out.

    Args:
        at_once: pieces that run.
        waiting: pieces that wait.
    """

    def __init__(self, at_once: int, waiting: int) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="in-turn")
        self._room = at_once + waiting

    async def run(self, work: Callable[[], Result]) -> Result:
        """The result of `work`.

        Raises:
            Busy: too many wait.
        """
        if self._room <= 0:
            raise Busy
        self._room -= 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._room += 1
