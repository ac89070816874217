"""Many open pages of one link, as one who wants to hold the server's connections opens them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

import aiohttp

MANY = 115


@dataclass
class Opened:
    """What became of the streams."""

    statuses: list[int] = field(default_factory=list)
    displaced: int = 0
    ended: int = 0
    other_page_s: float = 0.0
    """How long another debtor's request took meanwhile."""


async def open_many(base: str, token: str, other: str, wait_s: float) -> Opened:
    """Open `MANY` event streams of `token`, and after `wait_s` ask for the view of `other`."""
    found = Opened()
    connector = aiohttp.TCPConnector(limit=0, ssl=False)
    async with aiohttp.ClientSession(base, connector=connector) as http:
        streams = [asyncio.create_task(_follow(http, token, found)) for _ in range(MANY)]
        await asyncio.sleep(wait_s)
        began = time.monotonic()
        async with http.get("/api/debtor/negotiation", headers={"Authorization": f"Bearer {other}"}) as answer:
            assert answer.status == 200
        found.other_page_s = time.monotonic() - began
        for one in streams:
            one.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
    await asyncio.sleep(0.3)  # connections that are let go close in the loop's next turns
    return found


async def _follow(http: aiohttp.ClientSession, token: str, found: Opened) -> None:
    async with http.get("/api/debtor/events", headers={"Authorization": f"Bearer {token}"}) as stream:
        found.statuses.append(stream.status)
        async for line in stream.content:
            found.displaced += line.strip() == b"event: displaced"
    found.ended += 1
