"""Schemathesis on the service's OpenAPI document: whatever a request holds, no route fails, and it answers as written.

Every request comes from somebody who may ask: an operator who is logged in, a debtor with a link to a negotiation that
goes on. Who may not is in test_api.py.
"""

from __future__ import annotations

import pytest

pytest.importorskip("schemathesis", reason="needs the extra test")

import schemathesis
from fastapi import FastAPI
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.python.asgi import get_client

from app.access.operators import csrf_of
from app.api.parts import LOGIN_COOKIE, Parts
from app.database.stored_rows import row_of
from app.database.tables import Role, Status
from app.server import create_app
from tests.app.desk import CASE
from tests.app.served import PASSWORD, served

SEED = 7
EXAMPLES = 10
"""Of each route; those of the coverage phase, which follow from the document, come on top."""
CHECKS = [
    schemathesis.checks.not_a_server_error,
    schemathesis.checks.status_code_conformance,
    schemathesis.checks.content_type_conformance,
    schemathesis.checks.response_schema_conformance,
]


class Asked:
    """A running service and those who may ask it."""

    def __init__(self, parts: Parts, app: FastAPI) -> None:
        self.parts = parts
        self.client = get_client(_without_lifespan(app), max_stream_events=1)
        self.parts.operators.add("olga", PASSWORD, Role.ADMINISTERS)
        self.login = self.found = ""

    def credentials(self) -> dict[str, object]:
        """For the next request: it may have ended the login, or the negotiation."""
        if self.parts.operators.known(self.login) is None:
            self.login = self.parts.operators.log_in("olga", PASSWORD) or ""
        if not self.found or not self._goes_on():
            self.found = self.parts.negotiations.start(CASE, asked_for=True)
        with self.parts.negotiations.database.reading() as session:
            token = self.parts.links.token(self.found, row_of(session, self.found).link_generation)
        return {
            "headers": {"Authorization": f"Bearer {token}", "X-CSRF": csrf_of(self.login)},
            "cookies": {LOGIN_COOKIE: self.login},
        }

    def _goes_on(self) -> bool:
        with self.parts.negotiations.database.reading() as session:
            return Status(row_of(session, self.found).status).automated


CONFIG = SchemathesisConfig(
    seed=SEED,
    projects=ProjectsConfig(
        default=ProjectConfig(
            generation=GenerationConfig(max_examples=EXAMPLES, deterministic=True, codec=None, no_shrink=True)
        )
    ),
)
# The document needs no service; the tests' own is made when they run.
schema = schemathesis.openapi.from_dict(create_app(None).openapi(), config=CONFIG)


def _without_lifespan(app: FastAPI):
    """The service runs already; Schemathesis would start and stop it for each route."""

    async def called(scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            raise RuntimeError("no lifespan here")
        await app(scope, receive, send)

    return called


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    with served(tmp_path_factory.mktemp("asked"), requests_per_minute=10**9) as running:
        yield Asked(running.parts, running.client.app)


@schema.parametrize()
def test_no_request_makes_a_route_fail(case, asked):
    credentials = asked.credentials()
    if "negotiation_id" in case.path_parameters:
        case.path_parameters["negotiation_id"] = asked.found
    if isinstance(case.body, dict) and isinstance(case.body.get("case_id"), str):
        case.body["case_id"] = CASE
    case.call_and_validate("http://testserver", asked.client, checks=CHECKS, **credentials)
