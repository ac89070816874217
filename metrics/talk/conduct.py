"""Conduct of a creditor: threat, insult, false legal claim, disclosure to others, pressure, deception.

Two readers look at the words that the debtor reads, a sentence at a time: rules of conduct.toml, with their sources in
collection law, and a small trained classifier (`screening.creditor`). What they find is joined: a hard breach
needs a rule that is certain, or two readers that agree; what one of them finds alone is a soft one. A third reader
may add its suspicions. A sentence that denies, reports or advises against what a rule names is no breach.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import Field

from data.frozen import Frozen
from data.messages.labels import BreachKind
from screening.creditor import Suspicion, figures_masked, suspicions
from screening.meant import denied, meant
from screening.plain_words import plain_sentences, plain_words

CONDUCT_FILE = Path(__file__).with_name("conduct.toml")
_WE = "<we>"
_REACH = 70
_US = re.compile(
    r"\b(?:we|i|me|us|they|someone|somebody|(?:our|my) \w+)(?:'?(?:ll|d|re|m|ve))?\b"
    r"(?:(?!\b(?:you|never|without|hard|difficult|how|nor|avoid)\b|\bnot\b(?! hesitate)"
    r"|n'?t\b(?! hesitate))[^,;]){0,50}?(?<!\w)$"
)
"""The creditor's side as the subject, with neither a denial nor "you" before the verb that follows."""


class Breach(Frozen):
    """A rule of conduct broken in a creditor's words."""

    rule: str
    """Id of the rule in conduct.toml."""
    severity: Literal["hard", "soft"]
    """A hard breach zeroes the objective; either makes the turn unsound."""
    excerpt: str
    """The words, in lower case and without accents."""
    why: str


class Phrase(NamedTuple):
    """Words that break a rule."""

    words: re.Pattern[str]
    by_us: bool
    """Whether the creditor's side has to be their subject (`<we>` in the file)."""
    certain: bool
    """Whether no second reader needs to agree."""

    def spans(self, sentence: str) -> Iterator[tuple[int, int]]:
        """Where they stand in a sentence."""
        for match in self.words.finditer(sentence):
            if not self.by_us or _US.search(sentence[max(0, match.start() - _REACH) : match.start()]):
                yield match.span()


class _Match(NamedTuple):
    rule: ConductRule
    excerpt: str
    certain: bool


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
    phrases: tuple[Phrase, ...]


@lru_cache(maxsize=4096)
def conduct_breaches(text: str, told: tuple[Suspicion, ...] = (), doubts: bool = True) -> tuple[Breach, ...]:
    """Every rule of conduct that a creditor's words break, hard ones first; one breach a rule and sentence.

    Args:
        text: what the debtor reads.
        told: what another reader, such as a compiled program, suspects in it.
        doubts: whether what the classifier alone suspects counts where it is not sure.
    """
    if told:
        return _found(text, told, doubts)
    masked = figures_masked(text)
    found = _found_without_figures(masked, doubts)
    return _found(text, (), doubts) if found and masked != text else found


@lru_cache(maxsize=16384)
def _found_without_figures(masked: str, doubts: bool) -> tuple[Breach, ...]:
    """A program says the same with other figures all day, and hardly ever anything improper."""
    return _found(masked, (), doubts)


def _found(text: str, told: tuple[Suspicion, ...], doubts: bool) -> tuple[Breach, ...]:
    said = list(dict.fromkeys(plain_sentences(text)))
    possible = _possible("\n".join(said))
    found: list[Breach] = []
    for sentence, suspected in zip(said, suspicions(said), strict=True):
        also = [one for one in told if _same_words(one.words, sentence)]
        if possible or suspected or also:
            found += _joined(sentence, possible, [*([suspected] if suspected else []), *also], doubts)
    return tuple(sorted(found, key=lambda breach: breach.severity))


@cache
def rules() -> tuple[ConductRule, ...]:
    """The rules in the order of the file."""
    table = tomllib.loads(CONDUCT_FILE.read_text(encoding="utf-8"))
    return tuple(ConductRule(**_phrased(rule)) for rule in table["rule"])


def _phrased(rule: dict[str, Any]) -> dict[str, Any]:
    certain, others = rule.pop("certain", ()), rule.pop("patterns", ())
    phrases = [(pattern, True) for pattern in certain] + [(pattern, False) for pattern in others]
    return rule | {
        "phrases": tuple(
            Phrase(re.compile(pattern.removeprefix(_WE), re.MULTILINE), pattern.startswith(_WE), sure)
            for pattern, sure in phrases
        )
    }


def _possible(text: str) -> list[tuple[ConductRule, Phrase]]:
    """The phrases that may stand in one of the lines: most stand in none, so that few are looked for in each."""
    return [(rule, phrase) for rule in rules() for phrase in rule.phrases if phrase.words.search(text)]


def _joined(
    sentence: str, possible: Sequence[tuple[ConductRule, Phrase]], suspected: Sequence[Suspicion], doubts: bool
) -> Iterator[Breach]:
    """The breaches of one sentence."""
    matches, taken_back = _matches(sentence, possible)
    for rule, excerpt, certain in matches:
        yield _breach(rule, excerpt, hard=rule.severity == "hard" and (certain or bool(suspected)))
    if matches:
        return
    weighty = [one for one in suspected if one.sure or not (taken_back or (one.reader == "classifier" and not doubts))]
    for kind in dict.fromkeys(one.kind for one in weighty):
        rule = next(rule for rule in rules() if rule.kind is kind and rule.by_classifier)
        agreed = len({one.reader for one in weighty if one.kind is kind}) > 1
        yield _breach(rule, sentence, hard=rule.severity == "hard" and agreed)


def _same_words(words: str, sentence: str) -> bool:
    plain, said = plain_words(words), plain_words(sentence)
    return plain in said or said in plain


def _breach(rule: ConductRule, excerpt: str, *, hard: bool) -> Breach:
    return Breach(rule=rule.id, severity="hard" if hard else "soft", excerpt=excerpt, why=rule.why)


def _matches(sentence: str, possible: Sequence[tuple[ConductRule, Phrase]]) -> tuple[list[_Match], bool]:
    """The first words that break each rule, and whether a rule's words stand there but are not meant."""
    found: dict[str, _Match] = {}
    taken_back = False
    for rule, phrase in possible:
        if rule.id in found:
            continue
        for start, end in phrase.spans(sentence):
            if _is_meant(rule, sentence, start, end):
                found[rule.id] = _Match(rule, sentence[start:end], phrase.certain)
                break
            taken_back = True
    return list(found.values()), taken_back


def _is_meant(rule: ConductRule, sentence: str, start: int, end: int) -> bool:
    if rule.kind is BreachKind.SHAME:  # "you said you are ill, you liar": only a denial takes an insult back
        return not denied(sentence[:start])
    return meant(sentence, start, end)
