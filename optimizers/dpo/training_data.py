"""Pairs as a trainer takes them: read, checked, split by debtor, and no longer than the model can see."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, Field, ValidationError

from plumbing.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Messages = Annotated[list[dict[str, str]], Field(min_length=1)]
BUCKETS = 10_000


class PairRow(BaseModel):
    """One line of a file of pairs in TRL's format; what else stands there is provenance."""

    prompt: Messages
    chosen: Messages
    rejected: Messages
    case_id: str = Field(min_length=1)
    """Debtor; of one debtor's pairs none is held out while another is trained on."""


@dataclass(frozen=True)
class PairSplit:
    """What is trained on and what is held out."""

    train: tuple[PairRow, ...]
    heldout: tuple[PairRow, ...]
    too_long: int
    """Pairs that were left out."""
    sha256: str
    """Of the file."""


def read_pairs(path: Path) -> tuple[list[PairRow], str]:
    """The pairs of a file with its hash.

    Raises:
        UserError: it is not there, empty, or a line is no pair; the sentence names the line and the key.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read the pairs in {path}: {error.strerror}") from error
    rows = []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            rows.append(_pair(line))
        except ValueError as error:
            other = " (write the pairs with --format trl)" if b"preferred_output" in line else ""
            raise UserError(
                f"{path} line {number} is no preference pair with prompt, chosen and rejected{other}: {error}"
            ) from error
    if not rows:
        raise UserError(f"{path} holds no pairs; sample some with python -m optimizers.preferences")
    return rows, hashlib.sha256(content).hexdigest()


def _pair(line: bytes) -> PairRow:
    """One pair; ValueError with a sentence that names the key."""
    try:
        row = PairRow.model_validate(json.loads(line))
    except ValidationError as error:
        raise ValueError(_said(error)) from error
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON; write one object a line") from error
    if row.chosen == row.rejected:
        raise ValueError("'chosen' and 'rejected' are the same reply, from which nothing can be learned")
    return row


def _said(error: ValidationError) -> str:
    """The first fault of a line."""
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"]) or "the line"
    if fault["type"] == "missing" and key == "case_id":
        return "'case_id' is missing; name the debtor, so that one debtor's pairs stay together"
    if fault["type"] == "missing":
        return f"{key!r} is missing"
    if fault["type"] == "list_type":
        return f'{key!r} is no list of messages such as {{"role": "user", "content": "..."}}'
    return f"{key!r}: {fault['msg'][:1].lower()}{fault['msg'][1:]}"


def split_pairs(
    rows: Sequence[PairRow], sha256: str, tokenizer: PreTrainedTokenizerBase, eval_share: float, max_tokens: int
) -> PairSplit:
    """Split by debtor, the same whatever the order of the file; pairs above `max_tokens` are left out.

    Raises:
        UserError: nothing is left to train on.
    """
    fitting = [row for row in rows if _tokens(row, tokenizer) <= max_tokens]
    heldout = tuple(row for row in fitting if _bucket(row.case_id) < eval_share * BUCKETS)
    train = tuple(row for row in fitting if _bucket(row.case_id) >= eval_share * BUCKETS)
    if not train:
        raise UserError(
            f"no pair is left to train on: {len(rows) - len(fitting)} of {len(rows)} are longer than {max_tokens} "
            f"tokens and {len(heldout)} are held out; raise --max-tokens or lower --eval-share"
        )
    return PairSplit(train, heldout, len(rows) - len(fitting), sha256)


def _bucket(case_id: str) -> int:
    return int.from_bytes(hashlib.sha256(f"pairs {case_id}".encode()).digest()[:8], "big") % BUCKETS


def _tokens(row: PairRow, tokenizer: PreTrainedTokenizerBase) -> int:
    """Tokens of the longer of the two dialogues."""
    return max(
        len(tokenizer.apply_chat_template([*row.prompt, *reply], return_dict=True)["input_ids"])
        for reply in (row.chosen, row.rejected)
    )
