"""A long message in parts of whole sentences, each made safe for one line of a prompt."""

from __future__ import annotations

import re

from programs.table.words import MAX_HEARD_CHARS, heard

MOST_PARTS = 4
"""A message of more parts has the longest ones that a prompt still takes; messages here end at 4,000 characters."""
_BREAK = re.compile(r"(?<=[.!?;])(?=\s)|(?<=[。！？；\n])")
"""After a mark that ends a sentence; a dot inside an address or a number ends none."""


def message_parts(text: str, most_chars: int = MAX_HEARD_CHARS) -> list[str]:
    """`text` in parts of at most `most_chars` characters, or a little more where it would be more than four parts.

    A sentence stands whole in one part; only one that is longer than a part is cut, between words.
    """
    flat = heard(text, None)
    most = max(most_chars, -(-len(flat) // (MOST_PARTS - 1)))
    parts, now = [], ""
    for sentence in sentences_of(flat):
        for piece in _pieces(sentence, most):
            if now and len(now) + len(piece) > most:
                parts.append(now.strip())
                now = ""
            now += piece
    return [*parts, now.strip()] if now.strip() or not parts else parts


def sentences_of(text: str) -> list[str]:
    """The sentences as they are written, blanks around them included."""
    return _BREAK.split(text)


def _pieces(sentence: str, most: int) -> list[str]:
    pieces = []
    while len(sentence) > most:
        at = sentence.rfind(" ", most // 2, most)
        at = most if at < 0 else at
        pieces.append(sentence[:at])
        sentence = sentence[at:]
    return [*pieces, sentence] if sentence else pieces
