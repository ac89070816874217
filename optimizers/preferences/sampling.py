"""The candidates for one turn: the student's own replies, and the sensible moves in its own words, each valued.

States come from the student's own play (on-policy, as in REFUEL, arXiv 2410.04612: it is taught about what it will
meet) and from a teacher's. What is compared is one turn: the turns before it and the words are the same, and the rest
is played by the same rule against the same debtors.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from data.domain import CreditorPolicy, CreditorView, DebtCase, Ending, Negotiation, Speaker, Turn
from data.frozen import Frozen
from data.terms import Terms
from metrics.talk.conversation import soundness
from optimizers.preferences.field_swap import decision_of, read_reply, swapped
from optimizers.preferences.moves import Decision, sensible_moves
from optimizers.preferences.rollouts import Rollouts, TurnWorth, debtor_seeds
from optimizers.preferences.student import Student, StudentReply, said, speaks, standing_after, written
from programs.debtor.simulated import SimulatedDebtor
from programs.table.failures import InfrastructureFailure, ProgramFault
from programs.table.runner import CreditorSeat, TableState, play, view
from wording import speaking

T = TypeVar("T")
Player = Literal["student", "teacher"]
Source = Literal["student", "student_sample", "teacher", "lookahead"]
"""The student's own reply, a sample of it; a teacher's move in the student's words, another sensible move in them."""
_CREDITOR = Speaker.CREDITOR
SAMPLES_AT_MOST = 1000  # samples a table have seeds of their own up to here
CARRIED_OVER = 2
"""Best moves in the first words that are valued in the other samples' words too."""


class SamplingPlan(Frozen):
    """How much is sampled, and how."""

    turns: Annotated[int, Field(ge=0, le=100)] = 4
    """Turns of the student's own negotiation that are looked at; drawn by the seed where it has more."""
    teacher_turns: Annotated[int, Field(ge=0, le=100)] = 1
    """Likewise of the teacher's negotiation."""
    student_samples: Annotated[int, Field(ge=0, le=64)] = 2
    """Sampled replies of the student at each, beside the one that it gives unsampled."""
    temperature: Annotated[float, Field(gt=0, le=2)] = 0.9
    """Of the samples."""
    debtor_seeds: Annotated[int, Field(ge=1, le=100)] = 4
    """Simulated debtors that each move is valued with."""
    plays_on: str = "linear"
    """The rule that plays the rest of a negotiation whose move is valued."""


class Candidate(Frozen):
    """One turn and what came of it."""

    source: Source
    words: int
    """Number of the student's reply whose words it has; with the same words only the decision differs."""
    turn: Turn
    """As it left the table; what the guard changed is in `proposed`."""
    reply: str
    """The turn as the student wrote it, or would have with this decision."""
    choice: str
    """ask, accept or reject."""
    ending: Ending
    agreed: Terms | None = None
    by_seed: tuple[float, ...]
    """Objective of the whole negotiation, 0..1, one value a debtor seed."""
    clean: bool
    """Whether it may be held up as an example: sound, within the limits as it was made, in words of its own."""

    @property
    def objective(self) -> float:
        """Mean over the debtor seeds."""
        return sum(self.by_seed) / len(self.by_seed)

    @property
    def raw(self) -> bool:
        """Whether the student wrote it so itself."""
        return self.source in ("student", "student_sample")


class TableCandidates(Frozen):
    """The candidates for one creditor turn."""

    case_id: str
    seed: int
    round: int
    played_by: Player
    """Whose negotiation the table is from."""
    said: tuple[Turn, ...]
    """The turns before."""
    prompt: tuple[dict[str, str], ...]
    """Chat messages: what the student is told at this table."""
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True)
class _Moment:
    """A table before a creditor's turn, and what the student said there, where that is known."""

    played_by: Player
    said: tuple[Turn, ...]
    answer: StudentReply | None


