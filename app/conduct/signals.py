"""What a debtor's words give notice of: a stop request, a dispute, a lawyer, distress, a stranger at the keyboard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from app.conduct.profile import Profile, Signal, SignalOutcome
from data.messages.labels import SignalKind
from programs.reader.understood import ReadSignal
from screening.heard_signals import SILENCING, conceivable, heard_signals
from screening.languages import other_language, written_in
from screening.plain_words import plain_words
from wording.tags import SOURCE, catalogue_tag

Finder = Literal["code", "classifier", "reader", "asked"]
"""Who found it; `asked`: the debtor said so when asked."""
_INDEPENDENT: frozenset[Finder] = frozenset({"code", "reader"})
"""Finders of which neither knows what the other goes by."""
_MARKS = " .!?,;:\u3002\uff01\uff1f"
_EXCERPT_CHARS = 80


@dataclass(frozen=True)
class Noticed:
    """A signal and the words that gave it."""

    signal: Signal
    excerpt: str
    found_by: tuple[Finder, ...] = ("code",)
    sure: bool = True
    """False: it may not be meant, so the debtor is asked."""

    @property
    def acts(self) -> bool:
        """Whether it is acted on at once; where a life may be in danger nobody asks whether that was meant."""
        return self.sure or not self.deniable

    @property
    def deniable(self) -> bool:
        """Whether somebody's no, when asked, is enough."""
        return SignalKind.DISTRESS not in self.signal.kinds

    @property
    def silences(self) -> bool:
        """Whether the program says no more because of it."""
        return self.acts and self.signal.outcome.silences

    @property
    def asks(self) -> bool:
        """Whether the debtor is to be asked if this was meant."""
        return not self.acts and self.signal.outcome.silences


def noticed(text: str, profile: Profile) -> tuple[Noticed, ...]:
    """Every signal of `profile` in a debtor's message, in the order of `by_need`; one finding a signal.

    Patterns are wide and know no context ("I never said stop writing"), so one is sure only where it is the whole
    message, where a life may be in danger, or where the trained classifier finds such a message likely.
    """
    return joined(_matched(text, profile), _heard(text, profile))


def but_for_its_language(found: Iterable[Noticed], text: str, language: str) -> tuple[Noticed, ...]:
    """Findings without "I do not speak English" in a conversation that is not led in English.

    Args:
        found: in a message.
        text: the message.
        language: BCP 47 tag of what is spoken with its writer; empty: English.
    """
    served = catalogue_tag(language) not in (None, SOURCE) and written_in(text, language)
    return tuple(one for one in found if not (served and SignalKind.LANGUAGE in one.signal.kinds))


def _matched(text: str, profile: Profile) -> Iterator[Noticed]:
    plain = " ".join(plain_words(text).split())
    for signal in profile.signals:
        match = next((m for pattern in signal.patterns if (m := pattern.search(plain))), None)
        if match is not None:
            whole = len(match.group().strip(_MARKS)) == len(plain.strip(_MARKS))
            sure = whole or not set(signal.kinds) & set(SILENCING) or SignalKind.DISTRESS in signal.kinds
            yield Noticed(signal, match.group(), sure=sure or conceivable(text))
        elif SignalKind.LANGUAGE in signal.kinds and other_language(text) is not None:
            yield Noticed(signal, plain[:_EXCERPT_CHARS])


def _heard(text: str, profile: Profile) -> Iterator[Noticed]:
    for one in heard_signals(text):
        if (rule := profile.rule_of(one.kind)) is not None:
            yield Noticed(rule, one.words, ("classifier",), one.sure)


def by_need(found: Iterable[Noticed]) -> tuple[Noticed, ...]:
    """Findings in the order of what a person needs; those that are acted on before those that are asked about."""
    return tuple(sorted(found, key=lambda one: (not one.acts, one.signal.need, -one.signal.outcome.severity)))


def read_signals(found: Iterable[ReadSignal], profile: Profile) -> tuple[Noticed, ...]:
    """What a reader noticed in a message, as findings."""
    rules = [(rule, one) for one in found if (rule := profile.rule_of(one.kind)) is not None]
    return by_need(Noticed(rule, one.words, ("reader",), one.sure) for rule, one in rules)


def joined(*findings: Iterable[Noticed]) -> tuple[Noticed, ...]:
    """The findings of several readers, one a signal: what one of them is sure of is sure, and what code and a reader
    both found.

    Classifier and reader do not make each other sure: a reader's word has been weighed with what the classifier makes
    of the message (`screening.heard_signals`), so their agreement is the classifier's doubt counted twice.
    """
    together: dict[str, Noticed] = {}
    for one in (one for found in findings for one in found):
        before = together.get(one.signal.id)
        if before is None:
            together[one.signal.id] = one
            continue
        by = tuple(dict.fromkeys((*before.found_by, *one.found_by)))
        excerpt = before.excerpt or one.excerpt
        sure = before.sure or one.sure or set(by) >= _INDEPENDENT
        together[one.signal.id] = replace(before, found_by=by, sure=sure, excerpt=excerpt)
    return by_need(together.values())


def outcome_of(found: Iterable[Noticed]) -> SignalOutcome | None:
    """What the findings that are acted on lead to, the gravest; None where nothing is to be done."""
    return max((one.signal.outcome for one in found if one.acts), key=lambda one: one.severity, default=None)
