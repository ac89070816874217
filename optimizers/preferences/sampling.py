"""Other turns at the same table: sampled afresh, each played to its end by the teacher against the same debtor.

What is compared is one turn. So the turns before it are the same, the debtor is (its answer is a function of the
table), and whoever took the turn, the teacher goes on without sampling.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from data.domain import CreditorPolicy, DebtCase, Ending, Negotiation, Turn
from data.frozen import Frozen
from data.terms import Terms
from metrics.evaluator import score
from metrics.talk.conduct import conduct_breaches
from optimizers.preferences.student import Student
from programs.creditor.seat import UNUSABLE
from programs.maden import Maden, Seat
from programs.table.failures import InfrastructureFailure, ProgramFault
from programs.table.guard import guarded
from programs.table.runner import DebtorSeat, TableState, play

Source = Literal["teacher", "teacher_sample", "student_sample"]
SAMPLES_AT_MOST = 1000
"""Samples a table have seeds of their own up to here."""


class SamplingPlan(Frozen):
    """How much is sampled, and how."""

    turns: Annotated[int, Field(ge=1, le=100)] = 3
    """Turns of a negotiation at which others are sampled; drawn by the seed where it has more."""
    teacher_samples: Annotated[int, Field(ge=0, le=64)] = 3
    student_samples: Annotated[int, Field(ge=0, le=64)] = 2
    temperature: Annotated[float, Field(gt=0, le=2)] = 0.9
    """Of what is sampled; what is not is played as the teacher's settings have it."""


class Candidate(Frozen):
    """One turn and what came of it."""

    source: Source
    sample: int
    """Number of the sample among those of its source; 0 for the teacher's own turn."""
    turn: Turn
    """As it left the table; what the guard changed is in `proposed`."""
    reply: str
    """The turn as the student would write it."""
    ending: Ending
    agreed: Terms | None = None
    objective: float
    """Of the whole negotiation, 0..1."""

    @property
    def clean(self) -> bool:
        """Whether it may be held up as an example: inside the limits as it was made, and no rule of conduct broken."""
        return self.turn.proposed is None and not conduct_breaches(self.turn.dialogue)


class TableCandidates(Frozen):
    """The candidates for one creditor turn."""

    case_id: str
    seed: int
    round: int
    prompt: tuple[dict[str, str], ...]
    """Chat messages: what the student is told at this table."""
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class _Moment:
    """The table before one turn of the teacher, and the teacher's seat as it was then."""

    table: TableState
    said: tuple[Turn, ...]
    seat: Seat


class _Watched:
    """The teacher's seat, remembering every moment before a turn of its own (programs.table.CreditorSeat)."""

    def __init__(self, seat: Seat) -> None:
        self.seat = seat
        self.ladder = seat.ladder
        self.moments: list[tuple[TableState, Seat]] = []

    def next_turn(self, table: TableState) -> Turn:
        self.moments.append((table, self.seat.forked()))
        turn = self.seat.next_turn(table)
        self.ladder = self.seat.ladder
        return turn


class Sampler:
    """Samples turns for a student.

    Args:
        teacher: a compiled or uncompiled program; plays with its own settings, on the model of `dspy.settings`.
        student: whose turns are to become better.
        plan: how much is sampled.
    """

    def __init__(self, teacher: Maden, student: Student, plan: SamplingPlan) -> None:
        self.teacher, self.student, self.plan = teacher, student, plan
        self._warm = teacher.with_settings(teacher.settings.model_copy(update={"temperature": plan.temperature}))

    def tables(self, case: DebtCase, seed: int) -> list[TableCandidates]:
        """The candidates at each chosen turn of one negotiation; none where the teacher's own play broke.

        Raises:
            InfrastructureFailure: a model could not be reached.
        """
        watched = _Watched(self.teacher.seat(case.creditor_view(), seed))
        own = play(case, watched, self._debtor(case, seed), self.policy, seed)
        if own.ending is Ending.INFRASTRUCTURE:
            raise InfrastructureFailure(own.failure or "the model could not be reached")
        if own.ending is Ending.PROGRAM_FAULT:
            return []
        moments = [_Moment(table, own.turns[: len(table.turns)], seat) for table, seat in watched.moments]
        return [
            self._at(case, seed, moment, own) for moment in _drawn(moments, self.plan.turns, f"{case.case_id} {seed}")
        ]

    @property
    def policy(self) -> CreditorPolicy:
        """The limits that both play in."""
        return self.teacher.settings.policy

    def _debtor(self, case: DebtCase, seed: int) -> DebtorSeat:
        return self.teacher.debtors(case, seed)

    def _at(self, case: DebtCase, seed: int, moment: _Moment, own: Negotiation) -> TableCandidates:
        """All candidates for one turn; of equal replies the first."""
        view = case.creditor_view()
        found: dict[str, Candidate] = {}
        for source, sample, turn, seat in self._turns(case, seed, moment, own):
            reply = self.student.reply(view, moment.table, turn)
            if reply in found or any(note.startswith(UNUSABLE) for note in turn.notes):
                continue
            ended = own if source == "teacher" else self._played_on(case, seed, (*moment.said, turn), seat)
            found[reply] = Candidate(
                source=source,
                sample=sample,
                turn=turn,
                reply=reply,
                ending=ended.ending,
                agreed=ended.agreed,
                objective=score(ended).objective,
            )
        return TableCandidates(
            case_id=case.case_id,
            seed=seed,
            round=moment.table.round,
            prompt=self.student.prompt(view, moment.table),
            candidates=tuple(found.values()),
        )

    def _turns(
        self, case: DebtCase, seed: int, moment: _Moment, own: Negotiation
    ) -> Iterator[tuple[Source, int, Turn, Seat]]:
        """Each turn with the seat that goes on after it; a sample that came to nothing is left out."""
        yield "teacher", 0, own.turns[len(moment.said)], moment.seat
        for sample in range(self.plan.teacher_samples):
            seat = moment.seat.forked(self._warm, _sample_seed(seed, sample))
            if (turn := self._guarded(seat, moment.table)) is not None:
                yield "teacher_sample", sample, turn, seat.forked(self.teacher, seed)
        for sample in range(self.plan.student_samples):
            with self.student.playing():
                turn = self._guarded(self.student.seat(case.creditor_view(), _sample_seed(seed, sample)), moment.table)
            if turn is not None:
                yield "student_sample", sample, turn, moment.seat.forked()

    def _guarded(self, seat: Seat, table: TableState) -> Turn | None:
        try:
            return guarded(seat.next_turn(table), table.own, table.theirs, self.policy)
        except ProgramFault:
            return None

    def _played_on(self, case: DebtCase, seed: int, said: tuple[Turn, ...], seat: Seat) -> Negotiation:
        ended = play(case, seat, self._debtor(case, seed), self.policy, seed, said)
        if ended.ending is Ending.INFRASTRUCTURE:
            raise InfrastructureFailure(ended.failure or "the model could not be reached")
        return ended


def _drawn(moments: list[_Moment], number: int, seed: str) -> list[_Moment]:
    """`number` of the moments, in their order."""
    if len(moments) <= number:
        return moments
    return [moments[index] for index in sorted(random.Random(seed).sample(range(len(moments)), number))]


def _sample_seed(seed: int, sample: int) -> int:
    """Of one sample: none that another negotiation, or what is not sampled, has at the same table."""
    return seed * SAMPLES_AT_MOST + sample + 1
