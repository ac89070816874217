"""What others wrote to banks, labelled for `app screen --expect`: `python -m benchmarks.public_messages CHECKOUT`.

The messages are those of Banking77 (Casanueva et al. 2020, arXiv 2003.04807) and of NLU++'s banking part (Casanueva et
al. 2022, arXiv 2204.13021), both CC BY 4.0, in https://github.com/PolyAI-LDN/task-specific-datasets. They are not in
this repository: a file of labels names each by the SHA-256 of its text.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from plumbing import cli
from plumbing.errors import UserError

LABELS = Path(__file__).with_name("public_messages.jsonl")
"""600 drawn with seed 0, 300 of each part, labelled twice, blindly; of 48 at least one was in doubt."""
HANDED_OFF = "handoff"
"""NLU++'s own label of who is to be handed to a human, by their wish or after a complaint."""


def main(
    checkout: Annotated[Path, typer.Argument(help="a checkout of PolyAI-LDN/task-specific-datasets")],
    out: Annotated[Path, typer.Option(help="the labelled messages; an existing file is replaced")] = Path(
        "public.jsonl"
    ),
) -> None:
    """Write the labelled messages of a checkout; then screen them.

    Example:

    git clone --depth 1 https://github.com/PolyAI-LDN/task-specific-datasets
    python -m benchmarks.public_messages task-specific-datasets --out public.jsonl
    python -m app screen --no-model --expect public.jsonl
    """
    lines = list(labelled(checkout))
    out.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")
    cli.results().print(f"{out}: {len(lines)} messages; next: python -m app screen --no-model --expect {out}")


def labelled(checkout: Path) -> Iterator[dict[str, Any]]:
    """Messages whose labels are agreed on, and every one that NLU++ says is to be handed off, each once.

    Raises:
        UserError: the folder holds no such checkout, or not the version that was labelled.
    """
    told = [json.loads(line) for line in LABELS.read_text(encoding="utf-8").splitlines()]
    agreed = {one["sha256"]: one["signals"] for one in told if one["signals"] is not None}
    missing = set(agreed)
    for text, intents in _messages(checkout).items():
        digest = hashlib.sha256(text.encode()).hexdigest()
        missing.discard(digest)
        signals = agreed.get(digest, ["wants_person"] if HANDED_OFF in intents else None)
        if signals is not None:
            yield {"text": text, "language": "en", "currency": "GBP", "signals": signals, "intent": "talk", "terms": []}
    if missing:
        raise UserError(f"{checkout}: {len(missing)} of {len(agreed)} labelled messages are not there; is it complete?")


def _messages(checkout: Path) -> dict[str, frozenset[str]]:
    """Each text and NLU++'s intents of it, in the order of the files."""
    table = checkout / "banking_data" / "train.csv"
    folds = sorted((checkout / "nlupp" / "data" / "banking").glob("fold*.json"))
    if not folds or not table.is_file():
        missing = "its banking_data or nlupp is missing"
        raise UserError(f"{checkout} is no checkout of PolyAI-LDN/task-specific-datasets: {missing}")
    with table.open(encoding="utf-8", newline="") as file:
        found: dict[str, frozenset[str]] = {_one_line(row["text"]): frozenset() for row in csv.DictReader(file)}
    for fold in folds:
        spoken = json.loads(fold.read_text(encoding="utf-8"))
        for one in spoken:
            text = _one_line(one["text"])
            found[text] = found.get(text, frozenset()) | frozenset(one.get("intents", ()))
    return found


def _one_line(text: str) -> str:
    return text.replace("\n", " ").strip()


if __name__ == "__main__":
    cli.run(main, "python -m benchmarks.public_messages")
