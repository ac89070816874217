"""The calls of a file, whichever way it was exported."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from data.importing.delimiter import encoding_of
from data.transcripts.call import Call, made_call, renumbered
from data.transcripts.call_tables import TEXT_SUFFIXES, table_calls
from data.transcripts.column_names import Columns
from data.transcripts.spoken_text import conversations
from data.transcripts.structured import calls_of, parsed
from plumbing.errors import UserError

_TABLES = (*TEXT_SUFFIXES, ".xlsx", ".xls", ".xlsb", ".xlsm", ".ods", ".parquet")
_JSON = (".json", ".jsonl", ".ndjson")
_TEXT = (".txt", ".vtt", ".srt", ".log", ".md")


@dataclass(frozen=True)
class CallLog:
    """What a file of transcripts holds."""

    path: Path
    calls: tuple[Call, ...]
    told: str
    """How it was read, as a sentence."""


def read_calls(path: Path, columns: Columns | None = None) -> CallLog:
    """The calls of a file, in its order; a call without an id is numbered.

    Args:
        path: .json, .jsonl, .csv, .tsv, .xlsx, .parquet, .txt or .vtt, capitals do not matter.
        columns: what the user says; None: nothing.

    Raises:
        UserError: no such file or format, it cannot be read, or it holds no conversation.
    """
    if not path.is_file():
        raise UserError(f"no file at {path}")
    kind, columns = path.suffix.lower(), columns or Columns()
    if kind in _TABLES:
        calls, told = table_calls(path, columns)
    elif kind in _JSON:
        calls, told = _json_calls(path, columns)
    elif kind in _TEXT:
        calls, told = _text_calls(path)
    else:
        known = ".json, .jsonl, .csv, .tsv, .xlsx, .parquet, .txt and .vtt"
        raise UserError(f"{path} is no transcript: the suffix {path.suffix!r} is none of {known}")
    if not calls:
        raise UserError(
            f"{path.name} holds no conversation: {_WANTED}; name the keys with --speaker-column, --text-column"
        )
    return CallLog(path, renumbered(calls), told)


_WANTED = "no list of objects that each say who speaks (such as speaker) and what (such as text)"


def _json_calls(path: Path, columns: Columns) -> tuple[list[Call], str]:
    text = _text(path)
    json_lines = path.suffix.lower() != ".json" and not _is_one(text)
    try:
        values = list(parsed(text, json_lines))
    except ValueError as error:
        raise UserError(f"{path.name}, {error}") from error
    if json_lines and not any(calls_of(value, place, columns) for place, value in values):
        return calls_of(
            [value for _, value in values], "", columns
        ), f"{path.name} is read as JSON lines, one utterance each"
    calls = [call for place, value in values for call in calls_of(value, place, columns)]
    return calls, f"{path.name} is read as JSON{' lines' if json_lines else ''}"


def _is_one(text: str) -> bool:
    """Whether it is one value over several lines, whatever its suffix says."""
    first = text.lstrip().split("\n", 1)[0].strip()
    return first in ("{", "[")


def _text_calls(path: Path) -> tuple[list[Call], str]:
    found = conversations(_text(path))
    if not found:
        raise UserError(f'{path.name} names nobody as speaking; write each line as "Agent: ..." or "Customer: ..."')
    calls = [made_call(one.call_id, one.lines, f"line {one.first_line}", {}) for one in found]
    return calls, f"{path.name} is read as lines of text"


def _text(path: Path) -> str:
    encoding, _ = encoding_of(path, None)
    return path.read_text(encoding=encoding)
