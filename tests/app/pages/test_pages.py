"""Both pages in a real browser on the real server, which in one test is killed in the middle and goes on."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from app.serving.limits import STREAMS_OF_A_LINK
from tests.app.browsing import LAST, Site, logged_in, say, site
from tests.app.desk import CASE
from tests.chromium import FOUND, Tab, chromium

pytestmark = pytest.mark.skipif(FOUND is None, reason="no Chromium is installed (Debian: apt-get install chromium)")
ONE_COLUMN = 390


class Process:
    """The server in a process of its own, which can be killed and started again."""

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
def process(tmp_path):
    made = Process(tmp_path)
    yield made
    made.kill()


@pytest.fixture
def server(tmp_path):
    with site(tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


def begun(tab: Tab, server: Site | Process, width: int = 1280) -> str:
    """The link of a new negotiation, started on the operator's page, which shows it then."""
    logged_in(tab, server.url, width)
    tab.click("#starting summary")
    tab.fill("#case", CASE)
    tab.value("document.querySelector('#asked').checked = true")
    tab.click("#begin button")
    link = tab.until("document.querySelector('#address').value")
    tab.until("document.querySelectorAll('#messages > li').length")
    return link


def chosen(tab: Tab) -> None:
    """Open the first of the list on the operator's page."""
    tab.click("#list button")
    tab.until("document.querySelectorAll('#messages > li').length")


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
    tab.until("document.querySelector('#state').innerText.includes('You have agreed')")
    assert tab.value("document.querySelector('#say').hidden")
    logged_in(tab, server.url)
    chosen(tab)
    assert "Agreed" in tab.value("document.querySelector('#one-state').innerText")
    assert "Think." in tab.value("document.querySelector('#messages').textContent")
    assert "it binds" in tab.value("document.querySelector('#plan-state').innerText")
    assert tab.value("document.querySelector('#ladder [aria-current]').innerText").endswith("stands now")
    assert "recovery rate" in tab.until("document.querySelector('#values').textContent")
    assert "nothing was optimised" in tab.value("document.querySelector('#origin-note').textContent")
    assert tab.heard("Runtime.exceptionThrown") == []
    complaints = [one["entry"] for one in tab.heard("Log.entryAdded") if one["entry"]["level"] == "error"]
    assert [one for one in complaints if "/api/login" not in one.get("url", "")] == []  # before the login a 401
    others = {event["request"]["url"] for event in tab.heard("Network.requestWillBeSent")}
    assert all(url.startswith((server.url, "data:", "about:")) for url in others)


def test_a_page_that_later_windows_displace_says_so_and_stays_away(tab, server):
    link = begun(tab, server)
    headers = {"Authorization": f"Bearer {link.split('#')[1]}"}
    tab.open(link, 390)
    tab.until(LAST)
    with ExitStack() as later:
        for _ in range(STREAMS_OF_A_LINK):
            asked = urllib.request.Request(f"{server.url}/api/debtor/events", headers=headers)
            later.enter_context(urllib.request.urlopen(asked, timeout=20))
        assert "too many windows" in tab.until("document.querySelector('#closed').innerText")
        time.sleep(1.0)  # a page that came back would displace another one
        assert server.negotiations.changes.watched() == STREAMS_OF_A_LINK


def test_an_operator_takes_over_and_the_debtor_reads_a_person(tab, server):
    link = begun(tab, server)
    assert "Nobody waits" in tab.value("document.querySelector('#waiting').innerText")
    tab.click("#take-over")
    tab.until("!document.querySelector('#write').hidden")
    tab.fill("#words", "Good morning, I am Olga. How can I help?")
    tab.click("#write button")
    tab.until(f"({LAST}).includes('Olga')")
    tab.open(link, 390)
    assert "Olga" in tab.until(f"({LAST}).includes('Olga') && ({LAST})")
    assert "A person" in tab.value(LAST)
    tab.fill("#text", "Thank you!")
    tab.click("#send")
    tab.until(f"({LAST}).includes('Thank you!')")
    logged_in(tab, server.url)
    tab.until("document.querySelector('#waiting').innerText == '1 waits for a person'")
    assert tab.value("document.title") == "(1) Negotiations"
    chosen(tab)
    tab.until("document.querySelector('#messages').innerText.includes('Thank you!')")
    tab.click("#hand-back")
    tab.until("document.querySelector('#one-state').innerText.includes('program answers')")
    tab.click("#close")
    tab.click("#really")
    tab.until("document.querySelector('#one-state').innerText.includes('Ended')")


