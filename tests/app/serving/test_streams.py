"""One link, or all links to one negotiation, keep so many pages open; one more, and the oldest is told to leave."""

from __future__ import annotations

import asyncio
import json

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.api.debtor_routes import DISPLACED, views
from app.serving.limits import STREAMS_OF_A_LINK, STREAMS_OF_A_NEGOTIATION
from tests.app.browsing import site
from tests.app.desk import CASE, desk
from tests.app.serving.streams import MANY, open_many


def displaced_of(tmp_path, links: list[str]) -> list[str]:
    """The links whose watchers are displaced when those of `links` come one after the other."""
    changes = desk(tmp_path).changes

    async def watch() -> list[str]:
        kept = [changes.watching("n-1", link) for link in links]
        watchers = [one.__enter__() for one in kept]
        found = [one.link for one in watchers if one.displaced]
        for one in kept:
            one.__exit__(None, None, None)
        assert changes.watched() == 0
        return found

    return asyncio.run(watch())


def test_the_oldest_of_a_link_leaves_and_no_other_link_does(tmp_path):
    assert displaced_of(tmp_path, ["other", *["one"] * (STREAMS_OF_A_LINK + 2)]) == ["one", "one"]


def test_all_links_of_a_negotiation_share_a_number(tmp_path):
    links = [f"link {each}" for each in range(STREAMS_OF_A_NEGOTIATION + 2)]
    assert displaced_of(tmp_path, links) == links[:2]


def test_a_page_is_told_why_its_stream_ends(tmp_path):
    service = desk(tmp_path)
    found = service.start(CASE, asked_for=True)

    async def watch() -> None:
        streams = [views(service, found, link="one") for _ in range(STREAMS_OF_A_LINK + 1)]
        for one in streams:
            await asyncio.wait_for(anext(one), 20)
        told = await asyncio.wait_for(anext(streams[0]), 20)
        assert (told["event"], json.loads(told["data"])) == ("displaced", {"detail": DISPLACED})
        with pytest.raises(StopAsyncIteration):
            await anext(streams[0])
        for one in streams:
            await one.aclose()

    asyncio.run(watch())


@pytest.mark.slow
def test_a_link_with_115_streams_holds_four_connections(tmp_path):
    with site(tmp_path) as running:
        (_, link), (_, other) = running.begun(), running.begun()
        found = open_many(running.url, link.split("#")[1], other.split("#")[1], 3.0)
    assert found.statuses == [200] * MANY
    assert (found.open, found.displaced) == (STREAMS_OF_A_LINK, MANY - STREAMS_OF_A_LINK)
    assert found.other_page_s < 1.0
