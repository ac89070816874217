"""Which encoding a text file is in: its byte-order mark says, or UTF-8 fits, or nobody can be sure."""

from __future__ import annotations

import codecs
import csv
from pathlib import Path

from data.tables.faults import Fault, FileFaults

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""Byte-order marks, the longer first where one begins like another (Unicode 16, section 23.8)."""
NAMES = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "utf-16": "UTF-16", "utf-32": "UTF-32", "cp1252": "Windows-1252"}
"""How sentences call an encoding."""
_CHUNK_BYTES = 1 << 20


def certain_encoding(path: Path) -> str | None:
    """The encoding that a mark says or that UTF-8 fits throughout; None where only a guess is left."""
    with path.open("rb") as file:
        head = file.read(4)
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding
    return "utf-8" if first_wrong_byte(path) is None else None


def first_wrong_byte(path: Path, encoding: str = "utf-8") -> int | None:
    """Where the first byte stands that is no such text; None where there is none."""
    decoder = codecs.getincrementaldecoder(encoding)()
    position = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            waiting = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                return position - waiting + error.start
            position += len(chunk)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        return position - len(error.object) + error.start
    return None


def decoded(path: Path, faults: type[FileFaults] = FileFaults) -> str:
    """The text of a file in UTF-8, or in UTF-16 or UTF-32 with a byte-order mark (the mark is dropped).

    Raises:
        FileFaults: any other encoding; the sentence names the first row that is not UTF-8, as a spreadsheet counts.
    """
    raw = path.read_bytes()
    encoding = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        name = NAMES[encoding]
        sentence = f"the byte 0x{raw[error.start]:02x} is not {name}; save the file in the encoding UTF-8"
        raise faults(path.name, [Fault(sentence, _row_at(path, raw[: error.start], encoding))]) from None


def _row_at(path: Path, before: bytes, encoding: str) -> int:
    """The row that begins or goes on after `before`; in JSON lines a row is a line."""
    text = before.decode(encoding, errors="replace")
    if path.suffix.lower() == ".jsonl":
        return text.count("\n") + 1
    return sum(1 for _ in csv.reader((text + "x").splitlines(keepends=True)))
