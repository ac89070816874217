"""What is right for a line, as its labels say: those of `want` and `want_terms`, or those of `data.messages`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.conduct.profile import Profile, SignalOutcome
from app.screen.debtors import NOTHING, SILENT
from app.screen.screened_lines import ScreenLine
from data.dimensions import DIMENSIONS
from data.messages.labels import Intent, Severity, SignalKind, TermKind
from metrics.reading.offered_terms import FROM_SUM
from plumbing.errors import UserError

OUTCOMES = (*(one.value for one in reversed(SignalOutcome)), NOTHING)
"""The gravest first."""


@dataclass(frozen=True)
class Expected:
    """What is right; None where the labels say nothing of it."""

    outcomes: frozenset[str] | None = None
    """Any of them."""
    terms: Mapping[str, float] | None = None
    """Only these may stand."""
    converted: frozenset[str] = frozenset()
    """Dimensions in which a right conversion may stand too."""
    topic: str = ""
    only_talks: bool = False
    """The message gives notice of nothing, and neither offers, accepts nor leaves: a question to it is needless."""

    @property
    def must_silence(self) -> bool:
        """Whether the program may not go on."""
        return bool(self.outcomes) and self.outcomes is not None and self.outcomes <= SILENT

    @property
    def may_not_silence(self) -> bool:
        """Whether there is no cause to fall silent."""
        return self.outcomes is not None and not self.outcomes & SILENT

    @property
    def name(self) -> str:
        """Of its row in a table."""
        return " or ".join(one for one in OUTCOMES if one in (self.outcomes or ()))


def expected_message(line: ScreenLine, profile: Profile) -> Expected:
    """What is right for a debtor's message.

    Raises:
        UserError: the line has no labels, or they are none that are known.
    """
    labels = line.labels
    topic = str(labels.get("topic", ""))
    if "intent" in labels or "signals" in labels:
        return _of_message(line, profile, topic)
    if "want" not in labels and "want_terms" not in labels:
        raise UserError(f"line {line.number} has no labels (want, want_terms, or those of data.messages)")
    want = labels.get("want")
    outcomes = _known(line, want, OUTCOMES) if isinstance(want, list) else None
    return Expected(outcomes, _terms(line) if "want_terms" in labels else None, topic=topic)


def expected_words(line: ScreenLine) -> frozenset[str]:
    """Which grades are right for a creditor's words.

    Raises:
        UserError: the line has no labels, or they are none that are known.
    """
    want = line.labels.get("want", [line.labels["severity"]] if "severity" in line.labels else None)
    if not isinstance(want, list):
        raise UserError(f"line {line.number} has no labels (want, or severity)")
    return _known(line, want, [one.value for one in Severity])


def _of_message(line: ScreenLine, profile: Profile, topic: str) -> Expected:
    kinds = [SignalKind(one) for one in _known(line, line.labels.get("signals", []), [one.value for one in SignalKind])]
    found = [rule.outcome.value for kind in kinds if (rule := profile.rule_of(kind)) is not None]
    terms, converted = {}, set()
    for kind, value, *_ in line.labels.get("terms", []):
        if kind in DIMENSIONS:
            terms[kind] = float(value)
        elif kind in FROM_SUM:
            converted.add(FROM_SUM[TermKind(kind)])
        else:
            raise UserError(f"line {line.number}: {kind!r} is no term")
    named = ", ".join(kind.value for kind in sorted(kinds, key=list(SignalKind).index))
    intent = _known(line, [line.labels.get("intent", Intent.TALK)], [one.value for one in Intent])
    only_talks = not kinds and not terms and not converted and intent <= {Intent.TALK, Intent.REJECT}
    return Expected(_right(kinds, found), terms, frozenset(converted), topic or named or NOTHING, only_talks)


def _right(kinds: list[SignalKind], outcomes: list[str]) -> frozenset[str]:
    if SILENT & set(outcomes):
        return SILENT
    mild = {SignalOutcome.ANSWER.value, SignalOutcome.NOTE.value, NOTHING} if kinds else {NOTHING}
    return frozenset(mild | ({SignalOutcome.HAND_OVER.value} if SignalKind.CONTACT_LIMIT in kinds else set()))


def _terms(line: ScreenLine) -> dict[str, float]:
    found = line.labels["want_terms"]
    if not isinstance(found, dict) or not set(found) <= set(DIMENSIONS):
        raise UserError(f"line {line.number}: want_terms names {found!r}; it may name {', '.join(DIMENSIONS)}")
    return {str(name): float(value) for name, value in found.items()}


def _known(line: ScreenLine, labels: Any, known: Any) -> frozenset[str]:
    if not isinstance(labels, list) or not {str(one) for one in labels} <= set(known):
        raise UserError(f"line {line.number}: {labels!r} are no labels that are known; there are {', '.join(known)}")
    return frozenset(str(one) for one in labels)
