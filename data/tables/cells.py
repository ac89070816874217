"""The cells of one row, read one by one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

from data.tables.faults import Fault, shown

T = TypeVar("T")


class Cells:
    """The cells of one row; collects what is wrong with them.

    Args:
        row: column name to cell; columns that the file lacks are absent.
        number: the row's number in the file, for the sentences.
        optional: columns whose cells may be empty.
    """

    def __init__(self, row: Mapping[str, str], number: int, optional: Collection[str]) -> None:
        self._row, self._number, self._optional = row, number, optional
        self.faults: list[Fault] = []

    def read(self, column: str, parse: Callable[[str], T]) -> T | None:
        """The parsed cell, None where it is empty or wrong; `parse` says what is wrong by a ValueError."""
        text = self._row.get(column, "")
        if not text.strip():
            if column not in self._optional and column in self._row:
                self._fault(column, "the value is missing")
            return None
        try:
            return parse(text)
        except ValueError as error:
            self._fault(column, f"{shown(text)} {error}")
            return None

    def text(self, column: str) -> str:
        """An optional text as it stands, "" without one."""
        return self._row.get(column, "")

    def _fault(self, column: str, sentence: str) -> None:
        self.faults.append(Fault(sentence, self._number, column))