class _Watched:
    """The student's seat, remembering what it wrote at each turn (programs.table.CreditorSeat)."""

    ladder: tuple[Terms, ...] = ()

    def __init__(self, seat: CreditorSeat) -> None:
        self._seat = seat
        self.answers: list[StudentReply] = []

    def next_turn(self, table: TableState) -> Turn:
        with written() as raw:
            turn = self._seat.next_turn(table)
        self.answers.append(said(turn, raw))
        return turn


class Sampler:
    """Values turns for a student.

    Args:
        teacher: a seat of whoever shows how: its moves are proposed, and tables of its negotiations are looked at. It
            plays on the model of `dspy.settings`, where it needs one.
        student: whose turns are to become better.
        plan: how much is sampled.
    """

    def __init__(
        self, teacher: Callable[[CreditorView, int], CreditorSeat], student: Student, plan: SamplingPlan
    ) -> None:
        self.teacher, self.student, self.plan = teacher, student, plan
        self.policy: CreditorPolicy = student.policy
        self.rollouts = Rollouts(plan.plays_on, self.policy)

    def tables(self, case: DebtCase, seed: int) -> list[TableCandidates]:
        """The candidates at each chosen turn of the student's negotiation and of the teacher's.

        Raises:
            InfrastructureFailure: a model could not be reached.
        """
        moments = [*self._students(case, seed), *self._teachers(case, seed)]
        return [found for moment in moments if (found := self._at(case, seed, moment)) is not None]

    def _students(self, case: DebtCase, seed: int) -> list[_Moment]:
        if not self.plan.turns:
            return []
        seat = _Watched(self.student.seat(case.creditor_view(), seed))
        with self.student.playing():
            own = self._played(case, seat, seed)
        moments = [
            _Moment("student", before, answer) for before, answer in zip(_before(own), seat.answers, strict=False)
        ]
        return drawn(moments, self.plan.turns, f"{case.case_id} {seed}")

    def _teachers(self, case: DebtCase, seed: int) -> list[_Moment]:
        if not self.plan.teacher_turns:
            return []
        own = self._played(case, self.teacher(case.creditor_view(), seed), seed)
        moments = [_Moment("teacher", before, None) for before in _before(own)]
        return drawn(moments, self.plan.teacher_turns, f"{case.case_id} {seed} teacher")

    def _played(self, case: DebtCase, seat: CreditorSeat, seed: int) -> Negotiation:
        own = play(case, seat, SimulatedDebtor(case, seed), self.policy, seed)
        if own.ending is Ending.INFRASTRUCTURE:
            raise InfrastructureFailure(own.failure or "the model could not be reached")
        return own

    def _at(self, case: DebtCase, seed: int, moment: _Moment) -> TableCandidates | None:
        """All candidates for one turn; None where the student wrote nothing usable."""
        table = view(moment.said, _CREDITOR, self.policy)
        answers = list(self._answers(case, table, seed, moment))
        if not answers:
            return None
        answers.sort(key=lambda one: not speaks(one[1].turn))  # every move is valued in the best words there are
        valued = self._valued(case, seed, moment, table, answers)
        return TableCandidates(
            case_id=case.case_id,
            seed=seed,
            round=table.round,
            played_by=moment.played_by,
            said=moment.said,
            prompt=self.student.prompt(case.creditor_view(), table),
            candidates=tuple(valued),
        )

    def _answers(
        self, case: DebtCase, table: TableState, seed: int, moment: _Moment
    ) -> Iterator[tuple[Source, StudentReply, str]]:
        """What the student says here, of equal replies the first."""
        own = moment.answer or self.student.answer(case, table, seed, warm=False)
        samples = (
            self.student.answer(case, table, sample_seed(seed, number), warm=True)
            for number in range(self.plan.student_samples)
        )
        seen: set[str] = set()
        for number, one in enumerate((own, *samples)):
            if one is not None and one.reply is not None and one.reply not in seen:
                seen.add(one.reply)
                yield ("student_sample" if number else "student"), one, one.reply

    def _valued(
        self,
        case: DebtCase,
        seed: int,
        moment: _Moment,
        table: TableState,
        answers: Sequence[tuple[Source, StudentReply, str]],
    ) -> Iterator[Candidate]:
        """Every sensible move in the first words; in the others' their own move and the best of those."""
        taught = self._proposed(case, table, seed)
        own = list(dict.fromkeys(_decision(reply) for _, _, reply in answers))
        moves = sensible_moves(table, self.policy, [*taught, *own])
        for words, (source, one, reply) in enumerate(answers):
            found = [_Draft(source, reply, self.student.turn_of(case, table, reply))]
            for move in moves:
                if move != _decision(reply) and (draft := self._draft(case, table, reply, move, taught)) is not None:
                    found.append(draft)
            worths = self.rollouts.worths(
                case, moment.said, [draft.turn for draft in found], debtor_seeds(seed, self.plan.debtor_seeds)
            )
            done = [self._candidate(case, moment, words, *pair) for pair in zip(found, worths, strict=True)]
            yield from done
            if not words:
                best = sorted((one for one in done if one.clean), key=lambda one: -one.objective)[:CARRIED_OVER]
                moves = list(dict.fromkeys(_decision(one.reply) for one in best))
                moves += [move for move in own if move not in moves]

    def _proposed(self, case: DebtCase, table: TableState, seed: int) -> list[Decision]:
        try:
            with speaking(case.debtor.language):
                turn = self.teacher(case.creditor_view(), seed).next_turn(table)
        except ProgramFault:
            return []
        terms = turn.move.terms.over(table.own) if turn.move.terms is not None else None
        return [Decision(turn.move.kind, terms)]

    def _draft(
        self, case: DebtCase, table: TableState, reply: str, move: Decision, taught: Sequence[Decision]
    ) -> _Draft | None:
        text = swapped(reply, move.kind, standing_after(move, table, self.policy.firmest()))
        if text is None:
            return None
        return _Draft("teacher" if move in taught else "lookahead", text, self.student.turn_of(case, table, text))

    def _candidate(self, case: DebtCase, moment: _Moment, words: int, draft: _Draft, worth: TurnWorth) -> Candidate:
        return Candidate(
            source=draft.source,
            words=words,
            turn=draft.turn,
            reply=draft.reply,
            choice=_decision(draft.reply).kind.value,
            ending=worth.ending,
            agreed=worth.agreed,
            by_seed=worth.by_seed,
            clean=speaks(draft.turn) and self._sound(case, (*moment.said, draft.turn)),
        )

    def _sound(self, case: DebtCase, turns: tuple[Turn, ...]) -> bool:
        """Whether nothing is wrong with the last turn: protocol, limits, concessions, figures, conduct."""
        record = Negotiation(case=case, turns=turns, ending=Ending.ROUND_LIMIT, policy=self.policy)
        return all(fault.turn != len(turns) - 1 for fault in soundness(record).faults)


@dataclass(frozen=True)
class _Draft:
    source: Source
    reply: str
    turn: Turn


def _decision(reply: str) -> Decision:
    turn = read_reply(reply)
    assert turn is not None  # only such replies are kept
    return decision_of(turn)


def _before(own: Negotiation) -> list[tuple[Turn, ...]]:
    return [own.turns[:index] for index, turn in enumerate(own.turns) if turn.speaker is _CREDITOR]


def drawn(moments: list[T], number: int, seed: str) -> list[T]:
    """`number` of the moments, in their order."""
    if len(moments) <= number:
        return moments
    return [moments[index] for index in sorted(random.Random(seed).sample(range(len(moments)), number))]


def sample_seed(seed: int, sample: int) -> int:
    """Of one sample: none that another negotiation, or what is not sampled, has at the same table."""
    return seed * SAMPLES_AT_MOST + sample + 1
