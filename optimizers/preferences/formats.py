"""Pairs as files: for TRL's `DPOTrainer`, and for OpenAI's preference fine-tuning.

TRL: conversational preference data, https://huggingface.co/docs/trl/dataset_formats#preference; what else a line
holds is ignored there. OpenAI: https://developers.openai.com/api/docs/guides/direct-preference-optimization; a line
holds nothing else, so where each is from stands in a second file, line by line.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from optimizers.preferences.pairs import Pair
from plumbing.files import replace_file

Row = dict[str, Any]


class PairFormat(StrEnum):
    """Whose trainer reads the file."""

    TRL = "trl"
    OPENAI = "openai"


def write_pairs(path: Path, pairs: Sequence[Pair], kind: PairFormat) -> tuple[Path, ...]:
    """Write `pairs`, one JSON line each; returns the files that were written.

    Raises:
        OSError: a file cannot be written; what was there is untouched.
    """
    if kind is PairFormat.TRL:
        _write(path, pairs, lambda pair: {**trl_row(pair), **provenance(pair)})
        return (path,)
    beside = path.with_suffix(".provenance.jsonl")
    _write(path, pairs, openai_row)
    _write(beside, pairs, provenance)
    return path, beside


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


def provenance(pair: Pair) -> Row:
    """Where a pair is from, and by how much its sides differ."""
    return {**pair.model_dump(mode="json", exclude={"prompt", "chosen", "rejected"}), "margin": pair.margin}


def _assistant(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def _write(path: Path, pairs: Sequence[Pair], row: Callable[[Pair], Row]) -> None:
    lines = (json.dumps(row(pair), ensure_ascii=False) + "\n" for pair in pairs)
    replace_file(path, "".join(lines).encode())
