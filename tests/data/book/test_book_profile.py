"""A book as a page: every column, the split, and nothing from outside."""

from __future__ import annotations

import re

import pytest

from data.book import check
from data.book.book_profile import frame_of
from tests.data.builders import ROW, csv_file, make_case, unlike
from tests.programs.command_line import CommandLine


def test_amounts_are_major_units_and_gaps_are_gaps():
    frame = frame_of([make_case(age=None, name="A"), unlike(3, age=30, currency="JPY")])
    assert list(frame["outstanding"]) == [10_000, 1_092_727]
    assert frame["age"].isna().tolist() == [True, False]
    assert list(frame["monthly_surplus"]) == [2000, 200_000]
    assert set(frame["split"]) <= {"train", "val", "heldout"}
    assert not {"story", "case_id"} & set(frame.columns)


def test_the_page_stands_alone(monkeypatch, capsys, tmp_path):
    pytest.importorskip("skrub", reason="needs the extra profile")
    rows = [{**ROW, "case_id": f"d-{n}", "outstanding": f"{5000 + 400 * n}"} for n in range(12)]
    book = csv_file(tmp_path, *rows)
    result = CommandLine(monkeypatch, capsys)(check, "data.book", book, "--profile", tmp_path / "page.html")
    assert result.code == 0, result.err
    page = (tmp_path / "page.html").read_text()
    assert "monthly_surplus" in page and "book.csv" in page
    assert not re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="https?:', page)
