"""The cap on what a run may spend, kept by all its threads and processes together.

A call that no stored answer serves reserves its worst case first: as many tokens as its prompt can have, and the
longest reply it allows, at the listed price. It may go out if what is spent, what others have reserved and its own
worst case stay under the cap. So where replies have a length limit the cap is not passed at all; without one, by what
a reply is longer than assumed, at most one call a worker. Reservations are rows in the run's file; those of dead
processes lapse.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from data.frozen import Frozen
from optimizers.runs.halt import Halted, HaltReason
from optimizers.spending.responses import PendingCall, ResponseStore
from plumbing.errors import UserError
from programs.models.remote import most_tokens, price_usd

UNBOUNDED_REPLY_TOKENS = 4096
"""Assumed for a model that is asked without a length limit, as reasoning models are; their own is far above use."""
_PROCESS = secrets.token_hex(8)
"""Tells this process from an earlier one that had the same number."""
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS reservations (call_id TEXT PRIMARY KEY, pid INTEGER, process TEXT, usd REAL)",
    "CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, began REAL, last REAL)",
)


class Limits(Frozen):
    """Caps of one run, over all the times it is resumed; None: no cap."""

    max_usd: Annotated[float, Field(ge=0)] | None = None
    max_calls: Annotated[int, Field(ge=0)] | None = None
    """Calls that a model answers; what comes from a cache is none."""
    max_minutes: Annotated[float, Field(ge=0)] | None = None
    """Minutes in which the run was at work, the breaks between two sessions not counted."""


class Spent(NamedTuple):
    """What a run has used up so far."""

    calls: int
    usd: float | None
    """None: the price of at least one call is unknown."""
    minutes: float


class Budget:
    """Lets calls through while the run stays under its limits, and none after it has been halted once.

    Args:
        limits: the caps.
        store: the run's answers; the budget makes itself its gate.

    Raises:
        UserError: the run's file cannot be used.
    """

    def __init__(self, limits: Limits, store: ResponseStore) -> None:
        self.limits = limits
        self._store = store
        self._halted: Halted | None = None
        self._lock = threading.Lock()
        self._reserved: set[str] = set()
        self._session = secrets.token_hex(8)
        self._began, self._clock = time.time(), time.monotonic()
        with store.file.transaction() as connection:
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute("INSERT INTO sessions VALUES (?, ?, ?)", (self._session, self._began, self._began))
        store.gate = self

    @property
    def halted(self) -> Halted | None:
        """Why nothing may be paid any more; None while calls go through."""
        return self._halted

    @property
    def spent(self) -> Spent:
        """What the run has used up, all its processes and earlier sessions included."""
        return Spent(*self._store.paid(), self._active_minutes())

    @property
    def session_seconds(self) -> list[float]:
        """Wall time of every session of the run, the first one first; one that was killed ends with its last call."""
        with self._store.file.transaction() as connection:
            self._touch(connection)
        return [
            last - began for began, last in self._store.file.rows("SELECT began, last FROM sessions ORDER BY began")
        ]

    def check_prices(self, lms: Iterable[Any]) -> None:
        """Refuse models that the limits cannot be kept with, before the first call.

        Raises:
            UserError: a cap on money, and a model whose price nobody knows.
            ValueError: a model that does not look into the cache, so that no call of it is seen here.
        """
        for lm in lms:
            if not lm.cache:
                raise ValueError(f"{lm.model} has its cache off: its answers could be neither counted nor kept")
            if self.limits.max_usd is not None and price_usd(lm, lm.model, 1000, 1000) is None:
                raise UserError(
                    f"the price of {lm.model} is unknown, so a cap in USD cannot be kept; "
                    "cap the number of calls instead with --max-calls"
                )

    def check(self) -> None:
        """Raise `Halted` once the run has been halted."""
        if self._halted is not None:
            raise Halted(self._halted.reason, str(self._halted))

    def stop(self, reason: HaltReason, sentence: str | None = None) -> None:
        """Let no further call be paid; the first reason stays. Stored answers go on being served."""
        with self._lock:
            if self._halted is None:
                self._halted = Halted(reason, sentence or f"the run was stopped ({reason})")

    def reserve(self, call: PendingCall) -> None:
        """Set the worst case of `call` aside.

        Raises:
            Halted: it would pass a cap, or the run has been halted before.
            UserError: a cap on money, and the price of the model is unknown.
        """
        self.check()
        usd = self._worst_case(call) if self.limits.max_usd is not None else None
        with self._store.file.transaction() as connection:
            passed = self._passed(usd or 0.0, _live(connection))
            if passed is None and call.id is not None:
                row = (call.id, os.getpid(), _PROCESS, usd)
                connection.execute("INSERT OR REPLACE INTO reservations VALUES (?, ?, ?, ?)", row)
                self._reserved.add(call.id)
            self._touch(connection)
        if passed is not None:
            self.stop(*passed)
            self.check()

    def settle(self, call: PendingCall, connection: sqlite3.Connection) -> None:
        """In the transaction that books what `call` cost: what was set aside for it is free again."""
        if call.id is not None:
            connection.execute("DELETE FROM reservations WHERE call_id = ?", (call.id,))
            self._reserved.discard(call.id)
        self._touch(connection)

    def release(self, call_id: str) -> None:
        """The call has ended; if it was not answered, what was set aside for it is free again."""
        if call_id in self._reserved:
            with self._store.file.transaction() as connection:
                self.settle(PendingCall(call_id, None, {}), connection)

    def _passed(self, usd: float, reserved: list[float]) -> tuple[HaltReason, str] | None:
        """The cap that one more call of `usd` would pass, with the sentence that says so."""
        (calls, spent), limits = self._store.paid(), self.limits
        if limits.max_calls is not None and calls + len(reserved) + 1 > limits.max_calls:
            return "max_calls", f"the budget of {limits.max_calls} calls is used up"
        if limits.max_usd is not None:
            if spent is None:
                return "max_usd", "the price of an answered call is unknown, so the cap in USD cannot be kept"
            if spent + sum(reserved) + usd > limits.max_usd:
                return "max_usd", (
                    f"the budget of {limits.max_usd:g} USD is used up: {spent:.4f} USD are spent, "
                    f"{sum(reserved):.4f} USD set aside, and the next call may cost {usd:.4f} USD"
                )
        if limits.max_minutes is not None and self._active_minutes() >= limits.max_minutes:
            return "max_minutes", f"the budget of {limits.max_minutes:g} minutes is used up"
        return None

    def _worst_case(self, call: PendingCall) -> float:
        """USD of the longest reply to the longest reading of the prompt."""
        settings = {**call.request, **call.request.get("request", {}).get("config", {})}
        reply = settings.get("max_tokens") or settings.get("max_completion_tokens") or UNBOUNDED_REPLY_TOKENS
        usd = price_usd(call.lm, call.model, most_tokens(call.request), reply * (settings.get("n") or 1))
        if usd is None:
            raise UserError(f"the price of {call.model} is unknown, so a cap in USD cannot be kept")
        return usd

    def _touch(self, connection: sqlite3.Connection) -> None:
        """Note that the run is at work."""
        connection.execute("UPDATE sessions SET last = ? WHERE id = ?", (self._now(), self._session))

    def _now(self) -> float:
        """Wall-clock time that does not jump within a session."""
        return self._began + time.monotonic() - self._clock

    def _active_minutes(self) -> float:
        rows = self._store.file.rows("SELECT began, last FROM sessions WHERE id <> ?", self._session)
        return _covered([*rows, (self._began, self._now())]) / 60


def _live(connection: sqlite3.Connection) -> list[float]:
    """USD of every reservation whose process lives; the others are deleted."""
    live = []
    for call_id, pid, process, usd in connection.execute("SELECT * FROM reservations").fetchall():
        if process == _PROCESS or (pid != os.getpid() and _runs(pid)):
            live.append(usd or 0.0)
        else:
            connection.execute("DELETE FROM reservations WHERE call_id = ?", (call_id,))
    return live


def _runs(pid: int) -> bool:
    """Whether a process of this number is at work; one that was killed and not yet waited for is not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except ProcessLookupError:
        return False
    except OSError:  # someone else's process, or a system without /proc
        return True


def _covered(intervals: Iterable[tuple[float, float]]) -> float:
    """Seconds that lie in at least one of the intervals; processes at work at once count once."""
    total, end = 0.0, float("-inf")
    for began, last in sorted(intervals):
        total += max(0.0, last - max(began, end))
        end = max(end, last)
    return total
