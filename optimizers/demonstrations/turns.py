"""The turns of a played negotiation as possible demonstrations: which model call made each, its phase, what it gained.

DSPy's bootstrap keeps one call at random of all that a predictor made in a dialogue. Here each call is tied to the turn
that left the table, so that a demonstration can be chosen for what it achieved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import dspy

from data.domain import Ending, MoveKind, Negotiation, Speaker, Turn
from data.steps import claimed
from data.terms import Terms
from metrics.forgone import forgone
from metrics.money.valuation import creditor_value
from optimizers.demonstrations.guessed import AS_GOOD, unguessed
from optimizers.runs.task import CompileTask
from programs.creditor.choosing.option_seat import TAKEN_INSTEAD
from programs.creditor.choosing.pick_judge import FOR_A_REASON
from programs.creditor.fingerprints import predictors
from programs.kinds.known import kind_of
from programs.kinds.negotiation_kind import NEGOTIATIONS, NEGOTIATOR, PLANNER, SPEAKER
from programs.playing.evaluate import evaluate
from programs.playing.executor import Executor, Sample
from programs.table import words
from programs.table.runner import CreditorSeat, TableState, play
from signatures.options import OptionPick

DISCLOSURE_BONUS = 0.02
"""What a newly stated figure or reason adds to a turn's gain, in the creditor's value: about one step down in the
middle of a ladder (median 0.017 on the embedded model), so that a good question is worth a step and no more."""
UNCLEAN = 0.9
"""Share of its worth that a demonstration keeps if it shows words that were cut, or a choice without effect."""
HARD_PICK = 0.5
"""What is added to a pick's weight where nobody would have guessed it: one that anybody would teaches nothing."""
_WHOLE_TRACE = 10**6


class Phase(StrEnum):
    """Where in a negotiation a call belongs."""

    PLANNING = "planning"
    """The planner's call."""
    OPENING = "opening"
    """The first creditor turn."""
    PROBING = "probing"
    """The offer is held, perhaps with a question."""
    CONCEDING = "conceding"
    """The terms give way."""
    CLOSING = "closing"
    """It accepted, or the debtor accepted it."""


@dataclass(frozen=True)
class PredictorCall:
    """One answered call of a predictor."""

    predictor: str
    """Its DSPy name, such as `negotiator.predict`."""
    inputs: dict[str, Any]
    outputs: dict[str, Any]


@dataclass(frozen=True)
class Recorded:
    """A negotiation and the calls behind it."""

    negotiation: Any
    """Or the record of another kind of program (`programs.kinds`)."""
    calls: tuple[tuple[PredictorCall, ...], ...]
    """One entry per creditor turn, in order; of another kind's record one entry."""
    objective: float = 0.0


@dataclass(frozen=True)
class Demonstration:
    """A call that may be shown to its predictor, and what is known of it."""

    predictor: str
    case_id: str
    number: int
    """Of the creditor turn, from 1."""
    phase: str
    """A `Phase`, or what else the demonstrations of a kind are to cover."""
    choice: str
    """What was chosen: hold, step_down, accept; ask, accept, reject; first plan, new plan."""
    gain: float
    """See `turn_gain`; of a plan the objective of the whole."""
    objective: float
    """Of the negotiation, 0..1."""
    clean: bool
    """At least half of the model's words could be said, and its choice describes what happened."""
    example: dspy.Example

    weight: float = 1.0
    """How much it is worth to show it, whatever it gained."""

    @property
    def worth(self) -> float:
        """Objective of the whole, raised or lowered by what this turn gained; less where it is not clean."""
        return self.weight * self.objective * (1 + self.gain) * (1 if self.clean else UNCLEAN)


class RecordingSeat:
    """A creditor's seat that notes which calls each of its turns took (`programs.table.CreditorSeat`).

    Args:
        seat: the program's.
        trace: DSPy's trace of this negotiation, as (predictor, inputs, outputs).
        names: the program's predictors by `id`.
    """

    def __init__(self, seat: CreditorSeat, trace: list[tuple[Any, Any, Any]], names: dict[int, str]) -> None:
        self.seat, self.trace, self.names = seat, trace, names
        self.calls: list[tuple[PredictorCall, ...]] = []

    @property
    def ladder(self) -> tuple[Terms, ...]:
        """The seat's ladder."""
        return self.seat.ladder

    @ladder.setter
    def ladder(self, ladder: tuple[Terms, ...]) -> None:
        self.seat.ladder = ladder

    def next_turn(self, table: TableState) -> Turn:
        """The seat's next turn; its failures pass."""
        before = len(self.trace)
        turn = self.seat.next_turn(table)
        self.calls.append(
            tuple(
                PredictorCall(self.names[id(predictor)], dict(inputs), dict(outputs))
                for predictor, inputs, outputs in self.trace[before:]
            )
        )
        return turn


