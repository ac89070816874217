"""Open pages are woken by commits: at once in the same process, within a look by those of another one."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator
from datetime import date
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.api.debtor_routes import views
from app.conversation import changes
from app.conversation import takeover as operating
from app.conversation.negotiations import Negotiations
from app.database.notifications import Listener
from app.privacy import retention
from benchmarks.service.measured_server import serving
from tests.app.databases import SERVER, url_of
from tests.app.desk import CASE, desk

SOON_S = 20.0
"""Longer than any machine takes; a look, patched away, would take longer."""


@pytest.fixture
def service(tmp_path) -> Negotiations:
    return desk(tmp_path)


@pytest.fixture
def no_looks(monkeypatch):
    """Only a commit of the same process wakes anybody."""
    monkeypatch.setattr(changes, "LOOK_EVERY_S", 600.0)
    monkeypatch.setattr(changes, "REFRESH_S", 600.0)


async def shown(stream: AsyncIterator[dict[str, str]]) -> dict[str, Any]:
    """The next view of a stream."""
    event = await asyncio.wait_for(anext(stream), SOON_S)
    assert event["event"] == "negotiation"
    return json.loads(event["data"])


def begun(service: Negotiations) -> str:
    found = service.start(CASE, asked_for=True)
    service.answer(found)
    return found


def test_whatever_is_committed_is_shown_at_once(service, no_looks):
    found, other = begun(service), begun(service)

    async def watch() -> None:
        stream = views(service, found)
        assert len((await shown(stream))["messages"]) == 1
        service.receive(other, "20 monthly instalments?")  # wakes nobody here
        service.receive(found, "20 monthly instalments?")
        assert (await shown(stream))["answering"]
        service.answer(found)
        assert [one["sender"] for one in (await shown(stream))["messages"]] == ["you", "assistant"]  # the first stays
        operating.take_over(service.database, found, "olga")
        assert (await shown(stream))["status"] == "with_a_person"
        operating.write(service.database, found, "olga", "I am Olga.")
        assert (await shown(stream))["messages"][-1]["text"] == "I am Olga."
        retention.erase(service.database, CASE, "olga")
        with pytest.raises(StopAsyncIteration):
            await shown(stream)

    asyncio.run(watch())
    assert service.changes.watched() == 0


def test_an_answer_that_is_awaited_is_shown_before_anything_settles(service, no_looks, monkeypatch):
    monkeypatch.setattr("app.api.debtor_routes.SETTLE_S", 10 * SOON_S)
    found = service.start(CASE, asked_for=True)

    async def watch() -> None:
        stream = views(service, found)
        assert (await shown(stream))["answering"]
        service.answer(found)
        assert not (await shown(stream))["answering"]
        service.receive(found, "20 monthly instalments?")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.2)

    asyncio.run(watch())


def test_no_change_is_missed_however_they_fall(service, no_looks):
    found = begun(service)
    operating.take_over(service.database, found, "olga")
    number = 40

    def write() -> None:
        for each in range(number):
            operating.write(service.database, found, "olga", f"message {each}")

    async def watch() -> None:
        stream = views(service, found)
        await shown(stream)
        writer = threading.Thread(target=write, daemon=True)
        writer.start()
        async with asyncio.timeout(3 * SOON_S):  # where one is missed, no view ever has the last
            while (await shown(stream))["messages"][-1]["text"] != f"message {number - 1}":
                pass
        await asyncio.to_thread(writer.join)

    asyncio.run(watch())


def test_a_page_that_stays_open_is_refreshed_though_nothing_changes(service, monkeypatch):
    monkeypatch.setattr(changes, "LOOK_EVERY_S", 0.02)
    found, days = begun(service), iter(["2026-11-23", "2026-11-23", "2026-11-24"])
    monkeypatch.setattr("app.api.debtor_routes.today_of", lambda row: date.fromisoformat(next(days)))
    monkeypatch.setattr(changes, "REFRESH_S", 0.05)

    async def watch() -> None:
        stream = views(service, found)
        first, second = await shown(stream), await shown(stream)
        assert first["offer"]["ends"] < second["offer"]["ends"]

    asyncio.run(watch())


def test_a_change_by_another_process_is_shown_within_a_look(service, tmp_path, monkeypatch):
    monkeypatch.setattr(changes, "LOOK_EVERY_S", 0.05)
    found, other = begun(service), desk(tmp_path)

    async def watch() -> None:
        stream = views(service, found)
        await shown(stream)
        for text in ("20 monthly instalments?", "Or 22 monthly instalments?"):
            await asyncio.to_thread(other.receive, found, text)
            assert (await shown(stream))["messages"][-1]["text"] == text

    asyncio.run(watch())


@pytest.mark.skipif(not SERVER, reason="needs MADEN_TEST_DATABASE: only PostgreSQL tells other processes")
def test_a_change_by_another_process_is_told_without_a_look(service, tmp_path, no_looks):
    found, other = begun(service), desk(tmp_path)
    listener = Listener(service.database, service.changes.heard)

    async def watch() -> None:
        stream = views(service, found)
        await shown(stream)
        listener.start()
        for text in ("20 monthly instalments?", "Or 22 monthly instalments?"):
            await asyncio.to_thread(other.receive, found, text)
            assert (await shown(stream))["messages"][-1]["text"] == text
        await stream.aclose()

    try:
        asyncio.run(watch())
    finally:
        listener.stop()


def test_a_look_wakes_nobody_for_what_this_process_did(service, monkeypatch):
    monkeypatch.setattr(changes, "LOOK_EVERY_S", 0.0)
    found = begun(service)

    async def watch() -> None:
        with service.changes.watching(found) as watcher:
            service.changes.look()
            assert await watcher.woken(SOON_S)  # what was before the first look is not known
            service.receive(found, "20 monthly instalments?")
            assert await watcher.woken(SOON_S)
            service.changes.look()
            assert not await watcher.woken(0.05)

    asyncio.run(watch())


@pytest.mark.parametrize("end", ["closed", "cancelled"])
def test_who_leaves_is_forgotten(service, end):
    found = begun(service)

    async def watch() -> None:
        stream = views(service, found)
        await shown(stream)
        assert service.changes.watched() == 1
        if end == "closed":
            await stream.aclose()
        else:
            waiting = asyncio.create_task(anext(stream))
            await asyncio.sleep(0.05)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        assert service.changes.watched() == 0

    asyncio.run(watch())


@pytest.mark.slow
def test_two_servers_show_each_others_changes_and_open_pages_hold_up_no_shutdown(tmp_path):
    import aiohttp

    url = url_of(tmp_path)

    async def pages(first: str, second: str) -> None:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), raise_for_status=True) as http:
            headers = await debtor_of(http, first)
            async with http.get(f"{first}/api/debtor/events", headers=headers) as stream:
                await line_with(stream, '"assistant"')
                await http.post(f"{second}/api/debtor/messages", headers=headers, json={"text": "20 months?"})
                await line_with(stream, "20 months?")
            left = await http.get(f"{first}/api/debtor/events", headers=headers)
            await line_with(left, "20 months?")
            ending.append(time.monotonic())
            stop()
            await line_with(left, None)  # it ends, rather than keep the server

    ending: list[float] = []
    with serving(url, 0.0, 2, tmp_path) as (first, process):
        stop = process.terminate
        with serving(url, 0.0, 2, tmp_path) as (second, _):
            asyncio.run(pages(first, second))
        process.wait(SOON_S)
    assert time.monotonic() - ending[0] < SOON_S


async def debtor_of(http: Any, url: str) -> dict[str, str]:
    """The headers of a debtor whose negotiation has begun."""
    from benchmarks.service.measured_server import OPERATOR, PASSWORD

    login = await http.post(f"{url}/api/login", json={"name": OPERATOR, "password": PASSWORD})
    csrf = (await login.json())["csrf"]
    case = {"case_id": CASE, "asked_for": True}
    found = await http.post(f"{url}/api/negotiations", json=case, headers={"X-CSRF": csrf})
    return {"Authorization": f"Bearer {(await found.json())['link'].split('#')[1]}"}


async def line_with(stream: Any, text: str | None) -> None:
    """Read on to a line with `text`; None: to the end."""
    async with asyncio.timeout(SOON_S):
        async for line in stream.content:
            if text is not None and text in line.decode():
                return
    assert text is None
