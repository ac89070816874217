"""What is refused repeats nothing of the request, and names no file of the machine."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.server import create_app
from tests.app.desk import CASE

CANARY = "Zebrafinch"
DOCUMENT = create_app(None).openapi()
ROUTES = sorted((path, method) for path, methods in DOCUMENT["paths"].items() for method in methods)


def bodies(told: dict) -> list[object]:
    """The body of a route with the canary in each of its fields in turn, as text, too long, and as another type."""
    content = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    name = next((one["$ref"] for one in [content, *content.get("anyOf", [])] if "$ref" in one), "").rsplit("/", 1)[-1]
    if not name:
        return [None]
    fields = DOCUMENT["components"]["schemas"][name]["properties"]
    return [
        CANARY, [CANARY], {CANARY: CANARY},
        *({one: "x" for one in fields} | {field: wrong}
          for field in fields for wrong in (CANARY, CANARY * 300, [CANARY], {CANARY: 1})),
    ]  # fmt: skip


@pytest.mark.parametrize(("path", "method"), ROUTES)
def test_no_422_repeats_the_request_or_names_a_file(house, tmp_path, path, method):
    if path == "/api/logout":
        return
    _, token = house.begin()
    told = DOCUMENT["paths"][path][method]
    query = {one["name"]: CANARY for one in told.get("parameters", ()) if one["in"] == "query"}
    headers = {"X-CSRF": house.csrf, "Authorization": f"Bearer {token}", "Idempotency-Key": f"{CANARY} {CANARY}" * 9}
    for body in bodies(told):
        if path.endswith("/events") and method == "get":
            headers["Last-Event-ID"] = CANARY
            continue
        answer = house.client.request(
            method, re.sub(r"\{\w+\}", CANARY, path), params=query, headers=headers, json=body
        )
        if answer.status_code == 422:
            assert CANARY not in answer.text
            assert str(tmp_path) not in answer.text


def test_an_unknown_case_and_zone_are_told_without_the_book(house, tmp_path):
    for body in ({"case_id": f"{CASE}x"}, {"case_id": CASE, "timezone": CANARY}):
        answer = house.operator("POST", "/negotiations", json={**body, "asked_for": True})
        assert answer.status_code == 422
        for word in (CASE, CANARY, str(tmp_path), "book.jsonl"):
            assert word not in answer.text
    assert answer.json()["detail"].startswith("there is no time zone of this name; write one such as")


def test_a_sentence_for_a_command_line_stays_on_the_machine(house, monkeypatch):
    from plumbing.errors import UserError

    def fail(*_: object, **__: object) -> None:
        raise UserError(f"{CANARY} is not in /srv/book.csv")

    monkeypatch.setattr(house.parts.negotiations, "decline", fail)
    found, _ = house.begin()
    answer = house.operator("POST", f"/negotiations/{found}/close")
    assert (answer.status_code, answer.json()) == (422, {"detail": "this cannot be done with what was sent"})
