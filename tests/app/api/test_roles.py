from __future__ import annotations

import re

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.api.roles import NEEDED, refusal
from app.database.tables import Role
from app.server import create_app
from tests.app.served import PASSWORD, served

OPEN_TO_ALL = {("POST", "/api/login")}
DOCUMENT = create_app(None).openapi()
OPERATORS = sorted(
    (method.upper(), path)
    for path, methods in DOCUMENT["paths"].items()
    for method, told in methods.items()
    if "operator" in told["tags"]
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with served(tmp_path_factory.mktemp("roles")) as running:
        for role in Role:
            running.parts.operators.add(f"who {role.value}", PASSWORD, role)
        yield running


def test_the_table_names_every_route_of_operators_and_no_other():
    assert set(OPERATORS) - OPEN_TO_ALL == set(NEEDED)


def test_every_route_of_the_document_is_a_debtors_an_operators_or_a_machines():
    """A route that is put beside the others cannot stay outside the table."""
    for path, methods in DOCUMENT["paths"].items():
        for method, told in methods.items():
            guarded = any(one["name"] == "x-csrf" for one in told.get("parameters", ()))
            asked = (method.upper(), path)
            assert guarded is (asked in NEEDED), asked
            if asked not in NEEDED and asked not in OPEN_TO_ALL:
                assert path.startswith("/api/debtor/") or "machine" in told["tags"], asked


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("method", "path"), sorted(NEEDED))
def test_each_route_takes_the_roles_of_the_table_and_no_other(site, role, method, path):
    site.client.cookies.clear()
    token = _login(site, role)
    address = re.sub(r"\{finding_id\}", "999999", re.sub(r"\{\w+_id\}", "abc", path)).replace("{name}", "nobody")
    answer = site.client.request(
        method, address, headers={"X-CSRF": site.parts.operators.known(token).csrf}, cookies={"maden_login": token}
    )
    if role.includes(NEEDED[method, path]):
        assert answer.status_code not in (401, 403), answer.text
    else:
        assert answer.status_code == 403
        assert NEEDED[method, path].value in answer.json()["detail"]


_LOGINS: dict[tuple[int, Role], str] = {}


def _login(site, role: Role) -> str:
    key = (id(site), role)
    token = _LOGINS.get(key, "")
    if site.parts.operators.known(token) is None:
        token = _LOGINS[key] = site.parts.operators.log_in(f"who {role.value}", PASSWORD)
    return token


def test_a_route_that_is_not_in_the_table_is_nobodys():
    assert refusal(Role.ADMINISTERS, "GET", "/api/another") == "this is nobody's to do"


def test_who_administers_sees_the_others_and_locks_them_out(site):
    token = _login(site, Role.ADMINISTERS)
    other = _login(site, Role.ACTS)
    more = {"headers": {"X-CSRF": site.parts.operators.known(token).csrf}, "cookies": {"maden_login": token}}
    found = site.client.get("/api/operators", **more).json()
    assert [(one["name"], one["role"], one["second_factor"]) for one in found] == [
        ("who acts", "acts", False), ("who administers", "administers", False), ("who reads", "reads", False),
    ]  # fmt: skip
    assert site.client.post("/api/operators/who%20acts/lock", **more).status_code == 204
    assert site.parts.operators.known(other) is None
    assert site.client.post("/api/operators/who%20acts/unlock", **more).status_code == 204
    own = site.client.post("/api/operators/who%20administers/lock", **more)
    assert (own.status_code, "yourself" in own.json()["detail"]) == (422, True)
