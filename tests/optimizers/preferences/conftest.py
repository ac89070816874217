from __future__ import annotations

from pathlib import Path

import pytest

from tests.programs.command_line import CommandLine, small_book


@pytest.fixture
def line(monkeypatch, capsys) -> CommandLine:
    return CommandLine(monkeypatch, capsys)


@pytest.fixture
def book(tmp_path) -> Path:
    return small_book(tmp_path)
