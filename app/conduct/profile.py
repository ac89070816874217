"""Profiles of conduct: one data file a jurisdiction, every rule with its source and the date it was looked up.

They are an engineer's reading, no legal advice: whoever puts this in front of debtors has them reviewed.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, model_validator

from data.frozen import Frozen
from data.messages.labels import SignalKind
from plumbing.clock import zone_named
from plumbing.errors import UserError
from wording.tags import LanguageTag

PROFILES = Path(__file__).with_name("profiles")
DEFAULT = "neutral"
FAMILIES = ("notices", "signals", "words")
"""Lists of rules in a profile's file."""


_NEEDS = tuple(SignalKind)


class SignalOutcome(StrEnum):
    """What a signal in a debtor's words leads to, mildest first."""

    NOTE = "note"
    """Written down for the operator; the negotiation goes on."""
    ANSWER = "answer"
    """The rule's own reply is sent with the next turn; the negotiation goes on."""
    PAUSE = "pause"
    """No word about the debt until a person has looked; a person is asked for."""
    HAND_OVER = "hand_over"
    """A person takes over now."""
    STOP = "stop"
    """Contact ends; only a person may open it again."""

    @property
    def silences(self) -> bool:
        """Whether the program says no more."""
        return self in (SignalOutcome.PAUSE, SignalOutcome.HAND_OVER, SignalOutcome.STOP)

    @property
    def severity(self) -> int:
        """Its rank, the mildest 0."""
        return tuple(SignalOutcome).index(self)


class Action(StrEnum):
    """What is done with words that break a rule."""

    WARN = "warn"
    REPAIR = "repair"
    """The sentences are taken out."""
    BLOCK = "block"
    """The message does not leave; a person is asked for."""


def _compiled(patterns: list[str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


def _without_apostrophes(patterns: list[str]) -> tuple[re.Pattern[str], ...]:
    """For text in `screening.plain_words` form: whoever writes a profile writes "don't" as everybody does."""
    return _compiled([pattern.replace("'", "") for pattern in patterns])


def _zone(name: str) -> str:
    zone_named(name)
    return name


Patterns = Annotated[tuple[re.Pattern[str], ...], BeforeValidator(_compiled)]
PlainPatterns = Annotated[tuple[re.Pattern[str], ...], BeforeValidator(_without_apostrophes)]
"""Looked for in text in `screening.plain_words` form."""


class Sourced(Frozen):
    """A rule with its origin."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    why: str
    source: Annotated[str, Field(min_length=4)]
    """Law, regulation or code, with the paragraph."""
    dated: date
    """When the source was looked up."""


class Hours(Sourced):
    """When a collector may begin to write; answering somebody who writes is always possible."""

    earliest: time
    latest: time
    days: tuple[Annotated[int, Field(ge=1, le=7)], ...] = (1, 2, 3, 4, 5, 6, 7)
    """ISO weekdays on which contact may be made."""
    zones: tuple[Annotated[str, AfterValidator(_zone)], ...] = ()
    """IANA names of every time zone that a debtor may be in; they count where nobody knows the debtor's."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.earliest >= self.latest:
            raise ValueError(f"earliest {self.earliest} is not before latest {self.latest}")
        return self


class Notice(Sourced):
    """Something that must be said."""

    text: str
    every_message: bool = False
    """Else with the first message only."""
    of_the_program: bool = False
    """Whether it is said of the program and its service alone, not of an operator's words."""


class Signal(Sourced):
    """Something in a debtor's words that changes what may be said next."""

    outcome: SignalOutcome
    kinds: tuple[SignalKind, ...] = ()
    """What it answers to, of what a classifier or a reader may find in a message."""
    reply: str = ""
    """What is said to the debtor at once; without figures."""
    question: str = ""
    """What is asked where it is not sure that this was meant; yes and no answer it."""
    binds_case: bool = True
    """Whether, where it silences, no conversation about the case begins until an operator has lifted the finding."""
    patterns: PlainPatterns = ()

    @property
    def need(self) -> int:
        """Its place among what people need, 0 first (the order of `SignalKind`); without a kind, the last."""
        return min(map(_NEEDS.index, self.kinds), default=len(_NEEDS))


class ForbiddenWords(Sourced):
    """Words of the collector's own that a profile forbids, beside those of `metrics/talk/conduct.toml`."""

    action: Action
    patterns: Patterns


class Profile(Frozen):
    """The rules of one jurisdiction."""

    id: str
    name: str
    about: str
    extends: str | None = None
    language: LanguageTag | None = None
    """What is spoken where an account does not say; None: English."""
    hard_breaches: Action = Action.REPAIR
    """What is done with a hard breach of `metrics/talk/conduct.toml`."""
    soft_breaches: Action = Action.WARN
    hours: Hours | None = None
    notices: tuple[Notice, ...] = ()
    signals: tuple[Signal, ...] = ()
    words: tuple[ForbiddenWords, ...] = ()

    def rule_of(self, kind: SignalKind) -> Signal | None:
        """The rule that answers to a kind, the mildest of several: which of them is meant only words can say."""
        answering = [one for one in self.signals if kind in one.kinds]
        return min(answering, key=lambda one: one.outcome.severity, default=None)

    @property
    def rules(self) -> tuple[Sourced, ...]:
        """Every rule, for tables and tests."""
        return (*((self.hours,) if self.hours else ()), *self.notices, *self.signals, *self.words)


@dataclass(frozen=True)
class Finding:
    """A rule that words break."""

    rule: str
    action: Action
    excerpt: str
    why: str
    source: str


@lru_cache(maxsize=16)
def load_profile(name: str = DEFAULT) -> Profile:
    """The profile of that name, or in that file, together with the one it extends.

    A rule replaces the extended profile's rule of the same id, key by key: what it does not say (its patterns, its
    reply) stays, and `more_patterns` are added.

    Raises:
        UserError: there is none, or the file is not one; the sentence says where.
    """
    try:
        return Profile.model_validate(_table(name))
    except (ValidationError, re.error) as error:
        raise UserError(f"the conduct profile {name} is none: {_first(error)}") from error


def _table(name: str, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    """The profile's file, laid over the one it extends."""
    if name in seen:
        raise UserError(f"the conduct profiles {', '.join(seen)} extend each other in a circle")
    path = Path(name) if name.endswith(".toml") else PROFILES / f"{name}.toml"
    try:
        own = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        known = ", ".join(sorted(file.stem for file in PROFILES.glob("*.toml")))
        raise UserError(f"there is no conduct profile {name}; there are {known}, or give a .toml file") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UserError(f"cannot read the conduct profile {path}: {error}") from error
    if "extends" not in own:
        return own
    base = _table(str(own["extends"]), (*seen, name))
    return {**base, **own, **{family: _laid_over(base.get(family, []), own.get(family, [])) for family in FAMILIES}}


def _laid_over(base: list[dict[str, Any]], own: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rules of both, in the base's order, the new ones last."""
    changed = {rule.get("id"): rule for rule in own}
    known = {rule.get("id") for rule in base}
    return [
        *(_changed(rule, changed[rule.get("id")]) if rule.get("id") in changed else rule for rule in base),
        *(rule for rule in own if rule.get("id") not in known),
    ]


def _changed(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    rule = {**base, **own}
    more = rule.pop("more_patterns", [])
    return {**rule, "patterns": [*rule.get("patterns", []), *more]} if more else rule


def _first(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
