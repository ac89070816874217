"""The small sampling that the tests run from its command line, and what it leaves."""

from __future__ import annotations

import json
from pathlib import Path

from optimizers.preferences.__main__ import preferences
from tests.programs.command_line import CommandLine, Result

PLAN = ("--debtors", 3, "--turns", 2, "--student-samples", 2, "--threshold", 0.05, "--margin", 0.02)


def options(folder: Path, book: Path, *more: object) -> list[str]:
    """The command line; what is said in `more` counts."""
    given = ("--teacher", "linear", "--book", book, "--runs", folder / "runs", "--out", folder / "pairs.jsonl")
    return [str(part) for part in (*given, *PLAN, *more)]


def sampled(line: CommandLine, folder: Path, book: Path, *more: object) -> Result:
    return line(preferences, "python -m optimizers.preferences", *options(folder, book, *more))


def rows(folder: Path) -> list[dict]:
    return [json.loads(text) for text in (folder / "pairs.jsonl").read_text().splitlines()]


def candidates(folder: Path) -> dict[str, str]:
    """The line of every sampled debtor."""
    [path] = (folder / "runs").glob("preferences-*/tables.jsonl")
    return {json.loads(text)["case_id"]: text for text in path.read_text().splitlines()}
