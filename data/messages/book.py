"""The labelled messages of debtors as a book: cases with ids, in the parts of the split."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from data.frozen import Frozen
from data.messages.corpus import SHIPPED, debtor_messages
from data.messages.message import SPLITS, DebtorMessage
from plumbing.errors import UserError


class MessageCase(Frozen):
    """One labelled message under an id of its own."""

    case_id: str
    """Its situation and a hash of its words, the same wherever it stands in a file."""
    message: DebtorMessage


@dataclass(frozen=True)
class MessageBook:
    """The labelled messages of a folder, read part by part."""

    folder: Path

    @property
    def source(self) -> str:
        """The folder."""
        return str(self.folder)

    @property
    def name(self) -> str:
        """Of the folder, for documents that others read elsewhere."""
        return self.folder.name

    def __len__(self) -> int:
        return sum(len(self.split(name)) for name in self.parts)

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The parts that the folder holds; a test or a user may have no held-out one."""
        return tuple(name for name in SPLITS if (self.folder / f"debtor-{name}.jsonl").is_file())

    @cached_property
    def sha256(self) -> str:
        """Hash of all messages, whatever their order."""
        digest = hashlib.sha256()
        for name in self.parts:
            for case in sorted(self.split(name), key=lambda case: case.case_id):
                digest.update(f"{name} {case.model_dump_json()}\n".encode())
        return digest.hexdigest()

    def split(self, name: str) -> tuple[MessageCase, ...]:
        """The messages of one part, in the order of the file.

        Raises:
            UserError: no such part, or its file is faulty.
        """
        cases = tuple(MessageCase(case_id=_id_of(one), message=one) for one in debtor_messages(name, self.folder))
        if len({case.case_id for case in cases}) < len(cases):
            raise UserError(f"debtor-{name}.jsonl holds a message twice; every message stands once")
        return cases


def read_message_book(folder: Path | None = None) -> MessageBook:
    """The messages of a folder with `debtor-train.jsonl`, `debtor-val.jsonl` and `debtor-heldout.jsonl`.

    Args:
        folder: None for the shipped ones.

    Raises:
        UserError: it holds no such file.
    """
    book = MessageBook(folder or SHIPPED)
    if not book.parts:
        raise UserError(f"{book.source} holds no labelled messages; name a folder with debtor-train.jsonl and the like")
    return book


def _id_of(message: DebtorMessage) -> str:
    return f"{message.situation}-{hashlib.sha256(message.text.encode()).hexdigest()[:8]}"
