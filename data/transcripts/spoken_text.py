"""Conversations written as plain text: "Agent: ...", chat exports, diarised lines, subtitles."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from data.transcripts.call import SpokenLine
from data.transcripts.parties import party_of_name

_TIME = r"\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d+)?(?:\s?[ap]\.?m\.?)?"
_STAMP = rf"(?:[\[(]?\s*(?:\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{1,4}},?\s+)?{_TIME}\s*[\])]?\s*[-–—]?\s*)?"
_WHO = r"(?P<who>[^\W\d_][^:：\n\t\[\]<>.!?]{0,39}?|SPEAKER[_ ]?\d+)"
_SAID = re.compile(
    rf"\s*{_STAMP}[\[<*]{{0,2}}\s*{_WHO}\s*[\]>*]{{0,2}}\s*(?:[\[(]\s*{_TIME}\s*[\])])?\s*(?:[:：]|(?<=[\]>])\s|\t)\s*\*{{0,2}}"
)
_HEADED = re.compile(rf"\s*{_WHO}\s+[\[(]?{_TIME}[\])]?\s*")
_NO_LINE = re.compile(r"\s*(?:WEBVTT.*|NOTE\b.*|\d+|[\d:.,]+\s*-->\s*[\d:.,]+.*)\s*")
_BETWEEN = re.compile(
    r"\s*(?:[-=*#_]{3,}\s*(?P<named>[^-=*#_\n]*?)\s*[-=*#_]*|(?:call|conversation|chat|llamada|conversaci[oó]n)\s*"
    r"(?:id|no\.?|number|n[uú]mero)?\s*[#:]?\s*(?P<id>[A-Za-z]{0,4}[-_]?\d[\w-]*))\s*",
    re.IGNORECASE,
)
_LONGEST_HEAD = 200
"""Characters in which a line says who speaks; looking for it in whole ones could take for ever."""
_MOST_WORDS = 4
"""Of a name: a longer beginning of a line is what somebody says, colon or not."""


class Spoken(NamedTuple):
    """One conversation of a text."""

    call_id: str
    """"" where the text names none."""
    lines: tuple[SpokenLine, ...]
    first_line: int
    """Its number in the text, from 1."""


def conversations(text: str) -> list[Spoken]:
    """The conversations of a text, parted by lines such as "--- call 17 ---"; empty where nobody is named."""
    found: list[Spoken] = []
    call_id, begun, kept = "", 1, []
    for number, line in enumerate([*text.split("\n"), "---"], start=1):
        if (between := _BETWEEN.fullmatch(line.strip()) if len(line) < _LONGEST_HEAD else None) is None:
            kept.append(line)
            continue
        if said := _lines(kept):
            found.append(Spoken(call_id, said, begun))
        call_id, begun, kept = (between["named"] or between["id"] or "").strip(), number + 1, []
    return found


def _lines(written: list[str]) -> tuple[SpokenLine, ...]:
    """What each speaker says; a line without a speaker goes on with the last one's words."""
    speakers = _speakers(written)
    if not speakers:
        return ()
    said: list[SpokenLine] = []
    for line in written:
        who, words = _parted(line, speakers)
        if who is not None:
            said.append(SpokenLine(who, words))
        elif said and not _NO_LINE.fullmatch(line):
            said[-1] = replace(said[-1], text=f"{said[-1].text} {line.strip()}".strip())
    return tuple(said)


def _parted(line: str, speakers: frozenset[str]) -> tuple[str | None, str]:
    for match in _matches(line):
        if match["who"].strip() in speakers:
            return match["who"].strip(), line.strip()[match.end() :].strip()
    return None, ""


def _speakers(written: list[str]) -> frozenset[str]:
    """Names that begin a line twice, or that are a side's; one name alone has to be a side's."""
    counted = Counter(match["who"].strip() for line in written for match in _matches(line))
    names = {
        name
        for name, times in counted.items()
        if len(name.split()) <= _MOST_WORDS and (times > 1 or party_of_name(name) is not None)
    }
    return frozenset(names) if len(names) > 1 or any(map(party_of_name, names)) else frozenset()


def _matches(line: str) -> Iterator[re.Match[str]]:
    head = line.strip()[:_LONGEST_HEAD]
    match = _HEADED.fullmatch(head) or _SAID.match(head)
    if match is not None:
        yield match
