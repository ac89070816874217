"""Pairs and examples as a trainer takes them: read, checked, split by debtor, tokenised, no longer than can be seen."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import BaseModel, Field, ValidationError, model_validator

from optimizers.train.packing import Packed, packed
from plumbing.errors import UserError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Messages = Annotated[list[dict[str, str]], Field(min_length=1)]


class PairRow(BaseModel):
    """One line of a file of pairs in TRL's format, or of examples; what else stands there is provenance."""

    prompt: Messages
    chosen: Messages
    rejected: Messages | None = None
    """None: an example, of which only what is to be imitated is known."""
    case_id: str = Field(min_length=1)
    """Debtor; of one debtor's pairs none is held out while another is trained on."""

    @model_validator(mode="after")
    def _differ(self) -> Self:
        if self.chosen == self.rejected:
            raise ValueError("'chosen' and 'rejected' are the same reply, from which nothing can be learned")
        return self


@dataclass(frozen=True)
class Item:
    """A pair or an example in tokens; the chosen reply is side 0."""

    case_id: str
    packed: Packed

    @property
    def pair(self) -> bool:
        """Whether there is a rejected reply."""
        return len(self.packed.rests) == 2


@dataclass(frozen=True)
class ItemSplit:
    """What is trained on and what is held out."""

    train: tuple[Item, ...]
    heldout: tuple[Item, ...]
    too_long: int
    """Rows that were left out."""
    sha256: str
    """Of the file."""


def read_pairs(path: Path) -> tuple[list[PairRow], str]:
    """The pairs of a file with its hash.

    Raises:
        UserError: it is not there, empty, or a line is no pair; the sentence names the line and the key.
    """
    return _read(path, "preference pair with prompt, chosen and rejected", examples=False)


def read_examples(path: Path) -> tuple[list[PairRow], str]:
    """The replies worth imitating in a file of examples or of pairs, with its hash.

    Raises:
        UserError: likewise.
    """
    return _read(path, "example with prompt and completion, nor a pair", examples=True)


def split_items(
    rows: Sequence[PairRow], sha256: str, tokenizer: PreTrainedTokenizerBase, eval_share: float, max_tokens: int
) -> ItemSplit:
    """Tokenise, and split by debtor, the same whatever the order of the file; rows above `max_tokens` are left out.

    Of the debtors with a row the given share is held out, to the nearest whole debtor, and one at least where there are
    two and the share is above 0.

    Raises:
        UserError: nothing is left to train on.
    """
    items = [Item(row.case_id, _packed(row, tokenizer)) for row in rows]
    fitting = [item for item in items if len(item.packed) <= max_tokens]
    unseen = _held_out({item.case_id for item in fitting}, eval_share)
    train = tuple(item for item in fitting if item.case_id not in unseen)
    if not train:
        raise UserError(
            f"no pair is left to train on: {len(rows) - len(fitting)} of {len(rows)} are longer than {max_tokens} "
            f"tokens and {len(fitting)} are held out; raise --max-tokens or lower --eval-share"
        )
    heldout = tuple(item for item in fitting if item.case_id in unseen)
    return ItemSplit(train, heldout, len(rows) - len(fitting), sha256)


def without_repeats(items: Sequence[Item]) -> tuple[Item, ...]:
    """Of items with the same prompt and chosen reply the first."""
    found: dict[tuple[int, ...], Item] = {}
    for item in items:
        one = item.packed
        found.setdefault((*one.ids[: one.asked], -1, *one.predicted(0)[1]), item)
    return tuple(found.values())


def shuffled_labels(rows: Sequence[PairRow], seed: int) -> list[PairRow]:
    """Half of the pairs turned round, drawn by `seed`."""
    turned = set(random.Random(f"labels {seed}").sample(range(len(rows)), len(rows) // 2))
    return [
        row.model_copy(update={"chosen": row.rejected, "rejected": row.chosen}) if number in turned else row
        for number, row in enumerate(rows)
    ]


def _held_out(debtors: set[str], share: float) -> set[str]:
    if not share or len(debtors) < 2:
        return set()
    number = min(len(debtors) - 1, max(1, round(share * len(debtors))))
    return set(sorted(debtors, key=lambda one: hashlib.sha256(f"pairs {one}".encode()).digest())[:number])


def _packed(row: PairRow, tokenizer: PreTrainedTokenizerBase) -> Packed:
    asked = tokenizer.apply_chat_template(row.prompt, add_generation_prompt=True, return_dict=True)["input_ids"]
    sides = [row.chosen] if row.rejected is None else [row.chosen, row.rejected]
    return packed(asked, [_reply(row.prompt, side, asked, tokenizer) for side in sides])


def _reply(
    prompt: list[dict[str, str]], reply: list[dict[str, str]], asked: Sequence[int], tokenizer: PreTrainedTokenizerBase
) -> list[int]:
    """The tokens that a reply adds to its prompt, to the one that ends it."""
    whole = tokenizer.apply_chat_template([*prompt, *reply], return_dict=True)["input_ids"]
    if list(whole[: len(asked)]) != list(asked):
        raise UserError(
            "this model's chat template writes a prompt otherwise once it is answered, so replies cannot be told from "
            "prompts; use another base model"
        )
    added = list(whole[len(asked) :])
    end = tokenizer.eos_token_id
    return added[: added.index(end) + 1] if end in added else added


def _read(path: Path, what: str, *, examples: bool) -> tuple[list[PairRow], str]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"cannot read the pairs in {path}: {error.strerror}") from error
    rows = []
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            rows.append(_row(line, examples=examples))
        except ValueError as error:
            other = (
                " (write the file with --format trl)" if b"preferred_output" in line or b'"messages"' in line else ""
            )
            raise UserError(f"{path} line {number} is no {what}{other}: {error}") from error
    if not rows:
        raise UserError(f"{path} holds no pairs; sample some with python -m optimizers.preferences")
    return rows, hashlib.sha256(content).hexdigest()


def _row(line: bytes, *, examples: bool) -> PairRow:
    """One row; ValueError with a sentence that names the key."""
    try:
        told = json.loads(line)
        if examples and isinstance(told, dict) and "completion" in told:
            told = {**told, "chosen": told["completion"]}
        row = PairRow.model_validate(told)
    except ValidationError as error:
        raise ValueError(_said(error)) from error
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not JSON; write one object a line") from error
    if row.rejected is None and not examples:
        raise ValueError("'rejected' is missing")
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
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    return f"{key!r}: {fault['msg'][:1].lower()}{fault['msg'][1:]}"
