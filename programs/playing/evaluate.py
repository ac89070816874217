"""Play a program against debtors and score what happened; the common step of compile, compare and the benchmarks.

Every program meets the same debtor with the same seed (common random numbers), so that two programs can be
compared debtor by debtor. An infrastructure failure is played again, then left unscored and counted.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from data.domain import DebtCase, Ending, Negotiation
from metrics.evaluator import score_many
from metrics.scorecard import Scorecard

Program = Callable[..., Any]
"""Called as `program(case=DebtCase, seed=int)`; the result has a `negotiation`. Any `Maden`, any baseline."""


@dataclass(frozen=True)
class Played:
    """One negotiation of an evaluation."""

    case_id: str
    trial: int
    negotiation: Negotiation
    scorecard: Scorecard | None
    """None: unscored, because the infrastructure failed."""


@dataclass(frozen=True)
class Evaluation:
    """All negotiations of one program, in the order of the cases and trials."""

    played: tuple[Played, ...]

    @property
    def scored(self) -> int:
        """How many negotiations have a score."""
        return sum(p.scorecard is not None for p in self.played)

    @property
    def unscored(self) -> int:
        """How many were lost to infrastructure."""
        return len(self.played) - self.scored

    def cards(self) -> dict[str, list[Scorecard]]:
        """The scored trials of each debtor who has one."""
        by_case: dict[str, list[Scorecard]] = {}
        for p in self.played:
            if p.scorecard is not None:
                by_case.setdefault(p.case_id, []).append(p.scorecard)
        return by_case

    def values(self, name: str) -> dict[str, list[float]]:
        """`name` (a metric, an index, `objective`) per debtor: one value a scored trial."""
        return {case_id: [float(getattr(card, name)) for card in trials] for case_id, trials in self.cards().items()}

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
    cases: Sequence[DebtCase],
    *,
    seed: int = 0,
    trials: int = 1,
    threads: int = 1,
    retries: int = 2,
    on_played: Callable[[Negotiation], None] | None = None,
) -> Evaluation:
    """Play `program` once per case and trial, and score.

    Args:
        program: see `Program`; its model is taken from DSPy's current settings.
        cases: the debtors.
        seed: trial t is played with seed + t, whatever the program.
        trials: negotiations per debtor.
        threads: negotiations at once; more than one helps with remote models only.
        retries: how often a negotiation that infrastructure broke is played again.
        on_played: called after each negotiation, for progress; from the calling thread.
    """
    jobs = [(case, trial) for case in cases for trial in range(trials)]
    if threads > 1 and len(jobs) > 1:
        negotiations = _parallel(program, jobs, seed, threads, retries, on_played)
    else:
        negotiations = []
        for case, trial in jobs:
            negotiations.append(_played(program, case, seed + trial, retries))
            if on_played is not None:
                on_played(negotiations[-1])
    return scored_evaluation(negotiations, (trial for _, trial in jobs))


def scored_evaluation(negotiations: Sequence[Negotiation], trials: Iterable[int]) -> Evaluation:
    """Score negotiations that were played already; those that infrastructure broke stay unscored."""
    scorable = [n for n in negotiations if n.ending is not Ending.INFRASTRUCTURE]
    cards = iter(score_many(scorable) if scorable else ())
    return Evaluation(
        tuple(
            Played(n.case.case_id, trial, n, None if n.ending is Ending.INFRASTRUCTURE else next(cards))
            for n, trial in zip(negotiations, trials, strict=True)
        )
    )


def _played(program: Program, case: DebtCase, seed: int, retries: int) -> Negotiation:
    for _ in range(retries + 1):
        negotiation: Negotiation = program(case=case, seed=seed).negotiation
        if negotiation.ending is not Ending.INFRASTRUCTURE:
            break
    return negotiation


def _parallel(
    program: Program,
    jobs: Sequence[tuple[DebtCase, int]],
    seed: int,
    threads: int,
    retries: int,
    on_played: Callable[[Negotiation], None] | None,
) -> list[Negotiation]:
    """As the plain loop, in a pool; each job gets a copy of the caller's context, where DSPy keeps its settings."""
    with ThreadPoolExecutor(max_workers=threads) as pool:
        futures = {
            pool.submit(contextvars.copy_context().run, _played, program, case, seed + trial, retries): index
            for index, (case, trial) in enumerate(jobs)
        }
        try:
            for future in as_completed(futures):
                negotiation = future.result()  # what one job raises ends all of them now, not after the last
                if on_played is not None:
                    on_played(negotiation)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        return [future.result() for future in futures]
