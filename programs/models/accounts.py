"""What a run cost: calls, cached calls, tokens, money and seconds, for each role and in total.

DSPy's own counters miss what is needed here: `track_usage` loses what other threads used and knows neither
money nor cached calls. A `CostAccount` is a DSPy callback instead. It sees the start and end of every LM call of every
thread in whose settings it stands (Parallel and Evaluate hand them on), and finds the call's usage in the history entry
that holds the very reply object the callback was given.

    account = Account()
    with account.watching():
        with role("planner"):
            planner(case=...)
    account.total.money_usd
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import dspy
from dspy.utils.callback import BaseCallback

Role = Literal["planner", "negotiator", "judge", "debtor", "proposer", "other"]
"""Who caused a call; `other` for calls outside any role."""

RECENT = 256
"""History entries that are searched for a reply, newest first; more than threads could write in between."""

_role: ContextVar[str] = ContextVar("maden_role", default="other")


@contextmanager
def role(name: str) -> Iterator[None]:
    """Book the LM calls inside the block, of this thread, to `name` (a `Role`); the innermost role counts."""
    token = _role.set(name)
    try:
        yield
    finally:
        _role.reset(token)


def current_role() -> str:
    """The role that calls of this thread are booked to."""
    return _role.get()


@dataclass(frozen=True)
class Cost:
    """A sum of calls; add with `+`. The money of calls that cost nothing known is None, never 0."""

    calls: int = 0
    """Calls that a model answered, cached ones not included."""
    cached_calls: int = 0
    """Calls answered from DSPy's cache, at no cost."""
    failed_calls: int = 0
    """Calls that ended in an exception; of a remote call each attempt counts."""
    truncated_calls: int = 0
    """Of `calls`, those whose reply was cut at the token limit."""
    tokens_in: int = 0
    tokens_out: int = 0
    money_usd: float | None = 0.0
    """USD; None as soon as the price of one call is unknown."""
    seconds: float = 0.0
    """Time spent waiting for calls, added up over threads."""

    def __add__(self, other: Cost) -> Cost:
        summed = {f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self) if f.name != "money_usd"}
        known = self.money_usd is not None and other.money_usd is not None
        return Cost(**summed, money_usd=self.money_usd + other.money_usd if known else None)  # type: ignore[operator]


class CostAccount(BaseCallback):
    """Counts what LM calls cost, per role; one account may be used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._started: dict[str, tuple[dspy.LM, float]] = {}
        self._costs: dict[str, Cost] = {}

    def watching(self) -> AbstractContextManager[None]:
        """A block whose LM calls are counted, those of DSPy's threads inside it included."""
        return dspy.context(callbacks=[*dspy.settings.callbacks, self])

    @property
    def by_role(self) -> dict[str, Cost]:
        """The cost of each role that made a call, dearest in seconds first."""
        with self._lock:
            return dict(sorted(self._costs.items(), key=lambda item: -item[1].seconds))

    @property
    def total(self) -> Cost:
        """The cost of all roles together."""
        return sum(self.by_role.values(), Cost())

    def add(self, name: str, cost: Cost) -> None:
        """Book `cost` to the role `name`: calls that were paid elsewhere, such as in a resumed run."""
        with self._lock:
            self._costs[name] = self._costs.get(name, Cost()) + cost

    def on_lm_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        """DSPy's callback: remember when the call began and whose it is."""
        with self._lock:
            self._started[call_id] = (instance, time.perf_counter())

    def on_lm_end(self, call_id: str, outputs: Any, exception: BaseException | None = None) -> None:
        """DSPy's callback, on the calling thread: book the call to the role of this thread."""
        with self._lock:
            lm, began = self._started.pop(call_id)
        seconds = time.perf_counter() - began
        if exception is not None:
            self.add(_role.get(), Cost(failed_calls=1, seconds=seconds))
        else:
            self.add(_role.get(), _cost_of(lm, entry_of(lm, outputs), seconds))

    def __deepcopy__(self, memo: dict[int, Any]) -> CostAccount:
        return self  # a copied program still pays from the same purse


def entry_of(lm: dspy.LM, outputs: Any) -> dict[str, Any]:
    """The history entry of the call that returned exactly this object; empty when history is off."""
    for entry in reversed(lm.history[-RECENT:]):
        if entry["outputs"] is outputs or entry["response"] is outputs:
            return entry
    return {}


def was_cached(entry: dict[str, Any]) -> bool:
    """Whether a history entry's reply came from the cache: DSPy empties the usage of such a reply."""
    return getattr(entry.get("response"), "cache_hit", False) or bool(entry and not entry.get("usage"))


def answered(lm: Any, usage: dict[str, Any], listed_usd: float | None, cut: bool) -> Cost:
    """The cost of one call that a model answered, without its seconds.

    Args:
        lm: whose engine may know the price; None if unknown.
        usage: as the provider reports it, in OpenAI's words; empty if it does not.
        listed_usd: what the price table of DSPy or LiteLLM makes of it; None if it does not list the model.
        cut: whether the reply ended at the token limit.
    """
    tokens_in, tokens_out = usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0
    return Cost(
        calls=1,
        truncated_calls=int(cut),
        tokens_in=tokens_in,
        tokens_out=tokens_out,
        money_usd=_price(lm, listed_usd, tokens_in, tokens_out),
    )


def own_price(lm: Any) -> Callable[[int, int], float | None] | None:
    """The engine's own price in USD for (tokens in, tokens out); None where LiteLLM's table is asked."""
    return getattr(getattr(lm, "engine", None), "price_usd", None)


def _cost_of(lm: dspy.LM, entry: dict[str, Any], seconds: float) -> Cost:
    if was_cached(entry):
        return Cost(cached_calls=1, seconds=seconds)
    cut = _finish_reason(entry.get("response")) == "length"
    return replace(answered(lm, entry.get("usage") or {}, entry.get("cost"), cut), seconds=seconds)


def _price(lm: Any, listed_usd: float | None, tokens_in: int, tokens_out: int) -> float | None:
    """USD of one answered call: what the engine knows, else what the table says; None when neither does."""
    if price := own_price(lm):
        return price(tokens_in, tokens_out)
    return listed_usd if tokens_in else None  # no usage reported: LiteLLM would then say 0.0


def _finish_reason(response: Any) -> str | None:
    """`length` for a cut reply; of DSPy's own responses and of LiteLLM's."""
    choices = getattr(response, "choices", None)
    return getattr(choices[0] if choices else response, "finish_reason", None)
