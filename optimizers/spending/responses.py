"""Every model answer of a run, kept beside what it cost, so that a run that was cut off pays for none of them again.

`ResponseStore` stands where DSPy looks for cached answers (`dspy.cache`, read in dspy/clients/execution.py). An answer
is one committed row before the call returns, so its cost and the answer itself survive kill -9 together. Unlike DSPy's
own cache it is JSON, not pickle, and a full disk is an error: an answer that was lost without a word is paid twice.
"""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import dspy
from dspy.clients.cache import Cache
from dspy.utils.callback import ACTIVE_CALL_ID, BaseCallback

from optimizers.spending.answer_json import dumped, loaded, usage_of
from optimizers.spending.one_at_a_time import Questions
from optimizers.spending.sqlite_file import SharedFile
from programs.models.accounts import Cost, answered, current_role
from programs.models.pace import watching

POLL_S = 0.02
_SUMS = ("calls", "cached_calls", "truncated_calls", "tokens_in", "tokens_out", "money_usd")
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS answers (
        key TEXT PRIMARY KEY, role TEXT NOT NULL, model TEXT NOT NULL,
        calls INTEGER NOT NULL, cached_calls INTEGER NOT NULL, truncated_calls INTEGER NOT NULL,
        tokens_in INTEGER NOT NULL, tokens_out INTEGER NOT NULL, money_usd REAL, record TEXT NOT NULL)""",
    f"CREATE INDEX IF NOT EXISTS costs ON answers (role, {', '.join(_SUMS)})",  # sums never read the answers' text
)
_INSERT = f"INSERT INTO answers (key, role, model, {', '.join(_SUMS)}, record) VALUES (?,?,?,?,?,?,?,?,?,?)"
_PAID = f"{_INSERT} ON CONFLICT (key) DO UPDATE SET {', '.join(f'{s} = {s} + excluded.{s}' for s in _SUMS)}"
_COPIED = f"{_INSERT} ON CONFLICT (key) DO NOTHING"


@dataclass(frozen=True)
class PendingCall:
    """A call that no stored answer serves: the next thing it does is cost money."""

    id: str | None
    """DSPy's id of the call; None for one made outside `ResponseStore.installed`."""
    lm: Any
    """The `dspy.LM`; None where `id` is."""
    request: dict[str, Any]
    """What DSPy makes the cache's key of: model, messages, settings."""

    @property
    def model(self) -> str:
        """The model string."""
        return str(self.request.get("model") or self.request.get("request", {}).get("model", ""))


class Gate(Protocol):
    """Who decides whether a call may be paid (`optimizers.spending.budget.Budget`)."""

    def check(self) -> None:
        """Raise if nothing may be paid any more."""
        ...

    def reserve(self, call: PendingCall) -> None:
        """Set the cost of `call` aside, or raise."""
        ...

    def settle(self, call: PendingCall, connection: sqlite3.Connection) -> None:
        """`call` was answered; in the transaction that books its cost, so that it never counts twice."""
        ...

    def release(self, call_id: str) -> None:
        """The call has ended, answered or not; one that was never reserved, or is settled, is no error."""
        ...


class RunEnded(BaseException):
    """A worker of a run whose store is closed tries to pay for another call.

    No `Exception`, so that neither DSPy's callbacks nor its optimisers go on after it.
    """


