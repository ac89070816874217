"""The scenarios: each does one thing to a server of its own and returns what others noticed, with its limit."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp

from benchmarks.service.attacks.visitors import Visitors, Watch

UNKNOWN_LOGINS = 240
TO_A_PERSON = 600
UNCLEAR = 40
STREAMS = 115
LONGEST_MESSAGE_CHARS = 2000
WORST = (
    "\ufdfa",
    "%1",
    "1 ",
    "1,",
    "a@b.",
    "www.a",
    "\u4e00\u4e8c",
    "no ",
    "\uff11",
    "i ",
    "\u0301",
    "(1",
    "$1.",
    "not ",
)
"""Of which a message of 2,000 characters is made: what grows when it is normalised, and what patterns stumble over."""
HELD_S = 3.0


@dataclass(frozen=True)
class MeasuredFigure:
    """One thing that was measured."""

    scenario: str
    name: str
    value: float
    unit: str
    limit: float | None = None
    """It must stay below; None: told only."""

    @property
    def too_much(self) -> bool:
        """Whether it is above its limit."""
        return self.limit is not None and self.value >= self.limit


async def unknown_logins(visitors: Visitors) -> list[MeasuredFigure]:
    """240 people at once try to log in under names that there are not."""
    name = f"{UNKNOWN_LOGINS} unknown logins at once"
    debtor = await visitors.debtor()
    before = visitors.memory_mb()
    tries = [{"name": f"nobody-{n}", "password": "guess"} for n in range(UNKNOWN_LOGINS)]
    async with Watch(visitors, "/api/debtor/negotiation", debtor.headers) as watch:
        statuses = await asyncio.gather(*(_status(visitors, "/api/login", body) for body in tries))
    return [
        MeasuredFigure(name, "memory before", before, "MB"),
        MeasuredFigure(name, "most memory", max(watch.memory_mb), "MB", 400),
        MeasuredFigure(name, "slowest page of a debtor", max(watch.seconds), "s", 1),
        MeasuredFigure(name, "logged in", sum(status < 400 for status in statuses), "", 1),
    ]


async def to_a_person(visitors: Visitors) -> list[MeasuredFigure]:
    """A debtor writes 600 messages to a person."""
    name = f"{TO_A_PERSON} messages to a person"
    debtor, other = await visitors.debtor(), await visitors.debtor()
    await visitors.take_over(debtor)
    async with Watch(visitors, "/api/debtor/negotiation", other.headers) as watch:
        for number in range(TO_A_PERSON):
            await visitors.say(debtor, f"Message {number}. " + "Are you there? " * 60, str(number))
    first = await _size(visitors, "/api/debtor/negotiation", debtor.headers)
    return [
        MeasuredFigure(name, "the debtor's view", first / 1000, "kB", 300),
        MeasuredFigure(name, "slowest page of another", max(watch.seconds), "s", 1),
        MeasuredFigure(name, "most memory", max(watch.memory_mb), "MB", 400),
    ]


async def hostile_link(visitors: Visitors) -> list[MeasuredFigure]:
    """Somebody sends 40 messages that nobody can answer; another debtor writes meanwhile; one thread answers all."""
    name = f"a link of {UNCLEAR} unclear messages"
    hostile, other = await visitors.debtor(), await visitors.debtor()
    alone = [
        await visitors.seconds_to_answer(other, f"I could manage {n} monthly instalments.", str(n)) for n in (30, 31)
    ]
    for number in range(UNCLEAR):
        await visitors.say(hostile, f"well {number}, the other thing you know", f"u{number}")
    beside = [
        await visitors.seconds_to_answer(other, f"I could manage {n} monthly instalments.", str(n)) for n in (32, 33)
    ]
    return [
        MeasuredFigure(name, "another debtor alone", statistics.mean(alone), "s"),
        MeasuredFigure(name, "waits so much more", max(beside) - statistics.mean(alone), "s", 2),
    ]


async def worst_characters(visitors: Visitors) -> list[MeasuredFigure]:
    """Messages of 2,000 characters that are the hardest to read."""
    name = f"{LONGEST_MESSAGE_CHARS:,} worst characters"
    debtors = [await visitors.debtor() for _ in WORST]
    async with Watch(visitors, "/health") as watch:
        for debtor, piece in zip(debtors, WORST, strict=True):
            text = (piece * LONGEST_MESSAGE_CHARS)[:LONGEST_MESSAGE_CHARS]
            with contextlib.suppress(aiohttp.ClientResponseError):  # refused, which is an answer as well
                await visitors.answered(debtor, await visitors.say(debtor, text, "worst"))
    return [
        MeasuredFigure(name, "slowest /health", 1000 * max(watch.seconds), "ms", 100),
        MeasuredFigure(name, "median /health", 1000 * statistics.median(watch.seconds), "ms"),
    ]


async def many_streams(visitors: Visitors) -> list[MeasuredFigure]:
    """One link opens 115 event streams."""
    name = f"{STREAMS} streams of one link"
    debtor, other = await visitors.debtor(), await visitors.debtor()
    streams = [await visitors.http.get("/api/debtor/events", headers=debtor.headers) for _ in range(STREAMS)]
    async with Watch(visitors, "/api/debtor/negotiation", other.headers) as watch:
        waited = await visitors.seconds_to_answer(other, "I could manage 30 monthly instalments.", "1")
        await asyncio.sleep(HELD_S)
        held = sum(await asyncio.gather(*(_is_open(stream) for stream in streams)))
    return [
        MeasuredFigure(name, "held open", held, "", 5),
        MeasuredFigure(name, "another debtor's answer", waited, "s"),
        MeasuredFigure(name, "slowest page of another", max(watch.seconds), "s", 1),
    ]


SCENARIOS: dict[str, Callable[[Visitors], Awaitable[list[MeasuredFigure]]]] = {
    "unknown-logins": unknown_logins,
    "to-a-person": to_a_person,
    "hostile-link": hostile_link,
    "worst-characters": worst_characters,
    "many-streams": many_streams,
}


async def _status(visitors: Visitors, path: str, body: dict[str, str]) -> int:
    async with visitors.http.post(path, json=body, raise_for_status=False) as answer:
        return answer.status


async def _size(visitors: Visitors, path: str, headers: dict[str, str]) -> int:
    async with visitors.http.get(path, headers=headers) as answer:
        return len(await answer.read())


async def _is_open(stream: aiohttp.ClientResponse) -> bool:
    """Whether the server still holds a stream: one that it ended comes to its end at once."""
    try:
        async with asyncio.timeout(0.5):
            while await stream.content.readany():
                pass
    except TimeoutError:
        return True
    except aiohttp.ClientError:
        return False
    return False
