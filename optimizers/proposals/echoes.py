"""Proposals that are no instructions: asked for one, a small model often repeats what it was shown.

Measured with the embedded 1.5B model: GEPA's best planner instruction was the guidance for proposers, word for word,
and MIPROv2's best negotiator instruction an utterance of a training negotiation with its figures. Both won on six
validation debtors by chance (docs/results).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dspy
from pydantic import BaseModel

from programs.table.failures import ProgramFault

RUN_WORDS = 5
"""Words in a row that stand elsewhere by copying, not by chance."""
MOST_COPIED = 0.5
"""Share of a proposal's runs from which on it is an echo."""


class Echo(ProgramFault):
    """A proposed instruction repeats what the proposer was shown."""

    kind = "echo"


def refuse_echo(proposal: str, shown: Iterable[str], own: str) -> None:
    """Refuse an instruction that is mostly copied.

    Args:
        proposal: the proposed instruction.
        shown: what the proposer read besides the current instruction: guidance, feedback, turns.
        own: the current instruction, which may be kept.

    Raises:
        Echo: it is.
    """
    runs = _runs(proposal) - _runs(own)
    copied = runs & set().union(*map(_runs, shown))
    if runs and len(copied) >= MOST_COPIED * len(runs):
        raise Echo(f"the proposed instruction repeats what the prompt model was shown: {proposal[:80]!r}")


def texts_of(shown: Any) -> Iterator[str]:
    """Every text inside what a proposer was shown, however deep."""
    if isinstance(shown, BaseModel | dspy.Example):
        yield from texts_of(dict(shown.items()) if isinstance(shown, dspy.Example) else shown.model_dump())
    elif isinstance(shown, str):
        yield shown
    elif isinstance(shown, Mapping):
        for one in shown.values():
            yield from texts_of(one)
    elif isinstance(shown, Iterable):
        for one in shown:
            yield from texts_of(one)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    length = min(RUN_WORDS, len(words))
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)} if words else set()
