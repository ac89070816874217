"""Reading files of labelled messages: JSON lines, every fault told at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from data.messages.message import SPLITS, CreditorSentence, DebtorMessage
from data.terms import Terms
from plumbing.errors import UserError

SHIPPED = Path(__file__).with_name("written")
STANDING = Terms(discount_pct=0, immediate_payment_pct=20, immediate_payment_days=7, installment_periods=12)
"""The creditor's offer that the shipped messages answer."""
OUTSTANDING = 6000
"""Of the shipped messages' debt, in major units."""
MOST_FAULTS = 30

Labelled = TypeVar("Labelled", DebtorMessage, CreditorSentence)


def debtor_messages(split: str, folder: Path = SHIPPED) -> tuple[DebtorMessage, ...]:
    """The debtors' messages of one split (`data.messages.message.SPLITS`).

    Raises:
        UserError: no such split, or the file is faulty.
    """
    return _read(_file(folder, "debtor", split), DebtorMessage)


def creditor_sentences(split: str, folder: Path = SHIPPED) -> tuple[CreditorSentence, ...]:
    """The creditors' sentences of one split.

    Raises:
        UserError: no such split, or the file is faulty.
    """
    return _read(_file(folder, "creditor", split), CreditorSentence)


def read_messages(path: Path) -> tuple[DebtorMessage, ...] | tuple[CreditorSentence, ...]:
    """A file of one's own: debtors' messages (lines with `intent`) or creditors' sentences (with `severity`).

    Raises:
        UserError: it cannot be read, or everything that is wrong with it.
    """
    text = _text(path)
    creditor = next((line for line in text.splitlines() if line.strip()), "").find('"severity"') >= 0
    return _read(path, CreditorSentence) if creditor else _read(path, DebtorMessage)


def straddling(splits: dict[str, Sequence[DebtorMessage]] | dict[str, Sequence[CreditorSentence]]) -> list[str]:
    """Authors, situations and texts that stand in more than one split, as sentences."""
    found = []
    for what in ("author", "situation", "text"):
        where: dict[str, set[str]] = {}
        for split, messages in splits.items():
            for one in messages:
                where.setdefault(getattr(one, what), set()).add(split)
        found += [f"{what} {key!r} stands in {' and '.join(sorted(s))}" for key, s in where.items() if len(s) > 1]
    return found


def _file(folder: Path, side: str, split: str) -> Path:
    if split not in SPLITS:
        raise UserError(f"no split {split!r}; the parts of the corpus are {', '.join(SPLITS)}")
    return folder / f"{side}-{split}.jsonl"


@lru_cache(maxsize=16)
def _read(path: Path, kind: type[Labelled]) -> tuple[Labelled, ...]:
    messages, faults = [], []
    for number, line in enumerate(_text(path).splitlines(), start=1):
        if not line.strip():
            continue
        try:
            messages.append(kind.model_validate(json.loads(line), strict=False))
        except json.JSONDecodeError as error:
            faults.append(f"line {number}: no JSON ({error.msg} at character {error.colno})")
        except ValidationError as error:
            faults += [f"line {number}: {_fault(one)}" for one in error.errors()]
    if faults:
        more = f"\n... and {len(faults) - MOST_FAULTS} more" if len(faults) > MOST_FAULTS else ""
        raise UserError(f"{path.name} has {len(faults)} faults:\n" + "\n".join(faults[:MOST_FAULTS]) + more)
    if not messages:
        raise UserError(f"{path} holds no message; write one JSON object a line")
    return tuple(messages)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is no UTF-8 text (byte {error.start}); save it as UTF-8") from error


def _fault(error: object) -> str:
    where, what = ".".join(map(str, error["loc"])), str(error["msg"]).removeprefix("Value error, ")  # type: ignore[index]
    return f"{where}: {what}" if where else what
