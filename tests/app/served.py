"""The service behind a test client, and what its debtors and operators do there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dspy
from fastapi.testclient import TestClient

from app.access.links import Links
from app.access.operators import Operators
from app.api.parts import Parts
from app.conversation.worker import Worker
from app.server import create_app
from data.accounts import Accounts
from tests.app.desk import CASE, desk

PASSWORD = "correct horse battery"


@dataclass
class Served:
    """A running service."""

    parts: Parts
    client: TestClient
    csrf: str = ""

    def log_in(self, name: str = "olga") -> None:
        self.parts.operators.add(name, PASSWORD)
        answer = self.client.post("/api/login", json={"name": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        self.csrf = answer.json()["csrf"]

    def operator(self, method: str, path: str, **more: Any) -> Any:
        return self.client.request(method, f"/api{path}", headers={"X-CSRF": self.csrf}, **more)

    def begin(self, case_id: str = CASE) -> tuple[str, str]:
        """A negotiation's id and its debtor's token."""
        answer = self.operator("POST", "/negotiations", json={"case_id": case_id, "asked_for": True})
        assert answer.status_code == 201, answer.text
        return answer.json()["id"], answer.json()["link"].split("#")[1]

    def debtor(self, token: str, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return self.client.request(method, f"/api/debtor{path}", headers=headers, **more)

    def settled(self, token: str) -> dict[str, Any]:
        """The debtor's view once nothing waits for an answer."""
        until = time.monotonic() + 20
        while (view := self.debtor(token, "GET", "/negotiation").json())["answering"]:
            assert time.monotonic() < until, view
            time.sleep(0.01)
        return view


@contextmanager
def served(folder: Path, lm: dspy.LM | None = None, accounts: Accounts | None = None, **more: Any) -> Iterator[Served]:
    negotiations = desk(folder, lm, accounts=accounts)
    operators = Operators(negotiations.database)
    parts = Parts(negotiations, Links("secret" * 8), operators, Worker(negotiations, 2), "http://testserver", **more)
    with TestClient(create_app(parts)) as client:
        yield Served(parts, client)
