"""A call as it was written down."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from data.transcripts.column_names import known_keys
from plumbing.plain_text import visible


@dataclass(frozen=True)
class SpokenLine:
    """What somebody said without a break, as the file has it."""

    speaker: str
    """As the file calls whoever speaks."""
    text: str
    at_s: float | None = None
    """When it began, in the file's unit of time from any beginning; None where nothing says so."""


@dataclass(frozen=True)
class Call:
    """One conversation."""

    call_id: str
    lines: tuple[SpokenLine, ...]
    place: str
    """Where in the file it stands, for sentences: "line 3"."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """What else the file says of the call, by key in small letters and digits."""
    on: date | None = None
    """The day, where the file says it."""

    def fact(self, keys: Sequence[str]) -> str | None:
        """The first of these facts that the file has."""
        return next((self.facts[key] for key in keys if self.facts.get(key, "").strip()), None)

    @property
    def case_id(self) -> str:
        """The account that it was about: what the file says, else the call's own id."""
        return self.fact(known_keys("case")) or self.call_id


def in_order(lines: Sequence[SpokenLine]) -> tuple[SpokenLine, ...]:
    """Lines by their time where all have one, since some exports list one side after the other; else as they stand."""
    times = [line.at_s for line in lines]
    if any(at is None for at in times):
        return tuple(lines)
    return tuple(sorted(lines, key=lambda line: line.at_s or 0.0))


def made_call(call_id: str, lines: Sequence[SpokenLine], place: str, facts: Mapping[str, str]) -> Call:
    """A call with its lines in order and the day that its facts name."""
    shown = (replace(line, text=" ".join(visible(line.text, keep_newlines=False).split())) for line in lines)
    said = in_order([line for line in shown if line.text])
    days = (day_of(facts[key]) for key in known_keys("date") if key in facts)
    return Call(call_id, said, place, facts, next((day for day in days if day is not None), None))


def renumbered(calls: Sequence[Call]) -> tuple[Call, ...]:
    """The calls under ids that differ, where a file has an id twice or none."""
    seen: dict[str, int] = {}
    found = []
    for number, call in enumerate(calls, start=1):
        name = call.call_id or f"call-{number}"
        seen[name] = seen.get(name, 0) + 1
        found.append(replace(call, call_id=name if seen[name] == 1 else f"{name}-{seen[name]}"))
    return tuple(found)


def day_of(text: str) -> date | None:
    """The day of an ISO date or date and time; None for anything else."""
    try:
        return datetime.fromisoformat(text.strip().replace("Z", "+00:00")).date()
    except ValueError:
        return None


_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,2}):(\d{2}(?:[.,]\d+)?)")


def seconds_of(value: object) -> float | None:
    """A time as a number: 12.5, "00:01:23.4", an ISO date and time; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    text = str(value or "").strip().strip("[]()")
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = clock.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds.replace(",", "."))
    try:
        return float(text.removesuffix("s"))
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if len(text) > 10 else None
    except ValueError:
        return None
