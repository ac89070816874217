"""Three service processes on one PostgreSQL behind the shipped proxy: one conversation, whichever answers."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")
pytest.importorskip("aiohttp", reason="needs the extra test")

import aiohttp

from app.database import audit_log as audit
from app.database.stored_rows import messages_of
from app.database.tables import Sender
from tests.app.databases import SERVER, opened, url_of
from tests.app.desk import CASE
from tests.app.served import PASSWORD
from tests.app.serving.proxy import free_port, needs_nginx, proxied

START_S = 120.0
ANSWERED_S = 60.0
EVENTS_S = 2.0
pytestmark = [
    pytest.mark.slow,
    needs_nginx,
    pytest.mark.skipif(not SERVER, reason="needs MADEN_TEST_DATABASE: SQLite is for one process"),
]


class Fleet:
    """The processes, each on a port of its own, on the database of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = [free_port() for _ in range(3)]
        self.processes = [self._started(port) for port in self.ports]  # all at once: they bring the tables themselves

    def _started(self, port: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "tests.app.process", str(self.folder), str(port)])

    def url(self, number: int) -> str:
        return f"http://127.0.0.1:{self.ports[number]}"

    def kill(self, number: int) -> None:
        self.processes[number].send_signal(signal.SIGKILL)
        self.processes[number].wait()

    def start_again(self, number: int) -> None:
        self.processes[number] = self._started(self.ports[number])

    async def alive(self, http: aiohttp.ClientSession) -> None:
        until = time.monotonic() + START_S
        for number, process in enumerate(self.processes):
            while not await _answers(http, self.url(number)):
                assert process.poll() is None
                assert time.monotonic() < until
                await asyncio.sleep(0.1)


@contextmanager
def fleet(folder: Path) -> Iterator[Fleet]:
    url_of(folder)  # its schema
    running = Fleet(folder)
    try:
        yield running
    finally:
        for process in running.processes:
            process.kill()
            process.wait()


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/health") as answer:
            return answer.status == 200
    except aiohttp.ClientError:
        return False


class Page:
    """A debtor's page at one address: the latest view, and when each text was first seen."""

    def __init__(self, http: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> None:
        self.seen: dict[str, float] = {}
        self._http, self._url, self._headers = http, url, headers
        self._task = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        async with self._http.get(f"{self._url}/api/debtor/events", headers=self._headers) as stream:
            async for line in stream.content:
                text = line.decode()
                for known in ("Let us find a plan", "20 monthly", "22 monthly"):
                    if known in text:
                        self.seen.setdefault(known, time.monotonic())

    async def shows(self, text: str) -> float:
        until = time.monotonic() + ANSWERED_S
        while text not in self.seen:
            assert time.monotonic() < until, f"{text} is not shown at {self._url}"
            await asyncio.sleep(0.01)
        return self.seen[text]

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def begun(http: aiohttp.ClientSession, url: str) -> tuple[str, dict[str, str]]:
    """A negotiation's id and its debtor's headers; the operator logs in at `url`."""
    async with http.post(f"{url}/api/login", json={"name": "olga", "password": PASSWORD}) as answer:
        assert answer.status == 200
        csrf = (await answer.json())["csrf"]
    case = {"case_id": CASE, "asked_for": True}
    async with http.post(f"{url}/api/negotiations", json=case, headers={"X-CSRF": csrf}) as answer:
        assert answer.status == 201
        found = await answer.json()
    return found["id"], {"Authorization": f"Bearer {found['link'].split('#')[1]}"}


async def say(http: aiohttp.ClientSession, url: str, headers: dict[str, str], text: str) -> float:
    """When the message was stored."""
    more = {**headers, "Idempotency-Key": text.replace(" ", "-")}
    async with http.post(f"{url}/api/debtor/messages", headers=more, json={"text": text}) as answer:
        assert answer.status == 202
    return time.monotonic()


async def settled(http: aiohttp.ClientSession, url: str, headers: dict[str, str]) -> dict[str, Any]:
    until = time.monotonic() + ANSWERED_S
    while True:
        async with http.get(f"{url}/api/debtor/negotiation", headers=headers) as answer:
            if answer.status == 200 and not (view := await answer.json())["answering"]:
                return view
        assert time.monotonic() < until
        await asyncio.sleep(0.1)


async def negotiate(running: Fleet, front: str) -> str:
    """Begin at one process, go on at the others, kill one in the middle of an answer; the negotiation's id."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar, connector=aiohttp.TCPConnector(limit=0, ssl=False)) as http:
        await running.alive(http)
        found, headers = await begun(http, front)
        pages = [Page(http, url, headers) for url in (*map(running.url, range(3)), front)]
        for page in pages:
            await page.shows("Let us find a plan")
        stored = await say(http, running.url(1), headers, "20 monthly instalments?")
        assert max([await page.shows("20 monthly") - stored for page in pages]) < EVENTS_S
        await settled(http, running.url(2), headers)
        for page in pages:
            await page.close()
        await say(http, running.url(0), headers, "22 monthly instalments?")
        running.kill(0)
        view = await (await http.get(f"{front}/api/debtor/negotiation", headers=headers)).json()
        assert "22 monthly instalments?" in [one["text"] for one in view["messages"]]
        running.start_again(0)
        await running.alive(http)
        await settled(http, front, headers)
        await say(http, front, headers, "I accept.")
        plan = (await settled(http, running.url(0), headers))["to_confirm"]
        async with http.post(f"{front}/api/debtor/confirm", headers=headers, json={"plan": plan["id"]}) as answer:
            assert answer.status == 200
        assert (await settled(http, running.url(2), headers))["status"] == "agreed"
    await asyncio.sleep(0.3)  # connections that are let go close in the loop's next turns
    return found


def test_three_processes_lead_one_conversation_and_the_death_of_one_loses_nothing(tmp_path):
    with fleet(tmp_path) as running, proxied(tmp_path, running.ports) as port:
        found = asyncio.run(negotiate(running, f"https://127.0.0.1:{port}"))
    with opened(tmp_path).reading() as session:
        messages = messages_of(session, found)
        assert all(one.answered for one in messages)
        said = [one.text for one in messages if one.sender == Sender.DEBTOR]
        assert said[:3] == ["20 monthly instalments?", "22 monthly instalments?", "I accept."]
        assert len(set(said)) == len(said)
        assert [one.sender for one in messages if one.sender == Sender.CREDITOR] == [Sender.CREDITOR] * 3
        assert audit.verify(session).broken_at is None
