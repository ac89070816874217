"""What is done with a collector's words before they leave: passed, repaired or blocked, with the notices due."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from app.conduct.profile import Action, Profile
from metrics.conduct import conduct_breaches

_SENTENCE_END = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s+|\n+")
_RANK = {action: rank for rank, action in enumerate(Action)}


@dataclass(frozen=True)
class Finding:
    """A rule that words break."""

    rule: str
    action: Action
    excerpt: str
    why: str
    source: str


@dataclass(frozen=True)
class Checked:
    """Words as they may leave."""

    said: str
    """What is left of the words; empty where the message is blocked."""
    text: str
    """The same with the notices that are due."""
    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        """Whether the message stays here and a person is asked for."""
        return any(one.action is Action.BLOCK for one in self.findings)


def checked(text: str, profile: Profile, *, first: bool) -> Checked:
    """A collector's message as it may leave.

    Args:
        text: the words.
        profile: the rules.
        first: whether it opens the conversation, so that the first message's notices belong to it.
    """
    kept, findings = [], []
    for sentence in _SENTENCE_END.split(text.strip()):
        broken = list(_findings(sentence, profile))
        findings += broken
        if not any(one.action is Action.REPAIR for one in broken):
            kept.append(sentence)
    found = tuple(sorted(findings, key=lambda one: -_RANK[one.action]))
    if any(one.action is Action.BLOCK for one in found) or (text.strip() and not kept):
        nothing_left = () if found and found[0].action is Action.BLOCK else (_nothing_left(found),)
        return Checked("", "", (*nothing_left, *found))
    repaired = " ".join(kept) if any(one.action is Action.REPAIR for one in found) else text
    return Checked(repaired, "\n\n".join([*_notices(profile, first), repaired]), found)


def may_begin(profile: Profile, local: datetime) -> Finding | None:
    """None where a collector may begin to write at this local time of the debtor's; else the rule against it."""
    hours = profile.hours
    if hours is None or (local.isoweekday() in hours.days and hours.earliest <= local.time() < hours.latest):
        return None
    when = f"{local:%A %H:%M} is outside {hours.earliest:%H:%M} to {hours.latest:%H:%M}"
    return Finding(hours.id, Action.BLOCK, when, hours.why, hours.source)


def _findings(sentence: str, profile: Profile) -> Iterator[Finding]:
    for breach in conduct_breaches(sentence):
        action = profile.hard_breaches if breach.severity == "hard" else profile.soft_breaches
        yield Finding(breach.rule, action, breach.excerpt, breach.why, "metrics/conduct.toml")
    for rule in profile.words:
        if match := next((m for pattern in rule.patterns if (m := pattern.search(sentence))), None):
            yield Finding(rule.id, rule.action, match.group(), rule.why, rule.source)


def _nothing_left(found: tuple[Finding, ...]) -> Finding:
    first = found[0]
    return Finding(first.rule, Action.BLOCK, first.excerpt, "nothing is left of the message", first.source)


def _notices(profile: Profile, first: bool) -> list[str]:
    return [notice.text for notice in profile.notices if first or notice.every_message]
