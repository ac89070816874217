"""Both pages for people who use them by keyboard or screen reader: axe-core in every state, keys, focus, announcements.

axe-core is the engine that browsers' own audits use; its script comes from a package on PyPI, of which nothing else is
used. It finds what a machine can find; what it cannot (where the focus goes, what is said) is tested beside it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")
pytest.importorskip("axe_playwright_python", reason="its axe.min.js is needed (requirements-test.lock)")

from tests.app.browsing import LAST, Site, logged_in, say, site
from tests.app.desk import CASE
from tests.chromium import FOUND, Tab, chromium
from wording import LANGUAGES
from wording.tags import SOURCE

pytestmark = pytest.mark.skipif(FOUND is None, reason="no Chromium is installed (Debian: apt-get install chromium)")
WIDTHS = (390, 1280)
LISTEN = """
window.announced = [];
new MutationObserver((changes) => {
  for (const change of changes) {
    const place = change.target.closest?.('[role=log], [role=status], [role=alert]');
    if (!place || place.getAttribute('aria-live') === 'off') continue;
    change.addedNodes.forEach((node) => window.announced.push(node.textContent));
  }
}).observe(document.body, { childList: true, subtree: true });
"""
FOCUSED = "document.activeElement.id"


@cache
def axe() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.fixture
def server(tmp_path_factory):  # one for each test: a plan that one of them agrees binds the debt of all others
    with site(tmp_path_factory.mktemp("site")) as running:
        yield running


def assert_accessible(tab: Tab, where: str) -> None:
    """Nothing that axe-core calls serious or critical, in light and in dark."""
    tab.value(f"{axe()};null")
    for scheme in ("light", "dark"):
        tab.prefer(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        found = tab.value("axe.run(document, {resultTypes: ['violations']}).then((done) => done.violations)")
        told = [
            f"{where}, {scheme}: {one['impact']} {one['id']}: {one['help']}: {node['html']}"
            for one in found
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"]
        ]
        assert not told, "\n".join(told)


def debtor(tab: Tab, server: Site, width: int) -> str:
    """A new negotiation's debtor page, opened; returns the negotiation's id."""
    found, link = server.begun()
    tab.open(link, width)
    tab.until(LAST)
    return found


def test_the_audit_finds_what_is_planted(tab, server):
    debtor(tab, server, 390)
    tab.value("document.querySelector('#say label').remove()")
    with pytest.raises(AssertionError, match=r"planted, light: critical label: .*<textarea id=\"text\""):
        assert_accessible(tab, "planted")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_debtors_page_is_accessible_in_every_state(tab, server, width):
    server.speaks.clear()
    _, link = server.begun(opened=False)
    tab.open(link, width)
    tab.until("document.querySelector('#state').innerText.includes('is writing')")
    assert_accessible(tab, "empty")
    server.speaks.set()
    tab.until(LAST)
    assert_accessible(tab, "first offer")
    say(tab, "20 monthly instalments?")
    tab.click("#plan summary")
    assert_accessible(tab, "all payments")
    tab.click("#decline")
    assert_accessible(tab, "asked whether to end")
    tab.click("#stay")
    tab.click("#accept")
    tab.until("document.querySelector('#confirm').checkVisibility()")
    assert_accessible(tab, "confirmation")
    tab.click("#confirm")
    tab.until("document.querySelector('#printing').checkVisibility()")
    assert_accessible(tab, "agreed")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_debtors_page_is_accessible_where_it_ends_or_fails(tab, server, width):
    debtor(tab, server, width)
    tab.click("#person")
    tab.until("document.querySelector('#state').innerText.includes('A person takes over')")
    assert_accessible(tab, "with a person")
    debtor(tab, server, width)
    tab.value("window.fetch = () => Promise.reject(new TypeError('offline'))")
    tab.fill("#text", "Hello")
    tab.click("#send")
    tab.until("!document.querySelector('#problem').hidden")
    assert_accessible(tab, "error")
    tab.open(f"{server.url}/negotiation#forged", width)
    tab.until("!document.querySelector('#closed').hidden")
    assert_accessible(tab, "bad link")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_operators_page_is_accessible_in_every_state(tab, server, width):
    found, _ = server.begun()
    server.told(found, "20 monthly instalments? I am in hospital at the moment.")
    other, _ = server.begun()
    server.negotiations.ask_for_a_person(other)
    tab.call("Network.clearBrowserCookies")
    tab.open(f"{server.url}/operator", width)
    tab.until("!document.querySelector('#login').hidden")
    assert_accessible(tab, "login")
    logged_in(tab, server.url, width)
    tab.until("document.querySelectorAll('#list button').length")
    tab.value("document.querySelector('#starting').open = true")
    assert_accessible(tab, "list")
    tab.click(f"[data-id='{found}']")
    tab.until("document.querySelectorAll('#values dd').length && document.querySelectorAll('.finding').length")
    tab.click("#link")
    tab.until("!document.querySelector('#link-box').hidden")
    tab.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert_accessible(tab, "one negotiation")
    tab.click("#take-over")
    tab.until("document.querySelector('#write').checkVisibility()")
    assert_accessible(tab, "taken over")
    tab.click("#close")
    assert_accessible(tab, "asked whether to close")


def reach(tab: Tab, place: str, *, backwards: bool = False) -> None:
    """Press Tab until the focus is there, and see that it can be seen."""
    for _ in range(20):
        tab.press("Tab", shift=backwards)
        if tab.value(FOCUSED) == place:
            break
    assert tab.value(FOCUSED) == place
    assert tab.value("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2, place
    box = "(({top, bottom}) => top >= 0 && bottom <= innerHeight)(document.activeElement.getBoundingClientRect())"
    tab.until(box)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_debtor_negotiates_to_a_confirmed_plan_with_the_keyboard_alone(tab, server, width):
    debtor(tab, server, width)
    reach(tab, "text")
    tab.type("I could manage 20 monthly instalments.")
    tab.press("Enter", ctrl=True)
    tab.until("document.querySelectorAll('#messages > li').length == 3")
    assert tab.value(FOCUSED) == "text"
    reach(tab, "accept")
    tab.press("Enter")
    tab.until("document.querySelector('#confirm').checkVisibility()")
    tab.until(f"{FOCUSED} == 'plan-title'")
    reach(tab, "not-yet")
    tab.press(" ")
    tab.until("!document.querySelector('#confirmation').checkVisibility()")
    tab.until(f"{FOCUSED} == 'text'")
    reach(tab, "accept")
    tab.press("Enter")
    tab.until(f"{FOCUSED} == 'plan-title'")
    reach(tab, "confirm")
    tab.press("Enter")
    tab.until("document.querySelector('#state').innerText.includes('You have agreed')")
    tab.until(f"{FOCUSED} == 'plan-title' && document.activeElement.innerText == 'Your plan'")


def test_a_debtor_asks_for_a_person_or_ends_it_with_the_keyboard_alone(tab, server):
    debtor(tab, server, 390)
    reach(tab, "decline")
    tab.press("Enter")
    assert tab.until(FOCUSED) == "stay"  # what changes nothing comes first
    tab.press("Escape")
    tab.until(f"{FOCUSED} == 'decline'")
    reach(tab, "person", backwards=True)
    tab.press("Enter")
    tab.until("document.querySelector('#state').innerText.includes('A person takes over')")
    tab.until(f"{FOCUSED} == 'text'")
    debtor(tab, server, 390)
    reach(tab, "decline")
    tab.press("Enter")
    reach(tab, "leave")
    tab.press("Enter")
    tab.until("document.querySelector('#state').innerText.includes('ended without')")
    tab.until(f"{FOCUSED} == 'state'")


def test_after_an_error_the_focus_and_the_words_stay_and_the_error_is_announced(tab, server):
    debtor(tab, server, 390)
    reach(tab, "text")
    tab.value(LISTEN)
    tab.value("window.real = window.fetch; window.fetch = () => Promise.reject(new TypeError('offline'))")
    tab.type("Hello")
    tab.press("Enter", ctrl=True)
    tab.until("!document.querySelector('#problem').hidden")
    assert (tab.value(FOCUSED), tab.value("document.querySelector('#text').value")) == ("text", "Hello")
    assert sum("no connection" in text for text in tab.value("window.announced")) == 1
    tab.value("window.fetch = window.real")
    tab.press("Enter", ctrl=True)
    tab.until("document.querySelectorAll('#messages > li').length == 3")
    assert tab.value("document.querySelector('#problem').hidden")


def test_whoever_types_when_the_confirmation_opens_keeps_the_focus(tab, server):
    found = debtor(tab, server, 390)
    reach(tab, "text")
    tab.type("Wait")
    server.negotiations.accept_offer(found)
    tab.until("document.querySelector('#confirm').checkVisibility()")
    tab.type(", one question")
    assert (tab.value(FOCUSED), tab.value("document.querySelector('#text').value")) == ("text", "Wait, one question")


def test_new_messages_are_announced_once_and_old_ones_not_again(tab, server):
    found = debtor(tab, server, 390)
    server.told(found, "20 monthly instalments?")
    tab.open(server.parts.link(found), 390)
    tab.until("document.querySelectorAll('#messages > li').length == 3")
    tab.until("document.querySelector('[role=log]').getAttribute('aria-live') == 'polite'")
    nodes = tab.call("Accessibility.getFullAXTree")["nodes"]
    (log,) = [one for one in nodes if one.get("role", {}).get("value") == "log"]
    assert {"name": "live", "value": {"type": "token", "value": "polite"}} in log["properties"]
    tab.value(LISTEN)
    for months in (21, 22):
        say(tab, f"Could it be {months} monthly instalments?")
    announced = tab.value("window.announced")
    for months in (21, 22):
        assert sum(f"Could it be {months} monthly" in text for text in announced) == 1
    assert sum("Assistant" in text for text in announced) == 2
    assert not any("20 monthly instalments?" in text for text in announced)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("tag", [one for one in LANGUAGES if one != SOURCE])
def test_both_pages_are_accessible_and_fit_in_every_language(tab, server, tag, width):
    found = server.negotiations.start(CASE, asked_for=True, language=tag)
    server.parts.worker.wake(found)
    server.settle(found)
    tab.open(server.parts.link(found), width)
    tab.until(LAST)
    assert tab.value("document.documentElement.lang") == tag
    say(tab, "20 monthly instalments?")
    tab.click("#plan summary")
    assert_accessible(tab, f"debtor, {tag}")
    assert_fits(tab, width)
    tab.click("#accept")
    tab.until("document.querySelector('#confirm').checkVisibility()")
    assert_accessible(tab, f"confirmation, {tag}")
    tab.call("Network.clearBrowserCookies")
    logged_in(tab, server.url, width, f"?lang={tag}")
    tab.click(f"[data-id='{found}']")
    tab.until("document.querySelectorAll('#values dd').length")
    tab.value("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert_accessible(tab, f"operator, {tag}")
    assert_fits(tab, width)


def assert_fits(tab: Tab, width: int) -> None:
    """Nothing goes over the page's edge, and no name of a fact squeezes the fact."""
    assert tab.value("document.documentElement.scrollWidth") <= width
    narrow = "filter((one) => one.checkVisibility() && one.offsetWidth < 60).map((one) => one.innerText)"
    assert tab.value(f"[...document.querySelectorAll('dl:not(.scores) > dd')].{narrow}") == []


