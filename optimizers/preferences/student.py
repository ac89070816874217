"""The student: the vanilla negotiator, one prompt and one reply a turn, as the adapter renders the one and reads the
other. What a teacher did at a table is written down here as if the student had done it.
"""

from __future__ import annotations

import contextlib
import json
import re
from contextlib import AbstractContextManager

import dspy
from annotated_types import Ge, Le

from data.dimensions import DIMENSIONS
from data.domain import CreditorView, Turn
from programs.creditor.briefing import Briefing
from programs.creditor.negotiator import FreeNegotiator, free_inputs, terms_after
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden, Seat
from programs.models.adapter import ADAPTER
from programs.table import words
from programs.table.runner import TableState
from signatures.plan import Package
from signatures.turn import FreeTurn

Message = dict[str, str]
"""One chat message: `role` and `content`."""

_LADDER = re.compile(r"\b(rungs?|ladder|steps? down|pace)\b", re.IGNORECASE)


class Student:
    """The vanilla negotiator of one policy.

    Args:
        settings: policy and temperature are taken from them; the temperature is that of its samples.
        lm: its own model; None for the one that the teacher plays on.
    """

    def __init__(self, settings: ProgramSettings, lm: dspy.LM | None = None) -> None:
        self.program = Maden(
            ProgramSettings(variant=Variant.VANILLA, policy=settings.policy, temperature=settings.temperature)
        )
        self.lm = lm

    def playing(self) -> AbstractContextManager[object]:
        """A block in which its own model answers."""
        return dspy.context(lm=self.lm) if self.lm is not None else contextlib.nullcontext()

    def seat(self, view: CreditorView, seed: int) -> Seat:
        """Its seat at one table."""
        return self.program.seat(view, seed)

    def prompt(self, view: CreditorView, table: TableState) -> tuple[Message, ...]:
        """What it is told at this table: the messages that `Maden` sends for the vanilla variant, to the byte."""
        predict = self._negotiator.predict
        messages = ADAPTER.format(predict.signature, predict.demos, free_inputs(self._briefing(view, table)))
        return tuple({"role": str(one["role"]), "content": str(one["content"])} for one in messages)

    def reply(self, view: CreditorView, table: TableState, turn: Turn) -> str:
        """`turn` as it would write it: the JSON of a `FreeTurn`, without blanks, as the embedded engine decodes it.

        A move that the guard changed is written as it was made. Of the words only the argument is the model's; the
        offer and the question are put beside it by code. What thoughts say of a ladder is left out: it has none.
        """
        briefing = self._briefing(view, table)
        move = turn.proposed or turn.move
        stands = terms_after(briefing, move) or table.own or briefing.policy.firmest()
        answer = {
            "thoughts": _thoughts(turn.thoughts or "")[: _longest("thoughts")],
            "choice": move.kind.value,
            "terms": {name: _within(name, getattr(stands, name)) for name in DIMENSIONS},
            "inquiry": turn.inquiry.value if turn.inquiry is not None else "none",
            "message": words.argument(turn.dialogue, turn.inquiry)[: _longest("message")],
        }
        valid = FreeTurn.model_validate(answer).model_dump(mode="json")
        return json.dumps({"turn": valid}, ensure_ascii=False, separators=(",", ":"))

    @property
    def _negotiator(self) -> FreeNegotiator:
        negotiator = self.program.negotiator
        assert isinstance(negotiator, FreeNegotiator)
        return negotiator

    def _briefing(self, view: CreditorView, table: TableState) -> Briefing:
        return Briefing(view, self.program.settings.policy, table)


def _thoughts(text: str) -> str:
    sentences = re.findall(r"[^.!?]+[.!?]*\s*", text)
    return "".join(one for one in sentences if not _LADDER.search(one)).strip()


def _longest(field: str) -> int:
    """Characters that the contract allows."""
    return next(limit.max_length for limit in FreeTurn.model_fields[field].metadata if hasattr(limit, "max_length"))


def _within(dimension: str, value: float) -> int:
    """The nearest whole number that the contract allows."""
    found = {type(bound): bound for bound in Package.model_fields[dimension].metadata}
    low, high = found[Ge].ge, found[Le].le
    return min(max(round(value), int(low)), int(high))
