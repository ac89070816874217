"""What is to be screened: lines of text, or of JSON with a text and labels."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plumbing.errors import UserError

DEFAULT_CURRENCY = "USD"


@dataclass(frozen=True)
class ScreenLine:
    """One text to screen."""

    text: str
    currency: str = DEFAULT_CURRENCY
    labels: Mapping[str, Any] = field(default_factory=dict)
    """The rest of a JSON line."""
    number: int = 0
    """In the file, from 1."""


def read_lines(path: Path | None) -> Iterator[ScreenLine]:
    """The lines of a file, of standard input for None or `-`; empty ones are left out.

    Raises:
        UserError: it cannot be read, or a line is damaged; the sentence says which.
    """
    try:
        content = sys.stdin.buffer.read() if path is None or str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from error
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            text = raw.decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise UserError(f"line {number} is no UTF-8 text; save the file as UTF-8") from error
        if text:
            yield _line(text, number)


def _line(text: str, number: int) -> ScreenLine:
    try:
        found = json.loads(text) if text.startswith("{") else None
    except (ValueError, RecursionError) as error:
        if text.startswith('{"'):
            raise UserError(f"line {number} begins like JSON and is none: {error}") from error
        found = None
    if not isinstance(found, dict):
        return ScreenLine(text, number=number)
    said = found.pop("text", None)
    if not isinstance(said, str):
        raise UserError(f'line {number} has no "text"; write {{"text": "..."}} or the text alone')
    currency = found.pop("currency", DEFAULT_CURRENCY)
    if not isinstance(currency, str) or not re.fullmatch("[A-Z]{3}", currency):
        raise UserError(f"line {number}: currency {currency!r} is no code of three capital letters, such as USD")
    return ScreenLine(said.encode("utf-8", "replace").decode(), currency, found, number)