def test_the_switch_speaks_another_language_from_there_on(tab, server):
    found = debtor(tab, server, 390)
    assert tab.value("document.documentElement.lang").startswith("en")
    tab.value("document.querySelector('#language').value = 'es'")
    tab.value("document.querySelector('#language').dispatchEvent(new Event('change'))")
    tab.until("document.documentElement?.lang == 'es' && document.querySelector('#messages > li') != null")
    answer = say(tab, "20 monthly instalments?")
    assert "Nuestra oferta" in answer
    langs = "[...document.querySelectorAll('#messages .said')].map((one) => one.lang)"
    assert {one[:2] for one in tab.value(langs)} == {"", "en", "es"}
    tab.open(server.parts.link(found), 390)
    tab.until(LAST)
    assert tab.value("document.documentElement.lang") == "es"


def test_the_browsers_language_is_taken_where_nobody_knows_the_debtors(tab, server):
    tab.call("Network.setExtraHTTPHeaders", headers={"Accept-Language": "es-MX,es;q=0.9"})
    try:
        debtor(tab, server, 390)
        assert tab.value("document.documentElement.lang") == "es-MX"
        assert "Nuestra oferta" in say(tab, "20 monthly instalments?")
    finally:
        tab.call("Network.setExtraHTTPHeaders", headers={})