def test_a_fresh_link_is_copied_and_opens_the_same_negotiation(tab, server):
    server.begun()
    logged_in(tab, server.url)
    chosen(tab)
    tab.click("#link")
    link = tab.until("document.querySelector('#address').value")
    tab.value("document.querySelector('#copy').focus()")
    tab.press("Enter")
    tab.until("document.querySelector('#copied').innerText == 'Copied.'")
    tab.open(link, 390)
    assert "Our offer is" in tab.until(LAST)


def test_the_list_updates_by_itself_and_is_filtered(tab, server):
    found, _ = server.begun()
    logged_in(tab, server.url)
    server.begun()
    tab.until("document.querySelectorAll('#list li').length == 2")
    server.negotiations.ask_for_a_person(found)
    tab.until("document.querySelector('#waiting').innerText == '1 waits for a person'")
    tab.until("document.querySelector('#list li .waits') != null")
    assert tab.value("document.querySelector('#list li button').classList.contains('waits')")  # the newest is first
    tab.value("document.querySelector('#filter').value = 'waiting'")
    tab.value("document.querySelector('#filter').dispatchEvent(new Event('change'))")
    tab.until("document.querySelectorAll('#list li').length == 1")
    assert "Waiting for a person (1)" in tab.value("document.querySelector('#filter').innerText")


def test_killed_in_mid_negotiation_the_server_goes_on_and_nothing_is_lost(tab, process):
    tab.open(begun(tab, process), 390)
    tab.until(LAST)
    say(tab, "20 monthly instalments?")
    tab.fill("#text", "Or 22 monthly instalments?")
    tab.click("#send")
    tab.until(f"({LAST}).includes('22 monthly')")  # it is stored; its answer is being written
    process.kill()
    tab.until("document.querySelector('#connection').innerText.includes('connection is lost')")
    process.start()
    tab.until("document.querySelectorAll('#messages > li').length == 5")
    assert "Our offer" in tab.value(LAST)
    tab.until("document.querySelector('#connection').innerText == ''")
    texts = tab.value("[...document.querySelectorAll('#messages > li')].map(one => one.innerText)")
    assert sum("Or 22 monthly instalments?" in text for text in texts) == 1


@pytest.mark.parametrize("width", [ONE_COLUMN, 1280])
def test_both_pages_fit_the_window(tab, server, width):
    _, link = server.begun()
    tab.open(link, width)
    tab.until(LAST)
    say(tab, "Ratenzahlungsvereinbarungsbestätigungsschreiben" * 4 + " 20 monthly instalments?")
    assert tab.value("document.documentElement.scrollWidth") <= width
    logged_in(tab, server.url, width)
    chosen(tab)
    tab.value("document.querySelectorAll('details').forEach(one => one.open = true)")
    tab.until("document.querySelectorAll('#values dd').length")
    assert tab.value("document.documentElement.scrollWidth") <= width
    assert tab.value("document.querySelector('#all').checkVisibility()") is (width > ONE_COLUMN)


def test_above_a_phones_keyboard_the_composer_and_every_choice_are_in_sight(tab, server):
    tab.open(server.begun()[1], ONE_COLUMN, 420)
    tab.until(LAST)
    say(tab, "20 monthly instalments?")
    for name in ("text", "send", "accept", "person", "decline"):
        box = tab.value(
            f"(({{top, bottom}}) => [top, bottom])(document.querySelector('#{name}').getBoundingClientRect())"
        )
        assert 0 <= box[0] < box[1] <= 420, name


