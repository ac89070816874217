"""What a debtor's words give notice of: a stop request, a dispute, a lawyer, distress, a stranger at the keyboard."""

from __future__ import annotations

from dataclasses import dataclass

from app.conduct.profile import Outcome, Profile, Signal
from plumbing.plain_text import comparable

_SEVERITY = {outcome: rank for rank, outcome in enumerate(Outcome)}


@dataclass(frozen=True)
class Noticed:
    """A signal and the words that gave it."""

    signal: Signal
    excerpt: str


def noticed(text: str, profile: Profile) -> tuple[Noticed, ...]:
    """Every signal of `profile` in a debtor's message, the gravest first; one finding a signal.

    A false alarm costs a person's look, a missed one may cost more, so patterns are wide and know no context.
    """
    plain = " ".join(comparable(text).split())
    found = []
    for signal in profile.signals:
        match = next((m for pattern in signal.patterns if (m := pattern.search(plain))), None)
        if match is not None:
            found.append(Noticed(signal, match.group()))
    return tuple(sorted(found, key=lambda one: -_SEVERITY[one.signal.outcome]))
