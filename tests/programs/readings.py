"""A small book of labelled messages, and a scripted model that notices only the signals it was shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dspy

from data.messages.labels import SignalKind
from signatures.reading import NAMES, NOTHING_ELSE
from tests.scripted import scripted_lm

SIGNALS = {
    "stop": "never write to me again",
    "distress": "i do not want to wake up any more",
    "lawyer": "my attorney deals with this",
    "dispute": "this debt is not mine",
    "vulnerability": "i am in hospital",
}
WHO = ("", "hello, ", "listen: ", "please, ", "sir, ", "again, ", "dear team, ", "ok so ")


def lines(author: str, per_signal: int) -> Iterator[dict[str, Any]]:
    """Messages of every signal, as many offers and as many words that mean nothing."""
    for number in range(per_signal):
        who = f"{WHO[number % len(WHO)]}{author} number {number}: "
        for signal, words in SIGNALS.items():
            yield {"text": f"{who}{words}", "signals": [signal], "intent": "talk", "situation": f"{signal}-{author}"}
        months = 14 + number
        yield {
            "text": f"{who}i can do {months} months",
            "intent": "offer",
            "terms": [["installment_periods", months, f"{months} months"]],
            "situation": f"months-{author}",
        }
        yield {"text": f"{who}thanks for your message", "intent": "talk", "situation": f"thanks-{author}"}


def message_book(folder: Path, per_signal: int = 4) -> Path:
    """A folder with the three parts."""
    folder.mkdir()
    for split, author in (("train", "ann"), ("val", "bob"), ("heldout", "cyd")):
        rows = (one | {"language": "en", "currency": "USD", "author": author} for one in lines(author, per_signal))
        (folder / f"debtor-{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def read(prompt: str) -> dict[str, Any]:
    """Finds the term always, and a signal only if a demonstration, or the instruction, shows it."""
    if "current_instruction" in prompt and "diagnosis" in prompt:
        return {
            "proposal": {"diagnosis": "Too much is missed.", "instruction": f"Notice lawyer and stop. {len(prompt)}"}
        }
    if "proposed_instruction" in prompt:
        return {"proposed_instruction": f"Notice lawyer and dispute, variant {len(prompt) % 7}."}
    if "new_instruction" in prompt:
        return {"new_instruction": f"Notice everything at once, try {len(prompt) % 5}."}
    before, _, asked = prompt.rpartition("[[ ## message ## ]]")
    message = asked.partition("[[")[0]
    if "standing_offer" not in prompt:
        told = prompt.partition("Notice ")[2][:60]
        learned = [
            one for one in SIGNALS if NAMES[SignalKind(one)] in _answers(before) or one in told or "everything" in told
        ]
        return {"category": next((NAMES[SignalKind(one)] for one in learned if SIGNALS[one] in message), NOTHING_ELSE)}
    months = [word for word, after in zip(message.split(), message.split()[1:], strict=False) if after == "months"]
    said = [{"words": f"{months[0]} months", "kind": "installment_periods", "value": int(months[0])}] if months else []
    return {"stated": {"intent": "offer" if said else "talk", "said": said}}


def _answers(before: str) -> str:
    """The demonstrations of a prompt, from the first message on."""
    return before.partition("[[ ## message ## ]]")[2].partition("[[ ## message ## ]]")[2]


def reading(**settings: Any) -> dspy.LM:
    """The scripted model."""
    return scripted_lm(read, **{"cache": True, **settings})
