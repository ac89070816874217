"""What is done with a collector's words before they leave: passed, repaired or blocked, with the notices due."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.conduct.own_words import Private, own_breaches
from app.conduct.profile import Action, Finding, Profile
from data.messages.labels import SignalKind
from metrics.talk.conduct import conduct_breaches
from plumbing.plain_text import normalised
from wording import mark, say, sentences
from wording.locale_formats import weekday_and_time_text

_SENTENCE_END = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s+|\n+")
_RANK = {action: rank for rank, action in enumerate(Action)}


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


def checked(
    text: str, profile: Profile, *, first: bool, stated: Sequence[str] = (), private: Private | None = None
) -> Checked:
    """A collector's message as it may leave.

    Args:
        text: the words.
        profile: the rules.
        first: whether it opens the conversation, so that the first message's notices belong to it.
        stated: sentences that code wrote, such as the offer; the profile's rules alone bind them.
        private: what the rest, a model's own words, must not tell; None where there is no model behind them.
    """
    kept, findings = [], []
    for sentence, by_code in _parts(text, stated):
        said = sentence if by_code or private is None else normalised(sentence)
        broken = list(_findings(said, profile))
        if private is not None and not by_code:
            broken += own_breaches(said, private)
        findings += broken
        if not any(one.action is Action.REPAIR for one in broken):
            kept.append(said)
    found = tuple(sorted(findings, key=lambda one: -_RANK[one.action]))
    if any(one.action is Action.BLOCK for one in found) or (text.strip() and not kept):
        nothing_left = () if found and found[0].action is Action.BLOCK else (_nothing_left(found),)
        return Checked("", "", (*nothing_left, *found))
    changed = private is not None or any(one.action is Action.REPAIR for one in found)
    repaired = sentences(*kept) if changed else text
    return Checked(repaired, "\n\n".join([*_notices(profile, first), repaired]), found)


def _parts(text: str, stated: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """The sentences, and whether code wrote them; what code wrote is found whole, whatever stands before it."""
    known = "|".join(re.escape(one) for one in sorted(stated, key=len, reverse=True) if one)
    for part in re.split(f"({known})", text) if known else [text]:
        if part in stated:
            yield part, True
        else:
            yield from ((sentence, False) for sentence in _SENTENCE_END.split(part.strip()) if sentence.strip())


def may_begin(profile: Profile, moment: datetime, timezone: str) -> Finding | None:
    """None where a collector may begin to write; else the rule against it.

    Args:
        profile: the rules.
        moment: with its zone, whichever.
        timezone: IANA name of the debtor's; empty where nobody knows it: then it must be time in all of the profile's.
    """
    hours = profile.hours
    if hours is None:
        return None
    zones = (timezone,) if timezone else hours.zones
    if not zones:
        unknown = say("the debtor's time zone is not known, and these rules are of no country")
        return Finding(hours.id, Action.BLOCK, unknown, hours.why, hours.source)
    for zone in zones:
        local = moment.astimezone(ZoneInfo(zone))
        if local.isoweekday() not in hours.days or not hours.earliest <= local.time() < hours.latest:
            when = say(
                "{local} in {zone} is outside {earliest} to {latest}",
                local=weekday_and_time_text(local),
                zone=zone,
                earliest=hours.earliest.isoformat("minutes"),
                latest=hours.latest.isoformat("minutes"),
            )
            return Finding(hours.id, Action.BLOCK, when, hours.why, hours.source)
    return None


def with_notices(text: str, profile: Profile, earlier: Callable[[], Iterable[str]], *, by_program: bool) -> str:
    """A message as it leaves, with the notices that are due and that it does not carry yet, in the language spoken.

    Nothing about a debt is put before words to somebody who may be in danger.

    Args:
        text: of the program, the service or an operator.
        profile: the rules.
        earlier: gives what the debtor was sent before in this conversation.
        by_program: whether no person wrote it.
    """
    if any(text == say(one.reply) for one in profile.signals if SignalKind.DISTRESS in one.kinds):
        return text
    mine = [one for one in profile.notices if say(one.text) not in text and (by_program or not one.of_the_program)]
    sent = list(earlier()) if any(not one.every_message for one in mine) else []
    said = [say(one.text) for one in mine if one.every_message or not _in_any(one.text, sent)]
    return "\n\n".join([*said, text])


def _in_any(notice: str, messages: Iterable[str]) -> bool:
    """Whether a notice was given in the language that is spoken."""
    return any(say(notice) in message for message in messages)


def _findings(sentence: str, profile: Profile) -> Iterator[Finding]:
    for breach in conduct_breaches(sentence):
        action = profile.hard_breaches if breach.severity == "hard" else profile.soft_breaches
        yield Finding(breach.rule, action, breach.excerpt, breach.why, "metrics/talk/conduct.toml")
    for rule in profile.words:
        if match := next((m for pattern in rule.patterns if (m := pattern.search(sentence))), None):
            yield Finding(rule.id, rule.action, match.group(), rule.why, rule.source)


def _nothing_left(found: tuple[Finding, ...]) -> Finding:
    first = found[0]
    return Finding(first.rule, Action.BLOCK, first.excerpt, mark("nothing is left of the message"), first.source)


def _notices(profile: Profile, first: bool) -> list[str]:
    return [say(notice.text) for notice in profile.notices if first or notice.every_message]
