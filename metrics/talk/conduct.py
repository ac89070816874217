"""Conduct of a creditor: threat, insult, false legal claim, disclosure to others, pressure to borrow.

Deterministic rules from conduct.toml, with their sources in collection law. They look at the words that the
debtor reads, a sentence at a time. A rule set like this finds the plain cases and misses veiled ones; it is a
gate against what must never be said, not a judge of tone.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from data.frozen import Frozen
from plumbing.plain_text import sentences

CONDUCT_FILE = Path(__file__).with_name("conduct.toml")

# Words that may stand between a denial and what it denies: "do not ever want you to borrow money".
_BETWEEN = (
    r"(?:to|ever|be|being|been|going|have|having|has|had|want|wish|need|ask|asking|asked|you|anyone|anybody|intend"
    r"|intending|plan|planning|threaten|threatening|try|trying|consider|even|simply|just|or|in|any|way|would|will|can"
    r"|could|should|advise|suggest|suggesting|encourage|recommend|expect|require|requiring|means?|that|by|with|it|is"
    r"|for|a|an|we|i|has to|get|go|at|this)"
)
_DENIAL = re.compile(
    r"(?:\b(?:not|never|cannot|without|nor|neither|no one|nobody|none of us|avoid|rather than|instead of|nothing)|n't"
    rf"|\bno (?:need|reason|intention|plan)s?)(?: {_BETWEEN})*[ ]*$"
)
_CHINESE_DENIAL = re.compile(
    r"(?:不会|绝不|不用|不必|不需要|无需|不要|请勿|从不|不得|没有|并非|不是|不建议|避免)[^，,；;]{0,4}$"
)
_NO_DENIAL = re.compile(
    r"\b(?:if|unless|until|when|as) (?:\w+ )*?(?:not|n't|never|nothing)\b[^,;]*$"
    r"|(?:\bnot|n't) pay\b[^,;]*$|\bwhy (?:not|don't)\b[^,;]*$"
)
"""A condition ('if you do not pay we ...') or a suggestion ('why not ...'): the breach after it is meant."""


class Breach(Frozen):
    """A rule of conduct broken in a creditor's words."""

    rule: str
    """Id of the rule in conduct.toml."""
    severity: Literal["hard", "soft"]
    """A hard breach zeroes the objective; either makes the turn unsound."""
    excerpt: str
    """The words, in lower case."""
    why: str


class ConductRule(Frozen):
    """One rule of conduct.toml."""

    id: str
    severity: Literal["hard", "soft"]
    why: str
    source: str = Field(min_length=1)
    """The law or code of conduct that the rule comes from."""
    deniable: bool = True
    """A denial just before the match makes it harmless."""
    patterns: tuple[re.Pattern[str], ...]


@lru_cache(maxsize=4096)
def conduct_breaches(text: str) -> tuple[Breach, ...]:
    """Every rule of conduct that a creditor's words break, hard ones first; one breach a rule and sentence."""
    found = [
        Breach(rule=rule.id, severity=rule.severity, excerpt=excerpt, why=rule.why)
        for sentence in sentences(text)
        for rule in rules()
        if (excerpt := _match(rule, sentence)) is not None
    ]
    return tuple(sorted(found, key=lambda breach: breach.severity))


@cache
def rules() -> tuple[ConductRule, ...]:
    """The rules in the order of the file."""
    table = tomllib.loads(CONDUCT_FILE.read_text(encoding="utf-8"))
    macros: dict[str, str] = table["macros"]
    return tuple(
        ConductRule.model_validate({**rule, "patterns": [_expand(pattern, macros) for pattern in rule["patterns"]]})
        for rule in table["rule"]
    )


def _expand(pattern: str, macros: dict[str, str]) -> str:
    for name, text in macros.items():
        pattern = pattern.replace(f"<{name}>", text)
    return pattern


def _match(rule: ConductRule, sentence: str) -> str | None:
    for pattern in rule.patterns:
        for match in pattern.finditer(sentence):
            if not (rule.deniable and _denied(sentence[: match.start()])):
                return match.group()
    return None


def _denied(before: str) -> bool:
    """The words before a match deny it: 'we will never ...', but not 'if you do not pay, we ...'."""
    if _CHINESE_DENIAL.search(before):
        return True
    return bool(_DENIAL.search(before)) and not _NO_DENIAL.search(before)
