"""People at a running service: an operator, debtors with a link each, and what a page costs them in seconds."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp

from benchmarks.service.clients import begun, logged_in
from benchmarks.service.measured_server import case_name
from tests.app.memory import memory_mb

LOOK_EVERY_S = 0.02
PATIENCE_S = 300.0


@dataclass(frozen=True)
class VisitingDebtor:
    """Somebody with a link."""

    id: str
    """Of the negotiation."""
    headers: dict[str, str]


class Visitors:
    """Everybody who uses one server.

    Args:
        http: of the server's address.
        pid: of the server's process.
    """

    def __init__(self, http: aiohttp.ClientSession, pid: int) -> None:
        self.http, self.pid = http, pid
        self._cases = map(case_name, itertools.count())
        self._operator: dict[str, str] = {}

    @classmethod
    async def arrive(cls, http: aiohttp.ClientSession, pid: int) -> Self:
        """The same with the operator logged in."""
        made = cls(http, pid)
        made._operator = await logged_in(http)
        return made

    async def debtor(self) -> VisitingDebtor:
        """A new negotiation whose opening has been sent."""
        debtor = VisitingDebtor(*await begun(self.http, next(self._cases), self._operator))
        await self.answered(debtor, 0)
        return debtor

    async def take_over(self, debtor: VisitingDebtor) -> None:
        """A person answers from here on."""
        await self.http.post(f"/api/negotiations/{debtor.id}/take-over", headers=self._operator)

    async def say(self, debtor: VisitingDebtor, text: str, key: str) -> int:
        """Send a message; the position it is stored at."""
        sent = {**debtor.headers, "Idempotency-Key": f"{debtor.id}-{key}"}
        answer = await self.http.post("/api/debtor/messages", json={"text": text}, headers=sent)
        return int((await answer.json())["position"])

    async def answered(self, debtor: VisitingDebtor, position: int) -> None:
        """Wait until somebody else's words stand behind a position."""
        async with asyncio.timeout(PATIENCE_S):
            while not any(one["position"] > position and one["sender"] != "you" for one in await self.messages(debtor)):
                await asyncio.sleep(LOOK_EVERY_S)

    async def messages(self, debtor: VisitingDebtor) -> list[dict[str, Any]]:
        """What the debtor's page shows."""
        view = await (await self.http.get("/api/debtor/negotiation", headers=debtor.headers)).json()
        return list(view["messages"])

    async def seconds_to_answer(self, debtor: VisitingDebtor, text: str, key: str) -> float:
        """From sending a message to seeing its answer."""
        began = time.perf_counter()
        await self.answered(debtor, await self.say(debtor, text, key))
        return time.perf_counter() - began

    def memory_mb(self) -> float:
        """What the server's process holds in memory now (Linux)."""
        return memory_mb(self.pid, "VmRSS")


@dataclass
class Watch:
    """Asks for a page again and again, and notes how long each took and how much memory the server held."""

    visitors: Visitors
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._look())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _look(self) -> None:
        while True:
            began = time.perf_counter()
            async with self.visitors.http.get(self.path, headers=self.headers) as answer:
                await answer.read()
            self.seconds.append(time.perf_counter() - began)
            self.memory_mb.append(self.visitors.memory_mb())
            await asyncio.sleep(LOOK_EVERY_S)
