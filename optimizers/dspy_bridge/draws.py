"""DSPy's random choices of a demonstration, made the same in every process."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import dspy
from dspy.utils.hasher import Hasher


@contextlib.contextmanager
def repeatable_draws() -> Iterator[None]:
    """Let DSPy's bootstrap draw its turns by what the demonstrations say.

    It seeds the draw with a hash of their pickle. The pickle of a pydantic answer holds a set of names, whose order
    differs from one process to the next, and it depends on which equal strings are one object: a resumed run would
    keep other turns.
    """
    original = Hasher.__dict__["hash"]
    Hasher.hash = staticmethod(_hash)
    try:
        yield
    finally:
        Hasher.hash = original


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, dspy.Example):
        return dict(value.items())
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    return repr(value)
