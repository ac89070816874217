"""In which language a block speaks; kept for each thread and task, as the decimal module keeps its precision."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

DEFAULT: Final = None
"""Nothing was asked for: the sentences as they stand in the code, and models may say what they like."""
_SPOKEN: ContextVar[str | None] = ContextVar("spoken", default=DEFAULT)


@contextmanager
def speaking(tag: str | None) -> Iterator[None]:
    """A block whose sentences are said in the language of a BCP 47 tag, or in English where that has no catalogue."""
    token = _SPOKEN.set(tag)
    try:
        yield
    finally:
        _SPOKEN.reset(token)


def language_spoken() -> str | None:
    """The tag of the block's language; None where none was asked for."""
    return _SPOKEN.get()
