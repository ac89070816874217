"""What was written under a key is found again, by this process and by others, whatever tore a line."""

import json
from pathlib import Path
from typing import Any

import pytest

from plumbing.keyed_log import KeyedLog


def log(path: Path, **more: bool) -> KeyedLog[Any]:
    return KeyedLog(path, lambda one: one["key"], json.loads, **more)


def add(to: KeyedLog[Any], key: str, value: int) -> None:
    one = {"key": key, "value": value}
    to.add(one, json.dumps(one).encode())


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "log.jsonl"


def test_a_file_that_is_not_there_holds_nothing(path):
    assert log(path).get("a") is None
    assert log(path).values() == []
    assert not path.parent.exists()


def test_another_process_s_lines_are_found_as_they_come(path):
    mine, others = log(path), log(path)
    for value, key in enumerate("abc"):
        add(others, key, value)
        assert mine.get(key) == {"key": key, "value": value}
    assert [one["key"] for one in mine.values()] == ["a", "b", "c"]


@pytest.mark.parametrize(("later_stands", "value", "lines"), [(False, 1, 1), (True, 2, 2)])
def test_the_first_or_the_later_of_two_lines_stands_for_whoever_reads(path, later_stands, value, lines):
    mine, others = log(path, later_stands=later_stands), log(path, later_stands=later_stands)
    add(mine, "a", 1)
    add(others, "a", 2)
    assert len(path.read_bytes().splitlines()) == lines
    for one in (mine, others, log(path, later_stands=later_stands)):
        assert [found["value"] for found in one.values()] == [value]


@pytest.mark.parametrize("torn", [b'{"key": "b", "va', b"[1]", b'{"value": 3}', b"\xff\xfe", b'{"key": []}'])
def test_what_cannot_be_read_is_owed_and_hides_no_line_after_it(path, torn):
    add(log(path), "a", 1)
    with path.open("ab") as file:
        file.write(torn)
    mine = log(path)
    assert [one["key"] for one in mine.values()] == ["a"]
    add(mine, "b", 2)
    assert [one["key"] for one in log(path).values()] == ["a", "b"]


def test_a_line_that_cannot_be_written_is_not_remembered(path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    mine = log(path)
    monkeypatch.setattr("plumbing.keyed_log.append_line", full)
    with pytest.raises(OSError, match="No space left"):
        add(mine, "a", 1)
    assert mine.get("a") is None
