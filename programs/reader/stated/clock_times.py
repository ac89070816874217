"""Times of the day, which are no figures of an offer though "10 pm" is written as a monthly sum is ("85 pm")."""

from __future__ import annotations

import re
from collections.abc import Iterator

_NOON = r"(?:\s?[ap](?:m\b|\.\s?m\b\.?))"
_HOUR = r"(?:1[0-2]|0?[1-9])(?:[:.h\s][0-5]\d)?"
_TO = r"\s?(?:-|–|~|to|and|or|till?|until|a|y|o|hasta)\s?"
_AT = r"(?:at|after|before|until|till?|from|by|around|past|since|to|a las?|hasta|desde|despues de)"
_CLOCK = re.compile(rf"(?<![\d.,:])(?:{_HOUR}{_NOON}?{_TO})?{_HOUR}{_NOON}")
_CLOCK_AFTER_ITS_WORD = re.compile(rf"\b{_AT}\s((?:[01]?\d|2[0-3])(?:[:.h\s]?[0-5]\d)?{_NOON})")
_PAID = re.compile(r"\b(?:pay|afford|spare|manage|offer|give|send)(?: (?:you|u|only|about|just|like|maybe))?\s$")
"""Before a bare hour: "afford 10pm" is a sum."""
_BARE = re.compile(r"\d{1,2}\s?pm")
_BEFORE = 24
"""Characters before a time that are looked at."""


def clock_times(plain_text: str) -> Iterator[tuple[int, int]]:
    """Where a `plain` text names times of the day: 6pm, 5 30 p.m., between 8 and 10 pm, at 530pm, after 17.30pm."""
    for match in _CLOCK.finditer(plain_text):
        before = plain_text[max(0, match.start() - _BEFORE) : match.start()]
        paid = _BARE.fullmatch(match[0]) and _PAID.search(before)
        if not paid:
            yield match.span()
    for match in _CLOCK_AFTER_ITS_WORD.finditer(plain_text):
        yield match.span(1)
