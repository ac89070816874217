"""Both pages on a real server in this process, whose model can be made to wait, and what people do on them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dspy
import uvicorn

from app.access.links import Links
from app.access.operators import Operators
from app.api.parts import Parts
from app.conversation.negotiations import Negotiations
from app.conversation.worker import Worker
from app.database.stored_rows import messages_of
from app.server import create_app
from app.serving.listener import SETTINGS
from tests.app.desk import CASE, desk, desk_lm
from tests.app.served import PASSWORD
from tests.chromium import Tab

LAST = "document.querySelector('#messages > li:last-child')?.innerText || ''"
OPERATOR = "olga"


@dataclass
class Site:
    """A running service."""

    parts: Parts
    speaks: threading.Event = field(default_factory=threading.Event)
    """Cleared, the model waits."""

    @property
    def url(self) -> str:
        return self.parts.base_url

    @property
    def negotiations(self) -> Negotiations:
        return self.parts.negotiations

    def begun(self, *, opened: bool = True) -> tuple[str, str]:
        """A new negotiation's id and its debtor's link."""
        found = self.negotiations.start(CASE, asked_for=True)
        self.parts.worker.wake(found)
        if opened:
            self.settle(found)
        return found, self.parts.link(found)

    def told(self, found: str, text: str) -> None:
        """A debtor's message, and its answer."""
        self.negotiations.receive(found, text)
        self.parts.worker.wake(found)
        self.settle(found)

    def settle(self, found: str) -> None:
        """Until nothing waits for an answer."""
        end = time.monotonic() + 30
        while True:
            with self.negotiations.database.reading() as session:
                messages = messages_of(session, found)
            if messages and all(one.answered for one in messages):
                return
            assert time.monotonic() < end
            time.sleep(0.02)


@contextmanager
def site(folder: Path, lm: dspy.LM | None = None) -> Iterator[Site]:
    """The service on a port of its own."""
    lm = lm or desk_lm()
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        negotiations = desk(folder, lm)
        operators = Operators(negotiations.database)
        operators.add(OPERATOR, PASSWORD)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        running = Site(Parts(negotiations, Links("secret" * 8), operators, Worker(negotiations, 2), url, 10_000))
        running.speaks.set()
        answer = lm.engine.answer
        lm.engine.answer = lambda prompt: answer(prompt) if running.speaks.wait(60) else None
        settings = {**SETTINGS, "log_level": "critical", "timeout_graceful_shutdown": 1}
        server = uvicorn.Server(uvicorn.Config(create_app(running.parts), **settings))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        try:
            yield running
        finally:
            running.speaks.set()
            server.should_exit = True
            thread.join(20)


def logged_in(tab: Tab, url: str, width: int = 1280, query: str = "") -> None:
    """The operator's page, after a login where it asks for one."""
    tab.open(f"{url}/operator{query}", width)
    tab.until("!document.querySelector('#login').hidden || !document.querySelector('#desk').hidden")
    if tab.value("!document.querySelector('#login').hidden"):
        tab.fill("#name", OPERATOR)
        tab.fill("#password", PASSWORD)
        tab.click("#login button")
    tab.until("!document.querySelector('#desk').hidden")


def say(tab: Tab, text: str) -> str:
    """Send a debtor's message and wait for the answer; returns it."""
    before = tab.value("document.querySelectorAll('#messages > li').length")
    tab.fill("#text", text)
    tab.click("#send")
    tab.until(f"document.querySelectorAll('#messages > li').length >= {before + 2}")
    return tab.until(LAST)
