"""Words that give an internal limit away: whoever hears where the creditor's limit lies gets exactly that."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from pathlib import Path

from plumbing.plain_text import sentences

DISCLOSURE_FILE = Path(__file__).with_name("disclosure.toml")


@lru_cache(maxsize=4096)
def limit_disclosures(text: str) -> tuple[str, ...]:
    """Passages that tell the debtor where the creditor's limit lies, in lower case; empty for ordinary firmness."""
    found = (match.group() for sentence in sentences(text) for rule in _rules() if (match := rule.search(sentence)))
    return tuple(dict.fromkeys(found))


@cache
def _rules() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(p) for p in tomllib.loads(DISCLOSURE_FILE.read_text(encoding="utf-8"))["patterns"])
