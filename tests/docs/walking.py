"""A page that is walked: its commands are run one after another, and what each shows is held against what comes out.

A fence of `sh` is a step; a fence of `text` right behind it is what it prints, stdout and stderr together. A line `...`
stands for any lines. Where the small model plays, figures depend on the machine, and any number will do.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

from plumbing.files import ROOT

PAGE = ROOT / "docs" / "first-hour.md"
MODEL = "small.gguf"
"""The file that commands name which ask a model."""
_LEFT_OUT = re.compile(r"^\.\.\.$", re.MULTILINE)
_NUMBER = re.compile(r"[+-]?\d[\d.,:]*")
_FRAME = re.compile(r"[─━│┃┏┓┗┛┡┩├┤└┘┳┻╇┼┴┬╋]+")
_SAID = re.compile(r"^ *(creditor: |debtor: |the model writes |\d+ of up to ).*$", re.MULTILINE)
"""What is said at the table, and what is told as time goes by: of the model's pace and of how far the work is."""


@dataclass(frozen=True)
class Step:
    """A command of the page."""

    line: int
    """Of the page, from 1."""
    command: str
    shown: str | None
    """What the page says that it prints; None: nothing is said."""

    @property
    def plays(self) -> bool:
        """Whether a model plays in it, or what it played is used."""
        return MODEL in self.command or "maden@1" in self.command

    def agrees(self, got: str) -> bool:
        """Whether that is what the page shows."""
        if self.shown is None:
            return True
        tidied = _masked if self.plays else _unframed
        parts = [" ".join(tidied(part).split()) for part in _LEFT_OUT.split(self.shown)]
        return bool(re.fullmatch(".*".join(map(re.escape, parts)), " ".join(tidied(got).split())))


def _unframed(text: str) -> str:
    return _FRAME.sub(" ", text)


def _masked(text: str) -> str:
    return _NUMBER.sub("#", _SAID.sub("", _unframed(text)))


def steps(page: Path = PAGE) -> list[Step]:
    """The commands of a page, in their order."""
    tokens = [token for token in MarkdownIt("commonmark").parse(page.read_text(encoding="utf-8")) if token.level == 0]
    found = []
    for place, token in enumerate(tokens):
        if token.type != "fence" or token.info != "sh":
            continue
        behind = tokens[place + 1] if place + 1 < len(tokens) else None
        shown = behind.content if behind and behind.type == "fence" and behind.info == "text" else None
        assert token.map
        found.append(Step(token.map[0] + 1, token.content.rstrip("\n"), shown))
    return found


class Walk:
    """A shell that goes through a page: where one step changes the folder, the next one begins there."""

    def __init__(self, folder: Path, replaced: dict[str, str] | None = None) -> None:
        self.folder = folder
        self._replaced = replaced or {}
        self._where = folder / ".where"

    def run(self, step: Step) -> str:
        """Run a step; what it printed."""
        command = step.command
        for old, new in self._replaced.items():
            command = command.replace(old, new)
        done = subprocess.run(
            ("bash", "-ec", f"{command}\npwd > {self._where}"),
            cwd=self.folder, env=environment(), text=True, check=False, timeout=1200,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert done.returncode == 0, f"line {step.line}: {command}\n{done.stdout}"
        self.folder = Path(self._where.read_text().strip())
        told = done.stdout
        for old, new in self._replaced.items():
            told = told.replace(new, old)
        return told


def environment() -> dict[str, str]:
    """Of the commands: this Python first, this project's modules, and tables as wide as in a file."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
