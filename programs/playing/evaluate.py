"""Play a program against debtors and score what happened; the common step of compile, compare and the benchmarks.

Every program meets the same debtor with the same seed (common random numbers), so that two programs can be
compared debtor by debtor. An infrastructure failure is played again, then left unscored and counted.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic

from typing_extensions import TypeVar

from data.domain import Negotiation
from metrics.scorecard import Scorecard
from programs.kinds.kind import INFRASTRUCTURE, Kind
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.playing.executor import Executor, Program

__all__ = ["Evaluation", "Played", "Program", "broken", "evaluate", "scored_evaluation", "shared_debtors"]

Record = TypeVar("Record", default=Negotiation)
Card = TypeVar("Card", default=Scorecard)


@dataclass(frozen=True)
class Played(Generic[Record, Card]):
    """One negotiation of an evaluation, or one record of another kind (`programs.kinds`)."""

    case_id: str
    trial: int
    negotiation: Record
    scorecard: Card | None
    """None: unscored, because the infrastructure failed."""


@dataclass(frozen=True)
class Evaluation(Generic[Record, Card]):
    """All records of one program, in the order of the cases and trials."""

    played: tuple[Played[Record, Card], ...]

    @property
    def scored(self) -> int:
        """How many negotiations have a score."""
        return sum(p.scorecard is not None for p in self.played)

    @property
    def unscored(self) -> int:
        """How many were lost to infrastructure."""
        return len(self.played) - self.scored

    def cards(self) -> dict[str, list[Card]]:
        """The scored trials of each debtor who has one."""
        by_case: dict[str, list[Card]] = {}
        for p in self.played:
            if p.scorecard is not None:
                by_case.setdefault(p.case_id, []).append(p.scorecard)
        return by_case

    def values(self, name: str) -> dict[str, list[float]]:
        """`name` (a metric, an index, `objective`) per debtor: one value a scored trial that it applies to."""
        found = {
            case_id: [float(value) for card in trials if (value := getattr(card, name)) is not None]
            for case_id, trials in self.cards().items()
        }
        return {case_id: values for case_id, values in found.items() if values}

    def all_values(self, name: str) -> list[float]:
        """`name` of every scored negotiation, debtor by debtor."""
        return [value for trials in self.values(name).values() for value in trials]

    def mean(self, name: str) -> float:
        """Mean of `name` over the scored negotiations; there must be one."""
        values = self.all_values(name)
        return sum(values) / len(values)


def shared_debtors(a: Evaluation, b: Evaluation) -> list[str]:
    """Ids of the debtors on which both have a score, in the order of `a`."""
    of_b = b.cards()
    return [case_id for case_id in a.cards() if case_id in of_b]


def evaluate(
    program: Program,
    cases: Sequence[Any],
    *,
    seed: int = 0,
    trials: int = 1,
    threads: int = 1,
    retries: int = 2,
    on_played: Callable[[Any], None] | None = None,
    kind: Kind = NEGOTIATIONS,
) -> Evaluation[Any, Any]:
    """Play `program` once per case and trial, and score.

    Args:
        program: see `Program`; its model is taken from DSPy's current settings. One that was `placed` by an executor
            is played there.
        cases: the debtors.
        seed: trial t is played with seed + t, whatever the program.
        trials: negotiations per debtor.
        threads: negotiations at once; more than one helps with remote models only.
        retries: how often a negotiation that infrastructure broke is played again.
        on_played: called after each negotiation, for progress; from the calling thread.
        kind: of the program, whose metric scores.
    """
    jobs = [(case, trial) for case in cases for trial in range(trials)]
    tasks = [partial(_played, program, case, seed + trial, retries) for case, trial in jobs]
    negotiations: list[Any] = [None] * len(jobs)
    with contextlib.closing(Executor(threads).play(tasks)) as finished:
        for place, negotiation in finished:
            negotiations[place] = negotiation
            if on_played is not None:
                on_played(negotiation)
    return scored_evaluation(negotiations, (trial for _, trial in jobs), kind)


def scored_evaluation(
    negotiations: Sequence[Any], trials: Iterable[int], kind: Kind = NEGOTIATIONS
) -> Evaluation[Any, Any]:
    """Score negotiations that were played already; those that infrastructure broke stay unscored."""
    cards = kind.scored(negotiations)
    return Evaluation(
        tuple(
            Played(n.case.case_id, trial, n, card) for n, trial, card in zip(negotiations, trials, cards, strict=True)
        )
    )


def _played(program: Program, case: Any, seed: int, retries: int) -> Any:
    for _ in range(retries + 1):
        negotiation = program(case=case, seed=seed).negotiation
        if not broken(negotiation):
            break
    return negotiation


def broken(record: Any) -> bool:
    """Whether infrastructure broke it, so that it is nobody's score."""
    return bool(record.ending.value == INFRASTRUCTURE)
