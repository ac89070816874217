"""Speech made readable: where speech to text writes no marks, clauses are parted; idioms of calls become plain offers.

Only what is read is changed; the record keeps the words as they were said.
"""

from __future__ import annotations

import re

_MARKS = re.compile(r"[.,;:!?。，；！？]")
_FEWEST_WORDS = 5
"""A shorter text is one clause anyway."""
_BEGINS = re.compile(
    r"\s+(?=(?:but|so|okay|ok|because|i (?:can|could|will|would|only|get|have|make|need|lost|dont|cant)|ill|we (?:can|could|will|would|need)"
    r"|what if|how about|would that|does that|can you|could you|are you|do you|is that|and then|thanks|thank you"
    r"|pero|porque|puedo|podria|podemos|no puedo|le parece|cuanto|gano)\b)",
    re.IGNORECASE,
)
_ANSWER = re.compile(
    r"^\s*((?:no|yes|yeah|yep|okay|ok|well|sure|si)(?:\s+(?:thats|that's|it's|its)\s+\w+(?:\s+much)?)?)\s+(?=\w)",
    re.IGNORECASE,
)
_IDIOMS = (
    (
        re.compile(r"\bwhat if (?:we|i|you) (?:did|do|made|make|paid|pay|put|said|say|went|go)\b", re.IGNORECASE),
        "how about",
    ),
    (re.compile(r"\b(can|could) (?:live|work) with\b", re.IGNORECASE), r"\1 do"),
    (re.compile(r"\s+y (?=(?:luego )?(?:\d+|\w+) (?:mensualidades|cuotas|pagos|abonos)\b)", re.IGNORECASE), ", luego "),
    (re.compile(r",?\s+sin (enganche|entrada|anticipo|pago inicial|descuento|quita)\b", re.IGNORECASE), r". 0% de \1"),
    (re.compile(r"\bque tal si (?:pag\w+|dej\w+|hac\w+)\b", re.IGNORECASE), "le puedo ofrecer"),
)


_SETTLED_FOR = re.compile(r"\b(settle(?: \w+){0,3}) for (\d{1,2})\s?(?:%|percent)", re.IGNORECASE)


def readable(text: str) -> str:
    """The words in the form in which they are read for figures."""
    text = _SETTLED_FOR.sub(lambda found: f"{found[1]} with {100 - int(found[2])}% off", text)
    for pattern, plainly in _IDIOMS:
        text = pattern.sub(plainly, text)
    if _MARKS.search(re.sub(r"(?<=\d)[.,:](?=\d)", "", text)) or len(text.split()) < _FEWEST_WORDS:
        return text
    return _BEGINS.sub(". ", _ANSWER.sub(r"\1. ", text))


_OR = re.compile(
    r"[,;.]?\s+(?:or(?: else| alternatively)?,? (?=(?:we|i|you) (?:can|could|would|will)\b)|o (?:bien|si no|tambien|también),? )"
    r"|[，。]?\s*(?:或者|要么)",
    re.IGNORECASE,
)


def last_alternative(text: str) -> tuple[str, tuple[str, ...]]:
    """Of "we could do A, or we can do B" the last, and the words of the others: a record has one offer a turn."""
    *others, last = _OR.split(text)
    return last, tuple(others)
