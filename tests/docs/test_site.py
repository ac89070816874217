"""The site is built from the pages as they are, strictly: no link leads nowhere, no page is left out, no network."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

from plumbing.files import ROOT

pytest.importorskip("mkdocs", reason="needs the extra docs")
pytestmark = pytest.mark.slow


class Links(HTMLParser):
    """Addresses that a page asks for or leads to, and the names that it can be entered at."""

    def __init__(self) -> None:
        super().__init__()
        self.to: list[str] = []
        self.asked: list[str] = []
        self.names: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.names |= {found[name] for name in ("id", "name") if name in found}
        if tag == "a" and "href" in found:
            self.to.append(found["href"])
        elif tag in ("img", "script") and "src" in found:
            self.asked.append(found["src"])
        elif tag == "link" and found.get("rel") in ("stylesheet", "icon"):
            self.asked.append(found["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site; a proxy that nothing listens at stands for a machine without a network."""
    folder = tmp_path_factory.mktemp("site")
    env = {
        "NO_MKDOCS_2_WARNING": "1",
        "PATH": "",
        "https_proxy": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
    }
    command = (sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", folder)
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def links(page: Path) -> Links:
    found = Links()
    found.feed(page.read_text(encoding="utf-8"))
    return found


def test_every_link_leads_to_a_page_and_a_place_on_it(site: Path) -> None:
    pages = {page: links(page) for page in site.rglob("*.html") if page.name != "404.html"}
    lost = []
    for page, found in pages.items():
        for link in (*found.to, *found.asked):
            path, name = urldefrag(unquote(link))
            if "://" in link or link.startswith("mailto:"):
                continue
            target = (page.parent / path).resolve() if path else page
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or (name and target in pages and name not in pages[target].names):
                lost.append(f"{page.relative_to(site)}: {link}")
    assert lost == []


def test_no_page_asks_another_host_for_anything(site: Path) -> None:
    asked = {one for page in site.rglob("*.html") for one in links(page).asked if "//" in one}
    styles = {one for file in site.rglob("*.css") for one in re.findall(r"url\((https?:[^)]+)\)", file.read_text())}
    assert asked | styles == set()


def test_what_pages_link_to_outside_of_docs_is_shown(site: Path) -> None:
    assert "Prompt programs that negotiate overdue debts" in (site / "index.html").read_text(encoding="utf-8")
    assert 'href="../data/index.html#columns"' not in (site / "index.html").read_text(encoding="utf-8")
    assert "debt_to_income_weight" in (site / "source/data/completing/completing.toml.html").read_text(encoding="utf-8")


def test_the_reference_says_what_a_function_takes_and_raises(site: Path) -> None:
    text = (site / "reference/programs.html").read_text(encoding="utf-8")
    assert 'id="programs.load_program"' in text
    assert "upper limit of a reply" in text
