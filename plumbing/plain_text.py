"""Words made comparable before rules look at them: one form of quotes and spaces, nothing invisible, sentences."""

from __future__ import annotations

import re
import unicodedata

_QUOTES = str.maketrans("‘’ʼ＇`“”", "''''' \"".replace(" ", '"'))
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:[.!?。！？]+(?=\d)[^.!?。！？\n]*)*[.!?。！？]*")


def sentences(text: str) -> list[str]:
    """The sentences of a text in lower case; invisible characters, which can hide a word from a rule, are gone."""
    plain = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(_QUOTES).lower()
    return [found for part in _SENTENCE.findall(plain) if (found := " ".join(part.split()))]
