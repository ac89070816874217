"""How exports call speaker, words and call, and how they call the two sides."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

FILE = Path(__file__).with_name("names.toml")
Part = Literal["speaker", "text", "call", "case", "time", "date"]


@dataclass(frozen=True)
class Columns:
    """What the user says the columns (or keys) are called; what is not named is found by the names of `names.toml`."""

    named: Mapping[Part, str] = field(default_factory=dict)

    def find(self, part: Part, keys: Iterable[str]) -> str | None:
        """The key that holds a part, as it is written; None where none does."""
        written = {plain_key(key): key for key in reversed(list(keys))}
        if part in self.named:
            return written.get(plain_key(self.named[part]))
        return next((written[name] for name in known_keys(part) if name in written), None)


def plain_key(name: str) -> str:
    """A key as it is compared: small letters and digits alone."""
    return re.sub(r"[\W_]+", "", str(name).casefold())


@cache
def known_keys(part: Part) -> tuple[str, ...]:
    """The names under which exports have a part, the likeliest first."""
    return tuple(names()["keys"][part])


@cache
def names() -> dict[str, Any]:
    """The whole file."""
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def without_accents(text: str) -> str:
    """Small letters without accents and apostrophes, as the cues are written."""
    letters = unicodedata.normalize("NFD", re.sub("['’`]", "", text.casefold()))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
