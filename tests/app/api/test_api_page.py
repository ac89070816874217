"""The page of the API works under the policy of the service's own pages, and asks no other host."""

from __future__ import annotations

import re

import pytest

pytest.importorskip("fastapi", reason="needs the extra app")

from tests.app.browsing import site
from tests.chromium import FOUND, chromium


def test_all_that_the_page_names_is_served_here(house):
    page = house.client.get("/api/docs")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    named = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(named) == 5
    for address in named:
        assert address.startswith("/"), address
        assert house.client.get(address).status_code == 200, address
    assert "<script>" not in page.text


@pytest.mark.slow
@pytest.mark.skipif(FOUND is None, reason="no Chromium is installed (Debian: apt-get install chromium)")
def test_a_browser_shows_every_route(tmp_path):
    with site(tmp_path) as running, chromium(tmp_path / "profile") as tab:
        tab.open(f"{running.url}/api/docs", 1280)
        tab.until("document.querySelectorAll('.opblock').length > 20")
        assert "/api/debtor/confirm" in tab.value("document.body.innerText").replace("\u200b", "")
        others = {event["request"]["url"] for event in tab.heard("Network.requestWillBeSent")}
        assert all(url.startswith((running.url, "data:", "about:")) for url in others)
        refused = [one["entry"]["text"] for one in tab.heard("Log.entryAdded") if one["entry"]["level"] == "error"]
        assert [one for one in refused if "data:" not in one] == []
