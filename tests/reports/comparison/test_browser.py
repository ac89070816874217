"""The page in a real browser: silent, alone with itself, its figures the JSON's, readable on a phone."""

from __future__ import annotations

import json

import pytest

from reports.comparison.page import render
from tests.chromium import FOUND, chromium
from tests.reports.comparison.conftest import hostile, with_turns
from tests.reports.comparison.pages import at

pytestmark = pytest.mark.skipif(FOUND is None, reason="no Chromium is installed (Debian: apt-get install chromium)")


@pytest.fixture(scope="module")
def page(judged, tmp_path_factory):
    file = tmp_path_factory.mktemp("page") / "report.html"
    file.write_text(render(judged.comparison, [with_turns(one, hostile) for one in judged.evaluations]))
    return file


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    with chromium(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_silent_and_asks_for_nothing(tab, page, width):
    tab.events.clear()
    tab.open(page, width)
    tab.value("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert tab.heard("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded") == []
    asked = {event["request"]["url"] for event in tab.heard("Network.requestWillBeSent")}
    assert asked - {"data:,"} == {page.as_uri()}
    assert tab.value("window.hacked") is None


@pytest.mark.parametrize("width", [1280, 390])
def test_it_fits_the_window_with_everything_unfolded(tab, page, width):
    tab.open(page, width)
    tab.value("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert tab.value("document.documentElement.scrollWidth") <= width
    assert tab.value("document.documentElement.clientWidth") <= width


def test_its_figures_are_the_json(tab, page, judged):
    tab.open(page, 1280)
    cells = "[...document.querySelectorAll('[data-key]')].map(one => [one.dataset.key, one.dataset.value])"
    expected = json.loads(judged.comparison.model_dump_json())
    found = tab.value(cells)
    assert len(found) > 1000
    assert [key for key, value in found if json.loads(value) != at(expected, key)] == []


def test_the_plots_labels_are_readable_on_a_phone(tab, page):
    tab.open(page, 390)
    labels = "[...document.querySelectorAll('svg.plot text')]"
    heights = tab.value(f"{labels}.map(one => one.getBoundingClientRect().height)")
    assert len(heights) > 100
    assert min(heights) >= 10


def test_it_prints_within_the_paper(tab, page):
    tab.open(page, 700)  # A4 less its margins, CSS pixels
    tab.call("Emulation.setEmulatedMedia", media="print")
    try:
        assert tab.value("document.documentElement.scrollWidth") <= 700
        shown = "getComputedStyle(document.querySelector('nav')).display"
        assert tab.value(shown) == "none"
    finally:
        tab.call("Emulation.setEmulatedMedia", media="")
