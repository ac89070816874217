"""Rows of delimited text, one by one; a row with broken quotes is one fault, and the rows behind it are read too."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
"""What stands between cells, and how sentences call it."""
_HINT_CHARS = len("sep=;")


class Row(NamedTuple):
    """One row of a file."""

    number: int
    """As a spreadsheet shows it, from 1."""
    cells: list[str]
    fault: str | None = None
    """Why the row could not be read; it has no cells then."""

    @property
    def blank(self) -> bool:
        """Whether nothing stands in it: an empty line, or delimiters alone."""
        return self.fault is None and not any(cell.strip() for cell in self.cells)


def hinted(line: str) -> str | None:
    """The delimiter of a first line such as `sep=;`, which Excel reads and does not show; None for any other line."""
    line = line.strip("\r\n")
    return line[-1] if len(line) == _HINT_CHARS and line.lower().startswith("sep=") else None


def rows_of(lines: Iterable[str], delimiter: str) -> Iterator[Row]:
    """Every row, blank ones too.

    An opening quote that is never closed would swallow the rest of the file; so a record that cannot be read costs its
    first line alone, and reading goes on with the next.

    Args:
        lines: lines with their ends, as a file opened with `newline=""` gives them; the line `sep=;` is not among them.
        delimiter: one character.
    """
    source = _Lines(lines)
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        source.taken.clear()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            source.put_back()
            reader = csv.reader(source, delimiter=delimiter, strict=True)
            yield Row(number, [], _in_words(error))
        else:
            yield Row(number, cells)


class _Lines:
    """Lines that can be put back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self.taken: list[str] = []
        """Lines given out since it was cleared."""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.taken.append(line)
        return line

    def put_back(self) -> None:
        """All but the first of the lines that were taken come again."""
        self._lines = chain(self.taken[1:], self._lines)
        self.taken = []


def _in_words(error: csv.Error) -> str:
    if "unexpected end of data" in str(error) or "field larger" in str(error):
        return "a quote is opened and never closed; close it, or double a quote that belongs to the text"
    return f"the row cannot be read as CSV ({error}); a quote that belongs to the text is doubled"
