"""Wakes who watches a negotiation: at once when this process changes it, within a look when another one does.

The audit log is the feed. Whatever changes a negotiation appends to it in the same transaction, and its numbers grow
without a gap in the order of the commits. So one small query tells every watcher of a process what others did; on
PostgreSQL it is made as soon as another process commits (`app.database.notifications`).
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from starlette.concurrency import run_in_threadpool

from app.database import audit_log as audit
from app.database.transactions import Database
from app.serving.limits import STREAMS_OF_A_LINK, STREAMS_OF_A_NEGOTIATION

LOOK_EVERY_S = 1.5
"""How often a process looks for what others did."""
REFRESH_S = 60.0


class ChangeWatcher:
    """One who waits for changes, in the event loop in which it was made.

    Args:
        link: whose holder it is; those of one link are counted together.
    """

    def __init__(self, link: str = "") -> None:
        self.link = link
        self.displaced = False
        """Others came after it, more than there may be; it is to leave."""
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self.refresh_at = time.monotonic() + REFRESH_S

    def wake(self) -> None:
        """There is something new; from any thread."""
        with contextlib.suppress(RuntimeError):  # its loop has ended
            self._loop.call_soon_threadsafe(self._woken.set)

    async def woken(self, timeout_s: float) -> bool:
        """Wait to be woken; False after `timeout_s`. Woken again before the next wait, that wait ends at once."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):  # wait_for makes a task, and most waits end here
                await self._woken.wait()
        woken = self._woken.is_set()
        self._woken.clear()
        return woken


class Changes:
    """Who watches which negotiation; safe for threads.

    Args:
        database: whose commits are told.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self._watchers: dict[str, list[ChangeWatcher]] = {}
        """Of each negotiation, as they came."""
        self._own: set[int] = set()
        """Entries that this process wrote after `_seen`: their watchers have been woken."""
        self._seen: int | None = None
        self._next_look = 0.0
        self._lock = threading.Lock()
        database.on_commit.append(self._committed)

    @contextlib.contextmanager
    def watching(self, negotiation_id: str, link: str = "") -> Iterator[ChangeWatcher]:
        """A watcher; whatever is committed from here on wakes it. Read after entering, or a change may be missed.

        Where there are too many of the link or the negotiation, the oldest is displaced.
        """
        watcher = ChangeWatcher(link)
        with self._lock:
            watchers = self._watchers.setdefault(negotiation_id, [])
            watchers.append(watcher)
            _displace(watchers, link)
        try:
            yield watcher
        finally:
            with self._lock:
                watchers = self._watchers[negotiation_id]
                watchers.remove(watcher)
                if not watchers:
                    del self._watchers[negotiation_id]
                if not self._watchers:
                    self._seen = None  # nobody follows the log any more
                    self._own.clear()

    async def wait(self, watcher: ChangeWatcher) -> bool:
        """Wait for a change, but no longer than for a look, which finds what others did; whether there is one to see.

        Once in `REFRESH_S` there is one anyway: what is shown also hangs on the debtor's date.
        """
        changed = await watcher.woken(LOOK_EVERY_S)
        if not changed and time.monotonic() >= self._next_look:
            await run_in_threadpool(self.look)
        if changed or time.monotonic() >= watcher.refresh_at:
            watcher.refresh_at = time.monotonic() + REFRESH_S
            return True
        return False

    def look(self) -> None:
        """Find what other processes did, for all watchers; nothing if somebody has just looked."""
        with self._lock:
            if time.monotonic() < self._next_look:
                return
            self._next_look = time.monotonic() + LOOK_EVERY_S
            seen = self._seen
        with self.database.reading() as session:
            last = audit.last_number(session)
            entries = audit.since(session, seen) if seen is not None and seen < last else {}
        with self._lock:
            others = {changed for number, changed in entries.items() if number not in self._own}
            if seen is None:  # what was changed before the first look is not known
                others = set(self._watchers)
            self._seen = max(last, *entries, seen or 0)
            self._own = {number for number in self._own if number > self._seen}
        self._wake(others)

    def heard(self) -> None:
        """Another process has committed: look now, if anybody watches."""
        with self._lock:
            if not self._watchers:
                return
            self._next_look = 0.0
        self.look()

    def watched(self) -> int:
        """How many watchers there are."""
        with self._lock:
            return sum(map(len, self._watchers.values()))

    def _committed(self, entries: Mapping[int, str]) -> None:
        with self._lock:
            if self._watchers:
                self._own.update(entries)
        self._wake(entries.values())

    def _wake(self, negotiation_ids: Iterable[str]) -> None:
        with self._lock:
            watchers = [one for changed in negotiation_ids for one in self._watchers.get(changed, ())]
        for one in watchers:
            one.wake()


def _displace(watchers: Sequence[ChangeWatcher], link: str) -> None:
    staying = [one for one in watchers if not one.displaced]
    of_link = [one for one in staying if one.link == link]
    for found, most in ((of_link, STREAMS_OF_A_LINK), (staying, STREAMS_OF_A_NEGOTIATION)):
        if len(found) > most:
            found[0].displaced = True
            found[0].wake()
            return
