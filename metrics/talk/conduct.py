"""Conduct of a creditor: threat, insult, false legal claim, disclosure to others, pressure, deception.

Two readers look at the words that the debtor reads, a sentence at a time: rules of conduct.toml, with their sources in
collection law, and a small trained classifier (`screening.creditor`). What they find is joined: a hard breach
needs a rule that is certain, or two readers that agree; what one of them finds alone is a soft one. A third reader
may add its suspicions. A sentence that denies, reports or advises against what a rule names is no breach.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field

from data.frozen import Frozen
from data.messages.labels import BreachKind
from screening.creditor import Suspicion, suspicions
from screening.meant import denied, meant
from screening.plain_words import plain_sentences, plain_words

CONDUCT_FILE = Path(__file__).with_name("conduct.toml")


class Breach(Frozen):
    """A rule of conduct broken in a creditor's words."""

    rule: str
    """Id of the rule in conduct.toml."""
    severity: Literal["hard", "soft"]
    """A hard breach zeroes the objective; either makes the turn unsound."""
    excerpt: str
    """The words, in lower case and without accents."""
    why: str


class ConductRule(Frozen):
    """One rule of conduct.toml."""

    id: str
    kind: BreachKind
    severity: Literal["hard", "soft"]
    why: str
    source: str = Field(min_length=1)
    """The law or code of conduct that the rule comes from."""
    by_classifier: bool = False
    """Whether what the classifier alone finds of this kind is a breach of this rule."""
    certain: tuple[re.Pattern[str], ...] = ()
    """Patterns that need no second reader to agree."""
    patterns: tuple[re.Pattern[str], ...] = ()


class _Match(NamedTuple):
    rule: ConductRule
    excerpt: str
    certain: bool


@lru_cache(maxsize=4096)
def conduct_breaches(text: str, told: tuple[Suspicion, ...] = ()) -> tuple[Breach, ...]:
    """Every rule of conduct that a creditor's words break, hard ones first; one breach a rule and sentence.

    Args:
        text: what the debtor reads.
        told: what another reader, such as a compiled program, suspects in it.
    """
    found = [breach for sentence in plain_sentences(text) for breach in _joined(sentence, told)]
    return tuple(sorted(found, key=lambda breach: breach.severity))


@cache
def rules() -> tuple[ConductRule, ...]:
    """The rules in the order of the file."""
    table = tomllib.loads(CONDUCT_FILE.read_text(encoding="utf-8"))
    macros: dict[str, str] = table["macros"]
    expanded = [
        {**rule, **{key: [_expand(pattern, macros) for pattern in rule.get(key, ())] for key in ("certain", "patterns")}}
        for rule in table["rule"]
    ]
    return tuple(ConductRule.model_validate(rule) for rule in expanded)


def _expand(pattern: str, macros: dict[str, str]) -> str:
    for name, text in macros.items():
        pattern = pattern.replace(f"<{name}>", text)
    return pattern


def _joined(sentence: str, told: tuple[Suspicion, ...]) -> Iterator[Breach]:
    """The breaches of one sentence."""
    matches, taken_back = _matches(sentence)
    plain = plain_words(sentence)
    suspected = [*suspicions(sentence), *(one for one in told if one.words in plain or plain in one.words)]
    for rule, excerpt, certain in matches:
        agreed = certain or bool(suspected)
        yield _breach(rule, excerpt, hard=rule.severity == "hard" and agreed)
    if not matches:
        weighty = [one for one in suspected if one.sure or not taken_back]
        for kind in dict.fromkeys(one.kind for one in weighty):
            rule = next(rule for rule in rules() if rule.kind is kind and rule.by_classifier)
            agreed = len({one.reader for one in weighty if one.kind is kind}) > 1
            yield _breach(rule, sentence, hard=rule.severity == "hard" and agreed)


def _breach(rule: ConductRule, excerpt: str, *, hard: bool) -> Breach:
    return Breach(rule=rule.id, severity="hard" if hard else "soft", excerpt=excerpt, why=rule.why)


def _matches(sentence: str) -> tuple[list[_Match], bool]:
    """The first words that break each rule, and whether a rule's words stand there but are not meant."""
    found, taken_back = [], False
    for rule in rules():
        for pattern in (*rule.certain, *rule.patterns):
            spans = [match.span() for match in pattern.finditer(sentence)]
            own = [span for span in spans if _is_meant(rule, sentence, span)]
            taken_back = taken_back or len(own) < len(spans)
            if own:
                start, end = own[0]
                found.append(_Match(rule, sentence[start:end], pattern in rule.certain))
                break
    return found, taken_back


def _is_meant(rule: ConductRule, sentence: str, span: tuple[int, int]) -> bool:
    if rule.kind is BreachKind.SHAME:  # "you said you are ill, you liar": only a denial takes an insult back
        return not denied(sentence[: span[0]])
    return meant(sentence, *span)
