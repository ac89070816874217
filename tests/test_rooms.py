"""The rooms say what they hold, the page repeats it, and a change finds its tests."""

from __future__ import annotations

import pytest

from plumbing.closure import FLOORS
from plumbing.files import ROOT
from tests import rooms

MOST_FILES = 12


def test_the_page_tells_of_every_folder_what_the_folder_says():
    on_page = rooms.rows(rooms.PAGE.read_text(encoding="utf-8"))
    told = {folder: rooms.without_links(words) for folder, words in on_page.items()}
    assert list(told.items()) == list(rooms.rooms().items()), "python -m tests.rooms writes the table anew"


def test_writing_the_table_anew_keeps_its_links():
    text = rooms.PAGE.read_text(encoding="utf-8")
    torn = text.replace(rooms.rooms()["programs/models"], "Something else.")
    assert "Something else. ([models](models.md))" in torn
    assert rooms.written_anew(torn) == text


def test_every_floor_has_its_place():
    assert set(rooms.FLOORS) == FLOORS


def test_every_room_says_what_it_holds_and_none_is_crowded():
    assert [folder for folder, words in rooms.rooms().items() if not words.endswith((".", "?"))] == []
    counts = {folder: len(list((ROOT / folder).glob("*.py"))) for folder in rooms.rooms()}
    assert [folder for folder, count in counts.items() if count > MOST_FILES] == []


@pytest.mark.parametrize(
    ("path", "tests"),
    [
        ("programs/creditor", ["tests/programs/creditor"]),
        ("programs/creditor/ladder.py", ["tests/programs/creditor/test_ladder.py"]),
        ("programs/creditor/briefing.py", ["tests/programs/creditor"]),
        ("programs/maden.py", ["tests/programs/test_maden.py"]),
        ("data/policy.py", ["tests/data/test_policy.py"]),
        ("tests/programs/creditor/test_ladder.py", ["tests/programs/creditor/test_ladder.py"]),
        ("programs/debtor/personas.toml", ["tests/programs/debtor"]),
        ("docs/architecture.md", ["tests/test_docs.py"]),
        ("Makefile", []),
        ("benchmarks/demos/arms.py", ["tests/benchmarks/test_demos.py"]),
        ("benchmarks/structure.py", []),
    ],
)
def test_a_changed_file_finds_its_tests(path, tests):
    assert rooms.tests_of(path) == tests


def test_quick_runs_each_test_once_and_always_those_of_the_whole_house():
    found = rooms.quick(["programs/creditor", "programs/creditor/ladder.py", "tests/test_docs.py"])
    assert found == ["tests/programs/creditor", *rooms.ALWAYS]
