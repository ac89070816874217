"""Debtors who negotiate over HTTP as the page does: each listens on its event stream and writes when it is answered."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from benchmarks.service.measured_server import OPERATOR, PASSWORD, case_name

TURNS_A_NEGOTIATION = 8
"""Below the ten rounds of the policy, so that every message is a turn."""
PATIENCE_S = 120.0
"""After so long without an answer a message counts as lost."""


@dataclass(frozen=True)
class Load:
    """What is played."""

    negotiations: int
    """At once."""
    turns: int
    """Messages of debtors, in all."""
    think_s: float
    """Mean time that a debtor takes to write, drawn from half of it to one and a half times of it."""
    seed: int
    arrive_s: float = 0.0
    """Over which debtors come, so that they do not all open, and end, at once."""

    @property
    def most_negotiations(self) -> int:
        """How many there are at most."""
        return self.negotiations + self.turns // TURNS_A_NEGOTIATION


@dataclass
class ClientTalk:
    """One negotiation as its debtor saw it."""

    id: str
    sent: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    """From sending a message to seeing its answer in the stream."""
    posting: list[float] = field(default_factory=list)
    """From sending a message to hearing that it is stored; part of `seconds`."""
    view: dict[str, Any] = field(default_factory=dict)
    """As it was seen last."""


def browser(url: str) -> aiohttp.ClientSession:
    """Whoever uses the service at an address; an answer that is no success raises `aiohttp.ClientResponseError`."""
    return aiohttp.ClientSession(
        url,
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=3),  # the server ends idle ones after 5 s
        cookie_jar=aiohttp.CookieJar(unsafe=True),  # the address is a number
        raise_for_status=True,
        timeout=aiohttp.ClientTimeout(total=None),
        read_bufsize=2**20,
    )


async def logged_in(http: aiohttp.ClientSession) -> dict[str, str]:
    """The headers that an operator's requests need from here on."""
    answer = await http.post("/api/login", json={"name": OPERATOR, "password": PASSWORD})
    return {"X-CSRF": (await answer.json())["csrf"]}


async def begun(http: aiohttp.ClientSession, case_id: str, operator: dict[str, str]) -> tuple[str, dict[str, str]]:
    """A new negotiation: its id, and the headers that its debtor's requests need."""
    answer = await http.post("/api/negotiations", json={"case_id": case_id, "asked_for": True}, headers=operator)
    found = await answer.json()
    return found["id"], {"Authorization": f"Bearer {found['link'].split('#')[1]}"}


class Clients:
    """All debtors, and the operator who begins their negotiations.

    Args:
        url: of the service.
        load: what is played.
        advance: called when a turn is answered.
        before: how many negotiations others have had with the service: each is about a debt of its own.
    """

    def __init__(self, url: str, load: Load, advance: Callable[[], None] = lambda: None, before: int = 0) -> None:
        self.url, self.load, self.advance = url, load, advance
        self._cases = map(case_name, itertools.count(before))
        self.talks: list[ClientTalk] = []
        self._headers: dict[str, str] = {}

    async def play(self) -> None:
        """Play everything.

        A negotiation in which the service refuses something, breaks a connection or does not answer for `PATIENCE_S`
        is left where it stands.
        """
        async with browser(self.url) as http:
            self._headers = await logged_in(http)
            each, more = divmod(self.load.turns, self.load.negotiations)
            async with asyncio.TaskGroup() as group:
                for number in range(self.load.negotiations):
                    group.create_task(self._debtor(http, number, each + (number < more)))

    async def _debtor(self, http: aiohttp.ClientSession, number: int, turns: int) -> None:
        """One place at the tables: negotiation after negotiation until its turns are used up."""
        rng = random.Random(f"{self.load.seed}:{number}")
        await asyncio.sleep(rng.uniform(0, self.load.arrive_s))
        while turns > 0:
            now = min(turns, TURNS_A_NEGOTIATION)
            with contextlib.suppress(TimeoutError, aiohttp.ClientError):  # the check of the database tells what is lost
                await self._negotiate(http, rng, now)
            turns -= now

    async def _negotiate(self, http: aiohttp.ClientSession, rng: random.Random, turns: int) -> None:
        negotiation_id, headers = await begun(http, next(self._cases), self._headers)
        talk = ClientTalk(negotiation_id)
        self.talks.append(talk)
        async with http.get("/api/debtor/events", headers=headers) as stream:
            views = _views(stream)
            await _answered(views, talk, 0)
            for turn in range(turns):
                await asyncio.sleep(rng.uniform(0.5, 1.5) * self.load.think_s)
                await self._say(
                    http,
                    headers,
                    views,
                    talk,
                    f"I could manage {rng.randint(30, 60)} monthly instalments{', please' * turn}.",
                )
            plan = await http.post("/api/debtor/accept", headers=headers)
            await http.post("/api/debtor/confirm", headers=headers, json={"plan": (await plan.json())["id"]})
            await _shown(views, talk, lambda view: view["status"] == "agreed")

    async def _say(
        self,
        http: aiohttp.ClientSession,
        headers: dict[str, str],
        views: AsyncIterator[dict[str, Any]],
        talk: ClientTalk,
        text: str,
    ) -> None:
        key = {"Idempotency-Key": f"{talk.id}-{len(talk.sent)}"}
        talk.sent.append(text)
        began = time.perf_counter()
        stored = await http.post("/api/debtor/messages", json={"text": text}, headers={**headers, **key})
        position = (await stored.json())["position"]
        talk.posting.append(time.perf_counter() - began)
        await _answered(views, talk, position)
        talk.seconds.append(time.perf_counter() - began)
        self.advance()


async def _views(stream: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
    """What the stream shows, as `pages/events.js` reads it."""
    async for line in stream.content:
        if line.startswith(b"data:"):
            yield json.loads(line[5:])
    raise aiohttp.ClientPayloadError("the stream ended")


async def _answered(views: AsyncIterator[dict[str, Any]], talk: ClientTalk, position: int) -> None:
    """Read until something that is not the debtor's own stands behind `position`."""
    await _shown(
        views, talk, lambda view: any(m["position"] > position and m["sender"] != "you" for m in view["messages"])
    )


async def _shown(
    views: AsyncIterator[dict[str, Any]], talk: ClientTalk, wanted: Callable[[dict[str, Any]], bool]
) -> None:
    """Read until what is shown is as `wanted`."""
    async with asyncio.timeout(PATIENCE_S):
        while not talk.view or not wanted(talk.view):
            talk.view = _merged(talk.view, await anext(views))


def _merged(before: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    """What a page shows after an event: a message that comes again has changed, all others stay."""
    messages = {one["position"]: one for one in (*before.get("messages", ()), *news["messages"])}
    return {**news, "messages": [messages[position] for position in sorted(messages)]}
