"""`python -m data.messages`: check a file of labelled messages and say what is in it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from data.messages.corpus import SHIPPED, read_messages
from data.messages.message import CreditorSentence
from plumbing import cli


def messages(
    file: Annotated[Path | None, typer.Argument(help="JSON lines; without one, the shipped corpus is shown.")] = None,
) -> None:
    """Check a file of labelled messages: every line, every label, and that a label's words stand in the text.

    A line is a debtor's message, {"text": "18 months pls", "language": "en", "currency": "USD", "intent": "offer",
    "terms": [["installment_periods", 18, "18 months"]], "situation": "18-months", "author": "ann"}, with optional
    `signals` and `claims`; or a creditor's sentence, {"text", "language", "severity": "hard", "breaches": ["threat"],
    "situation", "author"}. docs/messages.md lists the labels.
    """
    table = Table("file", "messages", "languages", "authors", "labels")
    for path in [file] if file is not None else sorted(SHIPPED.glob("*.jsonl")):
        found = read_messages(path)
        languages = Counter(one.language for one in found)
        labels = Counter(
            label for one in found for label in (one.breaches if isinstance(one, CreditorSentence) else one.signals)
        )
        table.add_row(
            path.name,
            str(len(found)),
            " ".join(f"{name} {count}" for name, count in sorted(languages.items())),
            str(len({one.author for one in found})),
            ", ".join(f"{label.value} {count}" for label, count in labels.most_common()),
        )
    cli.results().print(table)


if __name__ == "__main__":
    cli.run(messages, "python -m data.messages")
