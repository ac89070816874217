"""A trained opinion: does this message take the creditor's offer?

People say yes in more ways than a list of words holds ("yep", "where do I sign", a page about a savings book), and the
same words say no, or yes to something else. Who is likely to accept is asked, and an acceptance is confirmed in any
case.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from screening.classifying.classifier import TextClassifier, load_classifier

SHIPPED = Path(__file__).with_name("accepted.npz")
LABEL = "accepted"
POSSIBLE, SURE = 0.15, 0.8
"""From which likelihood a message is asked about, and from which it is taken for an acceptance where nothing speaks
against it. On `val` (17 of 322 accept, 2026-11-27) 15 and 11 of the 17 reach them, and 6 and 0 of the others."""
EITHER_END = 300
"""Characters that are looked at, of a long message from its beginning and from its end: there people say yes."""


@lru_cache(maxsize=256)
def accepted(text: str) -> float:
    """How likely `text` takes the offer, 0 to 1."""
    told = text if len(text) <= 2 * EITHER_END else f"{text[:EITHER_END]} {text[-EITHER_END:]}"
    return _trained().whole_scores(told)[LABEL]


@lru_cache(maxsize=1)
def _trained() -> TextClassifier:
    return load_classifier(SHIPPED)