def test_declining_asks_once_and_can_be_taken_back(tab, server):
    tab.open(server.begun()[1], ONE_COLUMN)
    tab.until(LAST)
    tab.click("#decline")
    assert "Nothing will be agreed" in tab.until("document.querySelector('#leaving').innerText")
    tab.click("#stay")
    assert tab.value("document.querySelector('#say').checkVisibility()")
    tab.click("#decline")
    tab.click("#leave")
    tab.until("document.querySelector('#state').innerText.includes('ended without an agreement')")
    assert not tab.value("document.querySelector('#say').checkVisibility()")
    assert not tab.value("document.querySelector('#choices').checkVisibility()")


def test_a_link_that_is_none_says_so_and_shows_nothing(tab, server):
    tab.open(f"{server.url}/negotiation#forged", 390)
    assert "not valid" in tab.until("document.querySelector('#closed').innerText")
    assert not tab.value("document.querySelector('#say').checkVisibility()")


def test_what_was_understood_is_shown_and_taken_back_and_leaving_is_confirmed(tab, server):
    _, link = server.begun()
    tab.open(link, ONE_COLUMN)
    say(tab, "20 monthly instalments?")
    tab.until("document.querySelector('.understood')?.innerText.includes('20 monthly instalments')")
    tab.click(".understood button")
    tab.until("document.querySelector('.understood')?.innerText.includes('does not count')")
    assert "What do you mean?" in tab.until(LAST)
    say(tab, "Goodbye.")
    tab.until("!document.querySelector('#asked-to-leave').hidden")
    tab.click("#no-stay")
    tab.until("document.querySelector('#asked-to-leave').hidden")
    say(tab, "Goodbye.")
    tab.until("!document.querySelector('#asked-to-leave').hidden")
    tab.click("#yes-leave")
    tab.until("document.querySelector('#say').hidden")


def test_an_operator_lifts_what_binds_a_case_with_a_reason(tab, server):
    found, _ = server.begun()
    server.negotiations.receive(found, "I never borrowed this money.")
    logged_in(tab, server.url)
    tab.until(f"!!document.querySelector('[data-id=\"{found}\"]')")
    tab.click(f'[data-id="{found}"]')
    tab.until("!document.querySelector('#open-findings').hidden")
    tab.click("#hand-back")
    assert "lift it with a reason" in tab.until("document.querySelector('#problem').textContent")
    tab.fill("#findings input", "the contract was sent")
    tab.click("#findings button")
    tab.until("document.querySelector('#open-findings').hidden")
    tab.click("#hand-back")
    tab.until("document.querySelector('#one-state').innerText.includes('Negotiating')")


def test_a_long_conversation_shows_its_latest_messages_and_the_rest_when_asked(tab, server):
    found, link = server.begun()
    server.negotiations.ask_for_a_person(found)
    for number in range(70):
        server.negotiations.receive(found, f"I earn 1200 a month and pay 700 of it in rent ({number}).")
    shown = "document.querySelectorAll('#messages > li').length"
    first = "document.querySelector('#messages > li').innerText"
    for open_page in (lambda: tab.open(link, 390), lambda: (logged_in(tab, server.url), chosen(tab))):
        open_page()
        tab.until(f"{shown} === 50")
        tab.click("#earlier")
        tab.until(f"{shown} === 72")
        assert "Our offer is" in tab.value(first)
        assert "(69)" in tab.value(LAST)
        assert not tab.value("document.querySelector('#earlier').checkVisibility()")
    tab.open(link, 390)
    tab.until(f"{shown} === 50")
    tab.fill("#text", "One more.")
    tab.click("#send")
    tab.until(f"{shown} === 51")
    assert "One more." in tab.value(LAST)