class ResponseStore(BaseCallback):
    """The answers of one run in a SQLite file; safe for threads, and for several processes at once.

    Args:
        path: the file, made if missing.
        fallback: the user's DSPy cache. What it holds is copied into the run's file and books no money.

    Raises:
        UserError: the file cannot be opened.
    """

    def __init__(self, path: Path, fallback: Cache | None) -> None:
        self.file = SharedFile(path)
        with self.file.transaction() as connection:
            for statement in _SCHEMA:
                connection.execute(statement)
        self.gate: Gate | None = None
        self.failure: Exception | None = None
        """Why a paid answer could not be stored; every later call that would be paid raises it again."""
        self._fallback = fallback
        self._keys = Cache(enable_disk_cache=False, enable_memory_cache=False, disk_cache_dir=None)
        self._lock = threading.Lock()
        self._lms: dict[str, Any] = {}
        self._questions = Questions()
        self._installed = 0

    @contextmanager
    def installed(self) -> Iterator[None]:
        """A block whose LM calls, in threads of DSPy and of `playing.evaluate` too, are answered from here first."""
        before = dspy.cache
        dspy.cache = self
        self._installed += 1
        try:
            with dspy.context(callbacks=[*dspy.settings.callbacks, self]), watching(self._check):
                yield
        finally:
            self._installed -= 1
            dspy.cache = before

    def get(self, request: dict[str, Any], ignored_args_for_cache_key: list[str] | None = None) -> Any:
        """The stored answer as DSPy's cache returns one, None when it is to be paid now.

        Raises:
            Halted: it would have to be paid, and the gate does not let it through.
            UserError: the file cannot be used, or an earlier answer could not be stored.
        """
        key = self._key(request, ignored_args_for_cache_key)
        if (stored := self._stored(key)) is not None:
            return stored
        call = self._pending(request)
        while call.id is not None and not self._questions.may_ask(key, call.id, self._check):
            if (stored := self._stored(key)) is not None:
                return stored
        found = self._fallback.get(request, ignored_args_for_cache_key) if self._fallback is not None else None
        if found is not None:
            self._write(_COPIED, key, call, Cost(cached_calls=1), found)
            return found
        if self.failure is not None:
            raise self.failure
        if self.gate is not None:
            self.gate.reserve(call)
        return None

    def put(
        self,
        request: dict[str, Any],
        value: Any,
        ignored_args_for_cache_key: list[str] | None = None,
        enable_memory_cache: bool = True,
    ) -> None:
        """Store a paid answer with its cost. Of two answers to one request the first is kept, and both are booked.

        Args:
            request, value, ignored_args_for_cache_key, enable_memory_cache: as of DSPy's cache.

        Raises:
            UserError: it cannot be written.
        TypeError: it is no answer of a language model.
        """
        try:
            call = self._pending(request)
            cost = answered(call.lm, *usage_of(value))
            self._write(_PAID, self._key(request, ignored_args_for_cache_key), call, cost, value)
        except Exception as error:
            self.failure = error
            raise
        if self._fallback is not None:
            self._fallback.put(request, value, ignored_args_for_cache_key, enable_memory_cache)

    def totals(self) -> dict[str, Cost]:
        """What the run's answers cost, per role in alphabetical order; the seconds are not kept.

        The same whatever the order of the calls and however often the run was cut off: money is summed exactly, and
        an answer that the run paid for once is not counted again where it served a second time.
        """
        by_role: dict[str, list[tuple[Any, ...]]] = {}
        for role, *figures in self.file.rows(f"SELECT role, {', '.join(_SUMS)} FROM answers"):
            by_role.setdefault(role, []).append(tuple(figures))
        return {role: _sum(by_role[role]) for role in sorted(by_role)}

    def paid(self) -> tuple[int, float | None]:
        """Calls that were paid for so far, by all processes, and their USD; None where one price is unknown."""
        [(calls, money, unknown)] = self.file.rows(
            "SELECT COALESCE(SUM(calls), 0), COALESCE(SUM(money_usd), 0.0), COUNT(*) - COUNT(money_usd) FROM answers"
        )
        return calls, None if unknown else money

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        """DSPy's callback: remember whose call it is."""
        if not self._installed:
            raise RunEnded("the run is over: this call would be paid and its answer lost")
        with self._lock:
            self._lms[call_id] = instance

    def on_lm_end(self, call_id: str, outputs: Any, exception: BaseException | None = None) -> None:
        """DSPy's callback: what was set aside for the call is free again."""
        with self._lock:
            self._lms.pop(call_id, None)
        self._questions.ended(call_id)
        if self.gate is not None:
            self.gate.release(call_id)

    def wait_for_calls(self, timeout_s: float) -> None:
        """Until what is being asked is answered and stored: an optimiser that ends early leaves threads behind."""
        deadline = time.monotonic() + timeout_s
        while self._lms and time.monotonic() < deadline:
            time.sleep(POLL_S)

    def close(self) -> None:
        """Close the file."""
        self.file.close()

    def __deepcopy__(self, memo: dict[int, Any]) -> ResponseStore:
        return self  # one file, whoever copies the settings

    def _stored(self, key: str) -> Any:
        rows = self.file.rows("SELECT record FROM answers WHERE key = ?", key)
        return loaded(rows[0][0]) if rows else None

    def _check(self) -> None:
        if self.gate is not None:
            self.gate.check()

    def _pending(self, request: dict[str, Any]) -> PendingCall:
        call_id = ACTIVE_CALL_ID.get()
        with self._lock:
            lm = self._lms.get(call_id) if call_id else None
        return PendingCall(call_id if lm is not None else None, lm, request)

    def _key(self, request: dict[str, Any], ignored: list[str] | None) -> str:
        return self._keys.cache_key(request, ignored)

    def _write(self, statement: str, key: str, call: PendingCall, cost: Cost, value: Any) -> None:
        figures = [getattr(cost, name) for name in _SUMS]
        record = dumped(value)
        with self.file.transaction() as connection:
            connection.execute(statement, (key, current_role(), call.model, *figures, record))
            if cost.calls and self.gate is not None:
                self.gate.settle(call, connection)


def _sum(rows: Sequence[tuple[Any, ...]]) -> Cost:
    columns: dict[str, list[Any]] = {name: [row[i] for row in rows] for i, name in enumerate(_SUMS)}
    money = columns.pop("money_usd")
    add: Callable[[list[int]], int] = sum
    return Cost(
        **{name: add(values) for name, values in columns.items()},
        money_usd=None if None in money else math.fsum(money),
    )
