"""Pairs and examples as files: for this house's trainers (TRL's form), and for OpenAI's and Together's fine-tuning.

TRL: conversational preference data, https://huggingface.co/docs/trl/dataset_formats#preference; what else a line
holds is ignored there. OpenAI: https://developers.openai.com/api/docs/guides/direct-preference-optimization and
https://developers.openai.com/api/docs/guides/supervised-fine-tuning. Together:
https://docs.together.ai/docs/fine-tuning/preference-tuning and
https://docs.together.ai/docs/fine-tuning/supervised. Their lines hold nothing else, so where each is from stands in a
second file, line by line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from optimizers.preferences.pairs import Pair
from plumbing.files import replace_file

Row = dict[str, Any]


class Imitated(Protocol):
    """A reply worth imitating: `optimizers.preferences.pairs.Example`, or what labels teach (`optimizers.examples`)."""

    @property
    def prompt(self) -> tuple[dict[str, str], ...]:
        """The messages before it."""
        ...

    @property
    def reply(self) -> str:
        """Its text."""
        ...

    def model_dump(self, *, mode: str, exclude: set[str]) -> dict[str, Any]:
        """Pydantic's."""
        ...


class PairFormat(StrEnum):
    """Whose trainer reads the file."""

    TRL = "trl"
    OPENAI = "openai"
    TOGETHER = "together"


def write_pairs(path: Path, pairs: Sequence[Pair], kind: PairFormat) -> tuple[Path, ...]:
    """Write `pairs` for preference optimisation, one JSON line each; returns the files that were written.

    Raises:
        OSError: a file cannot be written; what was there is untouched.
    """
    rows = {PairFormat.TRL: trl_row, PairFormat.OPENAI: openai_row, PairFormat.TOGETHER: together_row}
    return _written(path, pairs, rows[kind], kind)


def write_examples(path: Path, examples: Sequence[Imitated], kind: PairFormat) -> tuple[Path, ...]:
    """Write `examples` for supervised fine-tuning, likewise.

    Raises:
        OSError: a file cannot be written; what was there is untouched.
    """
    return _written(path, examples, example_row if kind is PairFormat.TRL else messages_row, kind)


def trl_row(pair: Pair) -> Row:
    """The three columns of TRL's conversational preference type with an explicit prompt."""
    return {"prompt": list(pair.prompt), "chosen": _assistant(pair.chosen), "rejected": _assistant(pair.rejected)}


def openai_row(pair: Pair) -> Row:
    """One line of OpenAI's preference format."""
    return {
        "input": {"messages": list(pair.prompt), "tools": [], "parallel_tool_calls": True},
        "preferred_output": _assistant(pair.chosen),
        "non_preferred_output": _assistant(pair.rejected),
    }


def together_row(pair: Pair) -> Row:
    """One line of Together's preference format, which is OpenAI's without tools."""
    return {
        "input": {"messages": list(pair.prompt)},
        "preferred_output": _assistant(pair.chosen),
        "non_preferred_output": _assistant(pair.rejected),
    }


def example_row(example: Imitated) -> Row:
    """The two columns of TRL's conversational prompt-completion type: the loss is on the completion alone."""
    return {"prompt": list(example.prompt), "completion": _assistant(example.reply)}


def messages_row(example: Imitated) -> Row:
    """One line of OpenAI's and of Together's supervised format, whose loss is on the assistant's message."""
    return {"messages": [*example.prompt, *_assistant(example.reply)]}


def provenance(one: Pair | Imitated) -> Row:
    """Where a line is from, and of a pair by how much its sides differ."""
    told = one.model_dump(mode="json", exclude={"prompt", "chosen", "rejected", "reply"})
    return {**told, "margin": one.margin} if isinstance(one, Pair) else told


def _assistant(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def _written(path: Path, some: Sequence[Any], row: Callable[[Any], Row], kind: PairFormat) -> tuple[Path, ...]:
    """Ours hold their provenance themselves; others get it beside them."""
    if kind is PairFormat.TRL:
        _write(path, some, lambda one: {**row(one), **provenance(one)})
        return (path,)
    beside = path.with_suffix(".provenance.jsonl")
    _write(path, some, row)
    _write(beside, some, provenance)
    return path, beside


def _write(path: Path, some: Sequence[Any], row: Callable[[Any], Row]) -> None:
    lines = (json.dumps(row(one), ensure_ascii=False) + "\n" for one in some)
    replace_file(path, "".join(lines).encode())
