"""Both pages in a real browser on the real server, which is killed in the middle and goes on."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from tests.app.desk import CASE
from tests.app.served import PASSWORD
from tests.chromium import FOUND, Tab, chromium

pytestmark = pytest.mark.skipif(FOUND is None, reason="no Chromium is installed (Debian: apt-get install chromium)")
LAST = "document.querySelector('#messages li:last-child')?.innerText || ''"


class Server:
    """A server process that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        argv = [sys.executable, "-m", "tests.app.process", str(self.folder), str(self.port)]
        self.process = subprocess.Popen(argv)
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/health", timeout=1)
                return
            except (urllib.error.URLError, TimeoutError):
                assert time.monotonic() < end
                assert self.process.poll() is None
                time.sleep(0.1)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path)
    yield made
    made.kill()


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


def logged_in(tab: Tab, server: Server, width: int = 1280) -> None:
    tab.open(f"{server.url}/operator", width)
    tab.until("!document.querySelector('#login').hidden || !document.querySelector('#desk').hidden")
    if tab.value("!document.querySelector('#login').hidden"):
        tab.fill("#name", "olga")
        tab.fill("#password", PASSWORD)
        tab.click("#login button")
    tab.until("!document.querySelector('#desk').hidden")


def begun(tab: Tab, server: Server) -> str:
    """The link of a new negotiation, started on the operator's page."""
    logged_in(tab, server)
    tab.fill("#case", CASE)
    tab.value("document.querySelector('#asked').checked = true")
    tab.click("#begin button")
    return tab.until("document.querySelector('#begun').innerText").split(": ", 1)[1]


def say(tab: Tab, text: str) -> str:
    """Send a message and wait for the answer; returns it."""
    before = tab.value("document.querySelectorAll('#messages li').length")
    tab.fill("#text", text)
    tab.click("#send")
    tab.until(f"document.querySelectorAll('#messages li').length >= {before + 2}")
    return tab.until(LAST)


def test_a_debtor_negotiates_to_a_confirmed_plan_and_an_operator_sees_it(tab, server):
    tab.events.clear()
    link = begun(tab, server)
    tab.open(link, 390)
    assert "Our offer is" in tab.until(LAST)
    assert "Assistant" in tab.value(LAST)
    assert tab.value("document.querySelector('#assistant').checkVisibility()")
    assert "Our offer" in say(tab, "I could manage 20 monthly instalments.")
    tab.click("#accept")
    tab.until("document.querySelector('#confirm').checkVisibility()")
    assert tab.value("document.querySelectorAll('#payments tr').length") > 3
    assert tab.value("document.querySelector('#plan-details').open")
    tab.click("#confirm")
    tab.until("document.querySelector('#answering').innerText.includes('You have agreed')")
    assert tab.value("document.querySelector('#say').hidden")
    logged_in(tab, server)
    tab.click("#list button")
    assert "agreed" in tab.until("document.querySelector('#one-title').innerText")
    assert "thoughts: Think." in tab.value("document.querySelector('#messages').innerText")
    assert tab.heard("Runtime.exceptionThrown") == []
    others = {event["request"]["url"] for event in tab.heard("Network.requestWillBeSent")}
    assert all(url.startswith(server.url) or url.startswith("data:") for url in others)


def test_an_operator_takes_over_and_the_debtor_reads_a_person(tab, server):
    link = begun(tab, server)
    tab.until("document.querySelectorAll('#messages li').length")
    tab.click("#take-over")
    tab.until("!document.querySelector('#write').hidden")
    tab.fill("#words", "Good morning, I am Olga. How can I help?")
    tab.click("#write button")
    tab.open(link, 390)
    assert "Olga" in tab.until(f"({LAST}).includes('Olga') && ({LAST})")
    assert "A person" in tab.value(LAST)
    tab.fill("#text", "Thank you!")
    tab.click("#send")
    tab.until(f"({LAST}).includes('Thank you!')")
    logged_in(tab, server)
    tab.click("#list button")
    tab.until("document.querySelector('#messages').innerText.includes('Thank you!')")


def test_killed_in_mid_negotiation_the_server_goes_on_and_nothing_is_lost(tab, server):
    tab.open(begun(tab, server), 390)
    tab.until(LAST)
    say(tab, "20 monthly instalments?")
    tab.fill("#text", "Or 22 monthly instalments?")
    tab.click("#send")
    tab.until(f"({LAST}).includes('22 monthly')")  # it is stored; its answer is being written
    server.kill()
    tab.until("document.querySelector('#problem').innerText.includes('connection is lost')")
    server.start()
    tab.until("document.querySelectorAll('#messages li').length == 5")
    assert "Our offer" in tab.value(LAST)
    tab.until("document.querySelector('#problem').hidden")
    texts = tab.value("[...document.querySelectorAll('#messages li')].map(one => one.innerText)")
    assert sum("Or 22 monthly instalments?" in text for text in texts) == 1


@pytest.mark.parametrize("width", [390, 1280])
def test_both_pages_fit_the_window(tab, server, width, tmp_path):
    link = begun(tab, server)
    tab.open(link, width)
    tab.until(LAST)
    say(tab, "20 monthly instalments?")
    assert tab.value("document.documentElement.scrollWidth") <= width
    tab.screenshot(tmp_path / f"debtor-{width}.png")
    logged_in(tab, server, width)
    tab.click("#list button")
    tab.until("document.querySelectorAll('#values dd').length")
    assert tab.value("document.documentElement.scrollWidth") <= width
    tab.screenshot(tmp_path / f"operator-{width}.png")


def test_a_link_that_is_none_says_so_and_shows_nothing(tab, server):
    tab.open(f"{server.url}/negotiation#forged", 390)
    assert "not valid" in tab.until("document.querySelector('#problem').innerText")
    assert not tab.value("document.querySelector('#say').checkVisibility()")
