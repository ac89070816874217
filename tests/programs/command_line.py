"""Run a command line in this process, with a scripted model where it asks for one."""

from __future__ import annotations

import runpy
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dspy
import pytest
import typer

from data.book import read_book, write_book
from data.domain import DebtCase
from plumbing import cli
from plumbing.files import ROOT
from programs.models import make as models
from tests.data.builders import unlike


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str


class CommandLine:
    """Calls `command` as `python -m prog argv...` would."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, command: Callable, prog: str, *argv: object) -> Result:
        self._monkeypatch.setattr(sys, "argv", [prog, *(str(part) for part in argv)])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.run(command, prog)
        streams = self._capsys.readouterr()
        return Result(ended.value.code or 0, streams.out, " ".join(streams.err.split()))

    def use_model(self, lm: dspy.LM | None) -> list[str]:
        """Let every model string be `lm` (None: fail if one is made); the list tells which strings were asked for."""
        asked: list[str] = []

        def make(model: str, **settings: object) -> dspy.LM:
            asked.append(model)
            assert lm is not None, "no model should be made"
            return lm

        self._monkeypatch.setattr(models, "make_lm", make)
        return asked


def command_of(target: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command that `python TARGET` would run, taken before it runs."""
    caught: list[typer.Typer] = []
    with monkeypatch.context() as patched, warnings.catch_warnings():
        patched.setattr(cli, "run_app", lambda app, prog_name: caught.append(app))
        warnings.simplefilter("ignore", RuntimeWarning)  # the module may be imported already
        if target[0] == "-m":
            runpy.run_module(target[1], run_name="__main__")
        else:
            runpy.run_path(str(ROOT / target[0]), run_name="__main__")
    assert len(caught) == 1, f"{' '.join(target)} is no command line"
    return typer.main.get_command(caught[0])


def small_book(folder: Path, size: int = 60) -> Path:
    """A book of `size` debtors who differ."""
    path = folder / "book.jsonl"
    write_book([unlike(number) for number in range(size)], path)
    return path


def heldout(book: Path) -> tuple[DebtCase, ...]:
    return read_book(book).split("heldout")
