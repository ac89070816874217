from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from data.book import DebtorBook, write_book
from data.domain import CreditorPolicy
from data.synthesis import synthesise
from plumbing.errors import UserError
from reports.debtor_book import book_page as report


@pytest.fixture(scope="module")
def page() -> str:
    book = DebtorBook(synthesise(40, 3), "/somewhere/<b>&book.csv")
    return report.render(book, CreditorPolicy())


def test_the_page_stands_on_its_own(page: str) -> None:
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#|data:)""", page)
    assert "<script" not in page
    assert page.count("<svg") == page.count("</svg>") == 9


def test_the_page_tells_the_shares_and_the_fits(page: str) -> None:
    cards = re.findall(r"<b>([\d.]+) %</b> (have a plan|need a discount|have no)", page)
    shares = {words: float(share) for share, words in cards}
    assert shares["have a plan"] + shares["have no"] == pytest.approx(100, abs=0.2)
    rows = re.findall(r"<tr><td>(\w+)</td><td>([\d.]+)</td>", page)
    assert [name for name, _ in rows][-5:] == ["Age", "Amount", "Income", "Expenses", "Assets"]
    assert len(rows) == 13 + 5
    assert "40 debtors (train " in page


def test_a_file_name_cannot_bring_markup_into_the_page(page: str) -> None:
    assert "&lt;b&gt;&amp;book.csv" in page
    assert "<b>&book" not in page


def test_the_command_writes_the_page_and_says_the_shares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(report, "render", lambda book, policy: f"<p>{len(book)} {policy.round_limit}</p>")
    write_book(synthesise(12, 1), tmp_path / "book.jsonl")
    report.main(tmp_path / "book.jsonl", tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == "<p>12 10</p>"
    assert re.search(
        r"12 debtors, [\d.]+% with a plan that they can keep, [\d.]+% need a discount", capsys.readouterr().out
    )


@pytest.mark.parametrize("package", ["matplotlib", "jinja2"])
def test_without_the_extra_it_is_one_sentence(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=rf"needs the package {package}.*maden\[report\]"):
        report.render(DebtorBook(synthesise(5, 1), "x.csv"), CreditorPolicy())
