"""The student: the vanilla negotiator, one prompt and one reply a turn, as the adapter renders the one and reads the
other. What it wrote is kept as it wrote it, to the byte.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import dspy
from dspy.utils.callback import BaseCallback

from data.domain import CreditorPolicy, CreditorView, DebtCase, Move, MoveKind, Turn
from data.terms import Terms
from optimizers.preferences.field_swap import decision_of, read_reply
from optimizers.preferences.moves import Decision
from programs.creditor.briefing import Briefing
from programs.creditor.negotiator import STRAY_NOTE, FreeNegotiator, free_inputs, spoken
from programs.creditor.seat import UNUSABLE
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden, Seat
from programs.models.adapter import ADAPTER
from programs.table import words
from programs.table.failures import ProgramFault
from programs.table.guard import guarded
from programs.table.runner import TableState
from signatures.turn import FreeTurn
from wording import speaking

Message = dict[str, str]
"""One chat message: `role` and `content`."""


def in_plain(messages: Iterable[Mapping[str, Any]]) -> tuple[Message, ...]:
    """An adapter's messages as files of pairs and examples hold them."""
    return tuple({"role": str(one["role"]), "content": str(one["content"])} for one in messages)


@dataclass(frozen=True)
class StudentReply:
    """What the student answered at one table."""

    turn: Turn
    """Past the guard."""
    reply: str | None
    """As the model wrote it; None where that was not plainly the JSON that was asked for."""


class Student:
    """The vanilla negotiator of one policy.

    Args:
        settings: policy and temperature are taken from them; the temperature is that of its samples.
        lm: its own model; None for the one of `dspy.settings`.
    """

    def __init__(self, settings: ProgramSettings, lm: dspy.LM | None = None) -> None:
        self.program = Maden(ProgramSettings(variant=Variant.VANILLA, policy=settings.policy, temperature=0.0))
        self.warm = self.program.with_settings(
            self.program.settings.model_copy(update={"temperature": settings.temperature})
        )
        self.lm = lm

    def playing(self) -> contextlib.AbstractContextManager[object]:
        """A block in which its own model answers."""
        return dspy.context(lm=self.lm) if self.lm is not None else contextlib.nullcontext()

    def seat(self, view: CreditorView, seed: int, *, warm: bool = False) -> Seat:
        """Its seat at one table; `warm` where its turns are samples."""
        return (self.warm if warm else self.program).seat(view, seed)

    def answer(self, case: DebtCase, table: TableState, seed: int, *, warm: bool) -> StudentReply | None:
        """What it does at `table`; None where that came to nothing.

        Args:
            case: of whom it is shown what a creditor may see.
            table: its to move.
            seed: of the sample.
            warm: whether it is sampled.

        Raises:
            InfrastructureFailure: the model could not be reached.
        """
        seat = self.seat(case.creditor_view(), seed, warm=warm)
        try:
            with self.playing(), written() as raw, speaking(case.debtor.language):
                turn = guarded(seat.next_turn(table), table.own, table.theirs, self.policy)
        except ProgramFault:
            return None
        return said(turn, raw)

    def turn_of(self, case: DebtCase, table: TableState, reply: str) -> Turn:
        """The turn that a reply comes to at `table`, past the guard; the same as its seat would make of it.

        Raises:
            ValueError: it is no reply (`field_swap.read_reply`).
        """
        choice = read_reply(reply)
        if choice is None:
            raise ValueError("no turn stands in this reply")
        briefing = self._briefing(case.creditor_view(), table)
        with speaking(case.debtor.language):
            return guarded(spoken(briefing, _move(choice), choice), table.own, table.theirs, self.policy)

    def prompt(self, view: CreditorView, table: TableState) -> tuple[Message, ...]:
        """What it is told at this table: the messages that `Maden` sends for the vanilla variant, to the byte."""
        predict = self._negotiator.predict
        return in_plain(ADAPTER.format(predict.signature, predict.demos, free_inputs(self._briefing(view, table))))

    @property
    def policy(self) -> CreditorPolicy:
        """The limits that it plays in."""
        return self.program.settings.policy

    @property
    def _negotiator(self) -> FreeNegotiator:
        negotiator = self.program.negotiator
        assert isinstance(negotiator, FreeNegotiator)
        return negotiator

    def _briefing(self, view: CreditorView, table: TableState) -> Briefing:
        return Briefing(view, self.policy, table)


def said(turn: Turn, heard: ModelExchange) -> StudentReply:
    """A turn with the reply behind it, the last that was written for it."""
    raw = heard.replies
    usable = raw and not any(note.startswith(UNUSABLE) for note in turn.notes) and read_reply(raw[-1]) is not None
    return StudentReply(turn, raw[-1] if usable else None)


def speaks(turn: Turn) -> bool:
    """Whether the model's own words are in a turn, all of them; else there is nothing to be learned from them."""
    return bool(words.argument(turn.dialogue, turn.inquiry)) and STRAY_NOTE not in turn.notes


def standing_after(decision: Decision, table: TableState, otherwise: Terms) -> Terms:
    """What the four figures of a reply say with a decision: the offer, the package taken, the one that is kept."""
    if decision.terms is not None:
        return decision.terms
    return (table.theirs if decision.kind is MoveKind.ACCEPT else table.own) or otherwise


def _move(choice: FreeTurn) -> Move:
    decision = decision_of(choice)
    return Move.ask(decision.terms) if decision.terms is not None else Move(kind=decision.kind)


@dataclass
class ModelExchange:
    """What went to a model and came back, in order."""

    messages: list[tuple[Message, ...]] = field(default_factory=list)
    replies: list[str] = field(default_factory=list)
    """As they were written."""


class _Listening(BaseCallback):
    """Hears what a model is sent, and what it wrote before that is read (DSPy's callbacks)."""

    def __init__(self) -> None:
        self.heard = ModelExchange()

    def on_adapter_format_end(self, call_id: str, outputs: Any, exception: Exception | None = None) -> None:
        told = in_plain(outputs or ())
        if told and told not in self.heard.messages:  # it is called for the adapter and for the classes beneath it
            self.heard.messages.append(told)

    def on_adapter_parse_start(self, call_id: str, instance: Any, inputs: dict[str, Any]) -> None:
        if "completion" in inputs:  # it is called for the adapter and once more for the class beneath it
            self.heard.replies.append(str(inputs["completion"]))


@contextmanager
def written() -> Iterator[ModelExchange]:
    """A block in which what the model is sent and writes is put into what comes of it."""
    ear = _Listening()
    with dspy.context(callbacks=[*dspy.settings.get("callbacks", []), ear]):
        yield ear.heard
