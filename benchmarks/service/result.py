"""What came of a load: what was stored and answered, and how long everything but the model took."""

from __future__ import annotations

import platform
import re
import statistics
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel

from app.database import audit_log as audit
from app.database.stored_rows import messages_of
from app.database.tables import MessageRow, Sender
from app.database.transactions import Database
from benchmarks.service.clients import ClientTalk
from programs.models.embedded.processor import usable_cores

CALLS_A_TURN = 3
"""Reading the message, which is two, and the program's turn."""
CALLS_AN_OPENING = 2
"""The plan, and the program's turn."""
NOT_AS_SENT = "is not stored exactly as it was sent"
NOT_ANSWERED = "is not answered turn by turn"
BAD_POSITIONS = "has positions that are not 1, 2, 3, ..."
NOT_AS_SHOWN = "was shown otherwise than it is stored"


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

    def facts(self) -> list[tuple[str, str]]:
        """What there is to say besides the times."""
        return [
            ("turns", f"{self.turns:,} of {self.negotiations:,} negotiations, {self.negotiations_at_once} at once"),
            ("lost", str(len(self.lost))),
            ("turns a second", f"{self.turns_a_second:.1f}, over {self.seconds:.0f} s"),
            ("CPU of the server", f"{self.server_cpu_ms_a_turn:.1f} ms a turn, openings and agreements included"),
            ("model", f"{self.latency_ms:g} ms a call, {CALLS_A_TURN} calls a turn"),
            ("debtors", f"write {self.think_s:g} s on average; seed {self.seed}"),
            ("database", self.database),
            ("machine", f"{self.machine}, clients included"),
            ("date", f"{self.created:%Y-%m-%d %H:%M} UTC"),
        ]

    def times(self) -> list[tuple[str, ...]]:
        """What is measured, and its quantiles in ms."""
        rows = {"overhead of a turn": self.overhead_ms, "of it, until the message is stored": self.storing_ms}
        return [
            (name, *(f"{getattr(found, one):.1f}" for one in Quantiles.model_fields)) for name, found in rows.items()
        ]


def quantiles(seconds: Sequence[float], less_s: float = 0.0) -> Quantiles:
    """Quantiles of `seconds`, each `less_s` shorter."""
    cuts = statistics.quantiles(seconds, n=100, method="inclusive")
    return Quantiles(
        **{
            name: 1000 * (value - less_s)
            for name, value in zip(
                ("p50", "p95", "p99", "highest"), (cuts[49], cuts[94], cuts[98], max(seconds)), strict=True
            )
        }
    )


def losses(database: Database, talks: Sequence[ClientTalk], calls: int) -> list[str]:
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
            found += losses_of(talk, messages_of(session, talk.id))
        chain = audit.verify(session)
    return found if chain.broken_at is None else [*found, f"the audit log is broken at entry {chain.broken_at}"]


def losses_of(talk: ClientTalk, messages: Sequence[MessageRow]) -> list[str]:
    wrote = [one.text for one in messages if one.sender == Sender.DEBTOR]
    senders = [one.sender for one in messages]
    wanted = [Sender.CREDITOR, *[Sender.DEBTOR, Sender.CREDITOR] * len(talk.sent), Sender.DEBTOR]  # the last confirms
    checks = {
        NOT_AS_SENT: wrote[:-1] == talk.sent,
        NOT_ANSWERED: senders == wanted and all(one.answered for one in messages),
        BAD_POSITIONS: [one.position for one in messages] == [*range(1, len(messages) + 1)],
        NOT_AS_SHOWN: [one["text"] for one in talk.view.get("messages", ())] == [one.text for one in messages],
    }
    return [f"negotiation {talk.id} {what}" for what, holds in checks.items() if not holds]


def machine() -> str:
    """Processor, cores, Python."""
    info = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*: (.+)", info.read_text()) if info.exists() else []
    processor = names[0] if names else platform.processor()
    return f"{usable_cores()} cores of {processor}, Python {platform.python_version()}"