def recorded(
    program: Any, case: Any, seed: int, executor: Executor | None = None, sample: Sample | None = None
) -> Recorded:
    """Play one negotiation as `program(case=case, seed=seed)` does, and keep the calls behind each turn.

    Args:
        program, case, seed: of the negotiation.
        executor: lets the calls be made where it plays; None: they are made here.
        sample: how the calls are sampled around this, for the executor.
    """
    if executor is not None and (lost := executor.rehearsed(program, case, seed, sample)) is not None:
        return Recorded(lost, ())
    trace: list[tuple[Any, Any, Any]] = []
    names = {id(predictor): name for name, predictor in predictors(program).items()}
    with dspy.context(trace=trace, max_trace_size=_WHOLE_TRACE):
        if kind_of(program) is not NEGOTIATIONS:
            record = program(case=case, seed=seed).negotiation
            calls = tuple(PredictorCall(names[id(one)], dict(given), dict(made)) for one, given, made in trace)
            return Recorded(record, (calls,))
        seat = RecordingSeat(program.seat(case.creditor_view(), seed), trace, names)
        negotiation = play(case, seat, program.debtors(case, seed), program.settings.policy, seed)
    return Recorded(negotiation, tuple(seat.calls))


def play_training(task: CompileTask) -> list[Recorded]:
    """Every training negotiation of the task's program with its calls, in the seed's order; unscored ones left out.

    Played through the run's player; what was paid before is answered from the run's responses.

    Raises:
        Halted: a cap was reached, or someone stopped the run.
    """
    found: dict[str, Recorded] = {}

    def playing(case: Any, seed: int) -> SimpleNamespace:
        found[case.case_id] = recorded(task.program, case, seed, task.player.executor)
        return SimpleNamespace(negotiation=found[case.case_id].negotiation)

    def once(case: Any, seed: int) -> SimpleNamespace:
        negotiation = task.player.play(task.program, case, seed, fresh=True, playing=playing)
        return SimpleNamespace(negotiation=negotiation)

    cases = [example.case for example in task.trainset()]
    evaluation = evaluate(once, cases, seed=task.seed, threads=task.player.threads, retries=0, kind=task.kind)
    return [
        Recorded(p.negotiation, found[p.case_id].calls, p.scorecard.objective)
        for p in evaluation.played
        if p.scorecard is not None
    ]


def demonstrations(played: Recorded) -> list[Demonstration]:
    """The calls of a negotiation that may be shown: the useful plans, and of each turn the draft that went out.

    Not the drafts that were sent back, replaced by a held offer or repaired by the guard, nor those whose choice code
    carried out as another one: they would teach what did not happen. Nor those that came back from the judge unchanged.
    """
    found: list[Demonstration] = []
    planned = 0
    creditor = [i for i, turn in enumerate(played.negotiation.turns) if turn.speaker is Speaker.CREDITOR]
    for number, (index, calls) in enumerate(zip(creditor, played.calls, strict=True), start=1):
        for call in _last_of(calls, PLANNER):
            planned += 1
            found += _plan(played, number, call, "first plan" if planned == 1 else "new plan")
        drafts = [call for call in calls if call.predictor == NEGOTIATOR]
        if drafts and not any(_same_choice(draft, drafts[-1]) for draft in drafts[:-1]):
            found += _turn(played, number, index, drafts[-1])
        for call in _last_of(calls, SPEAKER):
            found += _words(played, number, index, call)
    return found


def phase_of(negotiation: Negotiation, index: int) -> Phase:
    """The phase of the creditor turn at `index` of the record."""
    own, after = _standing(negotiation, Speaker.CREDITOR, index)
    if index == 0 or own is None:
        return Phase.OPENING
    if _closes(negotiation, index):
        return Phase.CLOSING
    return Phase.CONCEDING if after is not None and after.softer_in(own) else Phase.PROBING


def turn_gain(negotiation: Negotiation, index: int, objective: float) -> float:
    """What the creditor turn at `index` gained, in the creditor's value (`metrics.money.valuation`, 0..1).

    The value that the debtor's next move added to their standing offer, less the value that the turn gave away, and
    `DISCLOSURE_BONUS` for each thing that the debtor then stated for the first time. A turn that closed the deal gains
    `objective`; one after which the debtor left loses the value of the offer that stood.
    """
    if _closes(negotiation, index):
        return objective
    own = _values(negotiation, Speaker.CREDITOR, index, index + 1)
    if negotiation.ending is Ending.WALKED_AWAY and index + 2 >= len(negotiation.turns):
        return -(own[1] or 0.0)
    theirs = _values(negotiation, Speaker.DEBTOR, index, index + 2)
    return _rise(*theirs) + _rise(*own) + DISCLOSURE_BONUS * len(_newly_stated(negotiation.turns, index))


def _plan(played: Recorded, number: int, call: PredictorCall, choice: str) -> list[Demonstration]:
    if "plan" in call.outputs:  # a course among computed packages
        choice = f"{choice}, {call.outputs['plan'].course}"
        return [_demonstration(played, number, call, Phase.PLANNING, choice, played.objective, clean=True)]
    strategy = call.outputs["strategy"]
    if not strategy.floor.terms().softer_in(strategy.opening.terms()):  # a plan with nothing to give is replaced
        return []
    return [_demonstration(played, number, call, Phase.PLANNING, choice, played.objective, clean=True)]


