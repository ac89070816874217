"""What is wrong with a file of rows: every fault as one sentence naming file, row, column and value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from plumbing.errors import UserError, did_you_mean

MAX_LISTED = 1000
"""Faults printed of one file; beyond that only their number is told."""

_MAX_VALUE_CHARS = 60


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a file of rows."""

    sentence: str
    """What is wrong, completing "FILE, row R, column C: "."""
    row: int | None = None
    """As a spreadsheet shows it: the header is row 1 of a CSV; JSON lines and Parquet rows count from 1."""
    column: str | None = None

    def told(self, file: str) -> str:
        """The whole sentence."""
        place = [file]
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column is not None:
            place.append(f"column {self.column}")
        return f"{', '.join(place)}: {self.sentence}"


class FileFaults(UserError):
    """A file of rows that cannot be used; `faults` holds everything that is wrong with it."""

    what = "file"
    """What the file is, for the sentence that counts its faults."""

    def __init__(self, file: str, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        sentences = [fault.told(file) for fault in self.faults[:MAX_LISTED]]
        if len(self.faults) > MAX_LISTED:
            sentences.append(f"... and {len(self.faults) - MAX_LISTED} more")
        many = f"{len(self.faults)} faults in the {self.what}, nothing was loaded; mend them and load it again:\n"
        super().__init__(sentences[0] if len(sentences) == 1 else many + "\n".join(sentences))


def shown(value: object) -> str:
    """`value` as a fault quotes it: in quotes, on one line, cut when long."""
    text = value if isinstance(value, str) else str(value)
    return repr(text if len(text) <= _MAX_VALUE_CHARS else text[:_MAX_VALUE_CHARS] + "…")


def choice_hint(value: str, known: Iterable[str]) -> str:
    """What could have been meant: the nearest known name if one is near, and all of them."""
    names = list(known)
    return f"{did_you_mean(value.strip().lower(), names)} known are {', '.join(names)}".lstrip()
