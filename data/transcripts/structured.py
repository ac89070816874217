"""Calls in JSON of any shape: wherever a list of things that were said stands, there is a call."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from data.transcripts.call import Call, SpokenLine, made_call, seconds_of
from data.transcripts.column_names import Columns, known_keys, plain_key
from data.transcripts.spoken_text import conversations

_MOST_ODD = 0.2
"""Share of a list's objects that may be no utterance (a hold, a tool's call) while the others are."""
_DEEPEST = 12


def parsed(text: str, json_lines: bool) -> Iterator[tuple[str, Any]]:
    """(place, value) of the one value of a file, or of each of its lines.

    Raises:
        ValueError: something is no JSON; the sentence begins with the line.
    """
    if not json_lines:
        yield "", _value(text, "")
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield f"line {number}", _value(line, f"line {number}: ")


def _value(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        at = where or f"line {error.lineno}: "
        raise ValueError(f"{at}not JSON (column {error.colno}: {error.msg})") from error
    except RecursionError as error:
        raise ValueError(f"{where or 'line 1: '}nested too deeply to be a transcript") from error


def calls_of(value: Any, place: str, columns: Columns) -> list[Call]:
    """All calls in a value."""
    return list(_calls(value, place, columns, {}, 0))


def _calls(value: Any, place: str, columns: Columns, above: Mapping[str, str], depth: int) -> Iterator[Call]:
    if depth > _DEEPEST:
        return
    if isinstance(value, list):
        if _is_dialogue(value, columns):
            yield from grouped(value, place, columns, above)
            return
        for number, one in enumerate(value, start=1):
            yield from _calls(one, place or f"entry {number}", columns, above, depth + 1)
    elif isinstance(value, dict):
        facts = {**above, **_scalars(value)}
        if (said := _own_dialogue(value, columns, depth)) is not None:
            yield from grouped(said, place, columns, facts)
            return
        for inner in value.values():
            yield from _calls(inner, place, columns, facts, depth + 1)


def _own_dialogue(value: Mapping[str, Any], columns: Columns, depth: int) -> list[Any] | None:
    """The list of what was said, or a whole conversation as one text, that stands in an object or in objects in it."""
    for inner in value.values():
        if isinstance(inner, list) and _is_dialogue(inner, columns):
            return inner
        if isinstance(inner, str) and "\n" in inner and (spoken := conversations(inner)):
            return [{"speaker": line.speaker, "text": line.text} for one in spoken for line in one.lines]
    if depth < _DEEPEST:
        for inner in value.values():
            if isinstance(inner, dict) and (found := _own_dialogue(inner, columns, depth + 1)) is not None:
                return found
    return None


def _is_dialogue(values: Sequence[Any], columns: Columns) -> bool:
    said = sum(_utterance(one, columns) is not None for one in values)
    return bool(said) and said >= (1 - _MOST_ODD) * len(values)


def _utterance(value: Any, columns: Columns) -> SpokenLine | None:
    """What an object says was said by whom; None where it is no utterance."""
    if not isinstance(value, dict):
        return None
    speaker, text = _held(value, "speaker", columns), _held(value, "text", columns)
    if speaker is None or not isinstance(text, str):
        return None
    time = columns.find("time", value)
    return SpokenLine(str(speaker), text, seconds_of(value[time]) if time is not None else None)


def _held(value: Mapping[str, Any], part: Any, columns: Columns) -> str | None:
    """The first key of a part that holds a plain value; numbers name speakers as well ("speaker": 0)."""
    keys = dict(value)
    while (key := columns.find(part, keys)) is not None:
        held = keys.pop(key)
        if isinstance(held, str) or (part == "speaker" and isinstance(held, int) and not isinstance(held, bool)):
            return str(held)
    return None


def grouped(values: Sequence[Any], place: str, columns: Columns, facts: Mapping[str, str]) -> Iterator[Call]:
    """The calls that a list of utterances holds: one, or one an id.

    Args:
        values: utterances, and what else stands among them.
        place: where the list stands.
        columns: what the user says.
        facts: what is known of all of them.
    """
    key = columns.find("call", {name for one in values if isinstance(one, dict) for name in one})
    parts: dict[str, list[Any]] = {}
    for one in values:
        if isinstance(one, dict):
            parts.setdefault(str(one.get(key, "")) if key else "", []).append(one)
    for call_id, said in parts.items():
        lines = [line for one in said if (line := _utterance(one, columns)) is not None]
        known = {**facts, **_shared(said)}
        named = call_id or next((known[name] for name in (*known_keys("call"), "id") if known.get(name)), "")
        if lines:
            yield made_call(named, lines, place or (f"call {call_id}" if call_id else "the file"), known)


def _scalars(value: Mapping[str, Any], depth: int = 0) -> dict[str, str]:
    """Plain values of an object and of the objects in it, by key in small letters."""
    found: dict[str, str] = {}
    for key, inner in value.items():
        if isinstance(inner, dict) and depth < _DEEPEST:
            found = {**_scalars(inner, depth + 1), **found}
        elif isinstance(inner, str | int | float) and not isinstance(inner, bool):
            found[plain_key(key)] = str(inner)
    return found


def _shared(values: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What all utterances of a call say alike is a fact of the call."""
    first, *others = (_scalars(one) for one in values)
    return {key: value for key, value in first.items() if all(one.get(key) == value for one in others)}
