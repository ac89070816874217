from __future__ import annotations

import pytest

pytest.importorskip("itsdangerous", reason="needs the extra app")

import anyio
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select

from app.access.links import SALT, BadLink, Links, LinkTicket
from app.api.debtor_routes import views
from app.database.tables import AuditRow
from plumbing.errors import UserError

SECRET = "secret" * 8


def test_a_new_link_ends_those_before_and_each_is_audited(house):
    found, first = house.begin()
    assert house.debtor(first, "GET", "/negotiation").status_code == 200
    second = house.operator("POST", f"/negotiations/{found}/link").json()["link"].split("#")[1]
    assert house.debtor(second, "GET", "/negotiation").status_code == 200
    for method, path, body in [
        ("GET", "/negotiation", None), ("GET", "/events", None), ("POST", "/messages", {"text": "Hello"}),
        ("POST", "/decline", None),
    ]:  # fmt: skip
        answer = house.debtor(first, method, path, json=body)
        assert (answer.status_code, "newer link" in answer.json()["detail"]) == (401, True), path
    assert house.operator("POST", "/negotiations/abc/link").status_code == 404
    with house.parts.negotiations.database.reading() as session:
        made = session.scalars(select(AuditRow).where(AuditRow.action == "made a link").order_by(AuditRow.number)).all()
    assert [(one.actor, one.negotiation_id, one.detail) for one in made] == [
        ("olga", found, {"generation": 1}), ("olga", found, {"generation": 2}),
    ]  # fmt: skip


def test_a_page_that_is_open_on_an_older_link_ends_with_it(house):
    found, _ = house.begin()

    async def watched() -> list[dict[str, str]]:
        stream = views(house.parts.negotiations, found, generation=1)
        seen = [await anext(stream)]
        house.parts.link(found, "olga")
        with anyio.fail_after(10):
            seen.extend([one async for one in stream])
        return seen

    seen = anyio.run(watched)
    assert len(seen) <= 2  # the opening may have come between; the stream has ended


def test_links_from_before_generations_hold_until_one_is_made(house):
    found = house.parts.negotiations.start("d-1", asked_for=True)
    old = URLSafeTimedSerializer(SECRET, salt=SALT).dumps(found)
    assert Links(SECRET).read(old) == LinkTicket(found, 0)
    assert house.debtor(old, "GET", "/negotiation").status_code == 200
    house.parts.link(found)
    assert house.debtor(old, "GET", "/negotiation").status_code == 401


@pytest.mark.parametrize("secret", ["x", "x" * 31, "ä" * 15])
def test_a_secret_that_is_too_short_is_refused_with_the_way_to_a_good_one(secret):
    with pytest.raises(UserError, match=r"needs 32; make one with: python -c .*token_hex\(32\)"):
        Links(secret)
    with pytest.raises(BadLink):
        Links("x" * 32).read(Links("ä" * 16).token("abc"))