def _turn(played: Recorded, number: int, index: int, call: PredictorCall) -> list[Demonstration]:
    if "pick" in call.outputs:
        return _pick(played, number, index, call)
    negotiation, answer = played.negotiation, call.outputs["turn"]
    turn = negotiation.turns[index]
    own, after = _standing(negotiation, Speaker.CREDITOR, index)
    done = _done(turn, own, after)
    opens = own is None and answer.choice != "accept"  # on a ladder any choice opens with the first rung
    terms = getattr(answer, "terms", None)
    other_terms = turn.move.kind is MoveKind.ASK and terms is not None and terms.terms() != after
    if turn.proposed is not None or other_terms or not (answer.choice in done or opens):
        return []
    gain = turn_gain(negotiation, index, played.objective)
    said = words.spoken_part(answer.message, call.inputs["dialogue"])
    clean = answer.choice in done and len(said) >= len(answer.message) / 2
    return [_demonstration(played, number, call, phase_of(negotiation, index), answer.choice, gain, clean=clean)]


def _pick(played: Recorded, number: int, index: int, call: PredictorCall) -> list[Demonstration]:
    """A pick that is worth as much as the best option, or that a judge let pass for its reason."""
    negotiation, turn = played.negotiation, played.negotiation.turns[index]
    answer: OptionPick = call.outputs["pick"]
    given_up = forgone(turn)
    if given_up is None or TAKEN_INSTEAD in turn.notes or (given_up > AS_GOOD and FOR_A_REASON not in turn.notes):
        return []
    gain = turn_gain(negotiation, index, played.objective)
    phase, choice = phase_of(negotiation, index), f"{turn.move.kind.value} {answer.choice}"
    made = _demonstration(played, number, call, phase, choice, gain, clean=True)
    return [replace(made, weight=1 + HARD_PICK * unguessed(call.inputs["options"]))]


def _words(played: Recorded, number: int, index: int, call: PredictorCall) -> list[Demonstration]:
    """Words that were said as they were written."""
    negotiation, reply = played.negotiation, call.outputs["words"].reply.strip()
    if not reply or reply not in negotiation.turns[index].dialogue:
        return []
    gain, phase = turn_gain(negotiation, index, played.objective), phase_of(negotiation, index)
    return [_demonstration(played, number, call, phase, call.inputs["our_step"], gain, clean=True)]


def _demonstration(
    played: Recorded, number: int, call: PredictorCall, phase: Phase, choice: str, gain: float, *, clean: bool
) -> Demonstration:
    example = dspy.Example(augmented=True, **call.inputs, **call.outputs)  # as DSPy's bootstrap makes them
    case_id = played.negotiation.case.case_id
    return Demonstration(call.predictor, case_id, number, phase, choice, gain, played.objective, clean, example)


def _done(turn: Turn, own: Terms | None, after: Terms | None) -> set[str]:
    """The choices that describe what left the table: the move's kind, and on a ladder hold or step down."""
    if turn.move.kind is not MoveKind.ASK:
        return {turn.move.kind.value}
    gave = own is not None and after is not None and after.softer_in(own)
    return {"ask", "step_down" if gave else "hold"}


def _same_choice(a: PredictorCall, b: PredictorCall) -> bool:
    if "pick" in a.outputs:
        return bool(a.outputs["pick"].choice == b.outputs["pick"].choice)
    first, second = a.outputs["turn"], b.outputs["turn"]
    return (first.choice, getattr(first, "terms", None)) == (second.choice, getattr(second, "terms", None))


def _last_of(calls: Sequence[PredictorCall], predictor: str) -> list[PredictorCall]:
    return [call for call in calls if call.predictor == predictor][-1:]


def _closes(negotiation: Negotiation, index: int) -> bool:
    return any(turn.move.kind is MoveKind.ACCEPT for turn in negotiation.turns[index : index + 2])


def _standing(negotiation: Negotiation, speaker: Speaker, index: int) -> tuple[Terms | None, Terms | None]:
    """`speaker`'s package before and after the turn at `index`."""
    return negotiation.standing(speaker, index), negotiation.standing(speaker, index + 1)


def _values(negotiation: Negotiation, speaker: Speaker, *positions: int) -> list[float | None]:
    standing = [negotiation.standing(speaker, position) for position in positions]
    return [None if terms is None else creditor_value(terms, negotiation.policy) for terms in standing]


def _rise(before: float | None, after: float | None) -> float:
    return 0.0 if before is None or after is None else after - before


def _newly_stated(turns: Sequence[Turn], index: int) -> set[str]:
    """What the answer to the turn at `index` disclosed and no earlier one had."""
    before, after = (claimed(turns[:position]).model_dump(exclude_none=True) for position in (index + 1, index + 2))
    return set(after) - set(before)
