"""However much a debtor writes to a person, a view stays small and a change sends what is new."""

from __future__ import annotations

import asyncio
import json

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.api.debtor_routes import views
from app.api.debtor_views import PAGE
from app.conversation import receiving
from app.conversation import takeover as operating

NUMBER = 2 * PAGE + 10
TEXT = "I earn 1200 a month and the rent is 700 of it. " * 10


@pytest.fixture
def long(house):
    found, token = house.begin()
    house.settled(token)
    house.debtor(token, "POST", "/person")
    for number in range(NUMBER):
        house.parts.negotiations.receive(found, f"{TEXT}({number})", str(number))
    return found, token


def positions(messages) -> list[int]:
    return [one["position"] for one in messages]


def test_both_views_show_the_latest_and_the_rest_is_asked_for(house, long):
    found, token = long
    last = NUMBER + 2  # the opening, and that a person takes over
    for path, ask in (
        ("/messages", lambda path: house.debtor(token, "GET", path)),
        (f"/negotiations/{found}/messages", lambda path: house.operator("GET", path)),
    ):
        view = ask(path.removesuffix("/messages") or "/negotiation").json()
        seen = positions(view["messages"])
        assert seen == [*range(last - PAGE + 1, last + 1)]
        while seen[0] > 1:
            page = positions(ask(f"{path}?before={seen[0]}").json())
            assert len(page) <= PAGE
            seen = [*page, *seen]
        assert seen == [*range(1, last + 1)]
    assert house.operator("GET", f"/negotiations/{found}/score").status_code == 200


def test_a_change_sends_what_is_new(house, long):
    found, _ = long
    negotiations = house.parts.negotiations

    async def watch() -> None:
        stream = views(negotiations, found, generation=1)
        first = await anext(stream)
        assert len(json.loads(first["data"])["messages"]) == PAGE
        await asyncio.to_thread(negotiations.receive, found, "One more.")
        second = await anext(stream)
        (message,) = json.loads(second["data"])["messages"]
        assert message["text"] == "One more."
        assert len(second["data"]) < 1000 < len(first["data"])
        await stream.aclose()

    asyncio.run(watch())


def test_a_person_is_left_so_many_messages_and_notice_is_taken_all_the_same(house, long, monkeypatch):
    _, token = long
    monkeypatch.setattr(receiving, "MOST_UNREAD", NUMBER)
    answer = house.debtor(token, "POST", "/messages", json={"text": "Hello?"})
    assert answer.status_code == 409
    assert "wait for a person" in answer.json()["detail"]
    stop = house.debtor(token, "POST", "/messages", json={"text": "Stop writing to me!"})
    assert stop.status_code == 202
    assert house.debtor(token, "GET", "/negotiation").json()["status"] == "stopped"


def test_the_reply_to_somebody_in_danger_opens_no_way_around_the_limit(house, long, monkeypatch):
    _, token = long
    monkeypatch.setattr(receiving, "MOST_UNREAD", NUMBER)
    for _ in range(2):
        assert house.debtor(token, "POST", "/messages", json={"text": "I want to die."}).status_code == 202
        assert house.debtor(token, "POST", "/messages", json={"text": "Hello?"}).status_code == 409


def test_who_is_answered_by_a_person_may_write_on(house, long, monkeypatch):
    found, token = long
    monkeypatch.setattr(receiving, "MOST_UNREAD", NUMBER)
    operating.take_over(house.parts.negotiations.database, found, "olga")
    operating.write(house.parts.negotiations.database, found, "olga", "I have read it all.")
    assert house.debtor(token, "POST", "/messages", json={"text": "Thank you."}).status_code == 202
