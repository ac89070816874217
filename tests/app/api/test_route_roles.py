from __future__ import annotations

import re

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.access.operators import csrf_of
from app.api.parts import LOGIN_COOKIE
from app.api.route_roles import NEEDED, refusal
from app.database.tables import Role
from app.server import create_app
from tests.app.served import PASSWORD, Served, served

OPEN_TO_ALL = {("POST", "/api/login")}
DOCUMENT = create_app(None).openapi()
OPERATORS = sorted(
    (method.upper(), path)
    for path, methods in DOCUMENT["paths"].items()
    for method, told in methods.items()
    if "operator" in told["tags"]
)


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    with served(tmp_path_factory.mktemp("roles")) as running:
        for role in Role:
            running.parts.operators.add(f"who {role.value}", PASSWORD, role)
        yield As(running)


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


class As:
    """What an operator of each role asks; whoever has logged out, or was locked out, logs in again."""

    def __init__(self, site: Served) -> None:
        self.site, self.tokens = site, dict.fromkeys(Role, "")

    def __call__(self, role: Role, method: str, path: str):
        operators = self.site.parts.operators
        if operators.known(self.tokens[role]) is None:
            self.tokens[role] = operators.log_in(f"who {role.value}", PASSWORD)
        self.site.client.cookies.clear()
        self.site.client.cookies.set(LOGIN_COOKIE, self.tokens[role])
        return self.site.client.request(method, path, headers={"X-CSRF": csrf_of(self.tokens[role])})


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(("method", "path"), sorted(NEEDED))
def test_each_route_takes_the_roles_of_the_table_and_no_other(ask, role, method, path):
    answer = ask(role, method, re.sub(r"\{\w+\}", "999999", path))
    if role.includes(NEEDED[method, path]):
        assert answer.status_code not in (401, 403), answer.text
    else:
        assert answer.status_code == 403
        assert NEEDED[method, path].value in answer.json()["detail"]


def test_a_route_that_is_not_in_the_table_is_nobodys():
    assert refusal(Role.ADMINISTERS, "GET", "/api/another") == "this is nobody's to do"


def test_who_administers_sees_the_others_and_locks_them_out(ask):
    found = ask(Role.ADMINISTERS, "GET", "/api/operators").json()
    assert [(one["name"], one["role"], one["second_factor"]) for one in found] == [
        ("who acts", "acts", False), ("who administers", "administers", False), ("who reads", "reads", False),
    ]  # fmt: skip
    assert ask(Role.ACTS, "GET", "/api/counts").status_code == 200
    assert ask(Role.ADMINISTERS, "POST", "/api/operators/who%20acts/lock").status_code == 204
    assert ask.site.parts.operators.known(ask.tokens[Role.ACTS]) is None
    assert ask(Role.ADMINISTERS, "POST", "/api/operators/who%20acts/unlock").status_code == 204
    own = ask(Role.ADMINISTERS, "POST", "/api/operators/who%20administers/lock")
    assert (own.status_code, "yourself" in own.json()["detail"]) == (422, True)
