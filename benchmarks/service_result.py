"""What came of a load: what was stored and answered, and how long everything but the model took."""

from __future__ import annotations

import platform
import statistics
from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from app import audit
from app.database import Database
from app.records import MessageRow, Sender
from app.store import messages_of
from benchmarks.service_clients import Talk

CALLS_A_TURN = 2
"""Reading the message, and the program's turn."""
CALLS_AN_OPENING = 2
"""The plan, and the program's turn."""


class Quantiles(BaseModel):
    """Of one kind of times, ms."""

    p50: float
    p95: float
    p99: float
    highest: float


class Result(BaseModel):
    """One run."""

    command: str
    created: datetime
    machine: str
    database: str
    negotiations_at_once: int
    negotiations: int
    turns: int
    latency_ms: float
    think_s: float
    seed: int
    seconds: float
    overhead_ms: Quantiles
    """From sending a message to seeing its answer, less the model's latency for the calls of the turn."""
    storing_ms: Quantiles
    """Of it, from sending a message to hearing that it is stored."""
    server_cpu_ms_a_turn: float
    lost: list[str]
    """What is not as it should be, a sentence each; empty: nothing."""

    @property
    def turns_a_second(self) -> float:
        """Answered turns a second over the whole run."""
        return self.turns / self.seconds


def quantiles(seconds: Sequence[float], less_s: float = 0.0) -> Quantiles:
    """Quantiles of `seconds`, each `less_s` shorter."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return Quantiles(**{
        name: 1000 * (value - less_s)
        for name, value in zip(("p50", "p95", "p99", "highest"), (cuts[49], cuts[94], cuts[98], max(seconds)), strict=True)
    })


def losses(database: Database, talks: Sequence[Talk], calls: int) -> list[str]:
    """Everything that is not as the debtors saw it, a sentence each.

    Args:
        database: of the service.
        talks: what the debtors did.
        calls: what the model was asked; two for an opening and two for a turn, or the overhead would not be one.
    """
    expected = sum(CALLS_AN_OPENING + CALLS_A_TURN * len(talk.sent) for talk in talks)
    found = [] if calls == expected else [f"the model was called {calls} times instead of {expected}"]
    with database.reading() as session:
        for talk in talks:
            found += _losses(talk, messages_of(session, talk.id))
        chain = audit.verify(session)
    return found if chain.broken_at is None else [*found, f"the audit log is broken at entry {chain.broken_at}"]


def _losses(talk: Talk, messages: Sequence[MessageRow]) -> list[str]:
    wrote = [one.text for one in messages if one.sender == Sender.DEBTOR]
    senders = [one.sender for one in messages]
    wanted = [Sender.CREDITOR, *[Sender.DEBTOR, Sender.CREDITOR] * len(talk.sent), Sender.DEBTOR]  # the last confirms
    checks = {
        "is not stored exactly as it was sent": wrote[:-1] == talk.sent,
        "is not answered turn by turn": senders == wanted and all(one.answered for one in messages),
        "has positions that are not 1, 2, 3, ...": [one.position for one in messages] == [*range(1, len(messages) + 1)],
        "was shown otherwise than it is stored": [one["text"] for one in talk.view["messages"]]
        == [one.text for one in messages],
    }
    return [f"negotiation {talk.id} {what}" for what, holds in checks.items() if not holds]


def machine() -> str:
    """Processor, cores, Python."""
    import os
    from pathlib import Path

    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return f"{len(os.sched_getaffinity(0))} cores of {names[0] if names else platform.processor()}, Python {platform.python_version()}"
