from __future__ import annotations

import json
import sys

import pytest

from programs.compare import compare
from tests.programs.command_line import CommandLine, small_book
from tests.scripted import scripted_lm


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    line = CommandLine(monkeypatch, capsys)
    line.use_model(scripted_lm())
    book = small_book(tmp_path)
    folders = ("--book", book, "--runs", tmp_path / "runs", "--artifacts", tmp_path / "artifacts")
    return lambda *argv: line(compare, "python -m programs.compare", *argv, *folders)


def test_a_comparison_leaves_a_page_a_table_and_its_json(run, tmp_path):
    files = [tmp_path / name for name in ("r.html", "r.csv", "r.json")]
    result = run("planned", "maden", "--html", files[0], "--csv", files[1], "--json", files[2])
    assert result.code == 0, result.err
    page, table = files[0].read_text(), files[1].read_text().splitlines()
    found = json.loads(files[2].read_text())
    assert "<html" in page
    assert "first comparison on these held-out debtors" in page
    assert len(table) == 1 + sum(one["scored"] for one in found["programs"])
    assert table[0].startswith("program,case_id,trial,seed,ending,DC,DS")
    assert f"report: {files[0]}" in result.err


def test_the_page_says_what_each_program_cost(run, tmp_path):
    run("planned", "maden", "--html", tmp_path / "r.html", "--json", tmp_path / "r.json")
    page = (tmp_path / "r.html").read_text()
    section = page.split('<section id="cost">')[1].split("</section>")[0]
    assert "planned" in section
    assert "not written down" not in section


def test_without_the_libraries_of_the_report_nothing_is_played(run, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    result = run("planned", "maden", "--html", tmp_path / "r.html")
    assert result.code == 2
    assert 'run pip install "maden[report]"' in result.err
    assert not list(tmp_path.glob("runs/*/played.jsonl"))
