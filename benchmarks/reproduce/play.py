"""Plays what the reproduction table still lacks, one debtor after another, and remembers what each negotiation cost."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path

import dspy

from data.domain import DebtCase, Ending, Negotiation
from data.frozen import Frozen
from data.spoken_with import spoken_with
from plumbing.bars import PhaseBars
from plumbing.errors import UserError
from plumbing.keyed_log import KeyedLog
from programs.models.accounts import CostAccount
from programs.playing.contestants import Contestant
from programs.playing.executor import Executor
from programs.playing.played_store import evaluate_with_store, owed
from programs.playing.stage import GIVE_UP_AFTER, Stage


@dataclass(frozen=True)
class TableRow:
    """A contestant of the table, and what is spoken where it plays."""

    contestant: Contestant
    language: str | None = None
    """One of `wording.LANGUAGES`; None: what each case says, else English."""

    @property
    def label(self) -> str:
        """`maden`, or `maden:zh`."""
        return f"{self.contestant.label}:{self.language}" if self.language else self.contestant.label

    def meets(self, case: DebtCase) -> DebtCase:
        """The debtor whom this row negotiates with: the same one in every row, but for the language."""
        return case if self.language is None else spoken_with(case, self.language)


class PlaySpending(Frozen):
    """What one negotiation cost when it was played."""

    calls: int
    """Calls that the model answered."""
    cached_calls: int
    """Calls answered from DSPy's cache: another row had asked the same, or a stopped run had."""
    seconds: float
    """On the wall clock."""
    lost: str | None = None
    """Why infrastructure broke it, after all retries; it is owed still."""


class CostBook:
    """A file beside the played negotiations with the cost of each, one JSON line; safe for two processes at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log: KeyedLog[tuple[str, PlaySpending]] = KeyedLog(path, itemgetter(0), _cost, later_stands=True)

    def add(self, key: str, spent: PlaySpending) -> None:
        """Append what the negotiation stored under `key` cost.

        Raises:
            OSError: it cannot be written.
        """
        line = json.dumps({"key": key, "spent": spent.model_dump(exclude_none=True)})
        self._log.add((key, spent), line.encode())

    def read(self) -> dict[str, PlaySpending]:
        """The latest entry of every key."""
        return dict(self._log.values())


def _cost(line: bytes) -> tuple[str, PlaySpending]:
    entry = json.loads(line)
    return entry["key"], PlaySpending.model_validate(entry["spent"])


def costs_of(stage: Stage) -> CostBook:
    """The cost book beside the stage's store."""
    return CostBook(stage.store.path.with_name("costs.jsonl"))


def stored(stage: Stage, row: TableRow) -> tuple[dict[str, Negotiation], dict[str, PlaySpending]]:
    """A row's negotiations, by whichever process played them, and their known cost; by debtor."""
    ground, costs = stage.ground(row.contestant), costs_of(stage).read()
    keys = {case.case_id: ground.key(row.meets(case), stage.seed) for case in stage.cases}
    found = {case_id: stage.store.get(key) for case_id, key in keys.items()}
    negotiations = {case_id: negotiation for case_id, negotiation in found.items() if negotiation is not None}
    return negotiations, {case_id: costs[key] for case_id, key in keys.items() if key in costs}


def play_missing(
    stage: Stage, rows: Sequence[TableRow], bars: PhaseBars | None = None, executor: Executor | None = None
) -> None:
    """Play what is owed: every row against the first debtor, then every one against the second, and so on.

    A run that is stopped leaves the rows with the same debtors, but for those it was at. Without `bars` it is silent,
    without an `executor` it plays in this thread.

    Raises:
        UserError: a model does not answer, or failed in several negotiations in a row; what was played is kept.
    """
    todo = [(case, row) for case in stage.cases for row in rows if _owed(stage, row, case)]
    if not todo:
        return
    stage.check_models([row.contestant for row in rows])
    if bars is not None:
        bars.phase("playing", len(todo))
    clock, lost, executor = _Clock([row.label for _, row in todo]), 0, executor or Executor()
    tasks = [partial(_played, stage, row, case, executor) for case, row in todo]
    with (
        dspy.context(lm=stage.creditor_lm) if stage.creditor_lm else contextlib.nullcontext(),
        contextlib.closing(executor.play(tasks)) as finished,
    ):
        for place, (negotiation, spent) in finished:
            case, row = todo[place]
            lost = lost + 1 if spent.lost is not None else 0
            if lost >= GIVE_UP_AFTER:
                raise UserError(
                    f"the model failed in {lost} negotiations in a row ({spent.lost}); "
                    "what was played is kept, run the same command again to go on"
                )
            clock.done(row.label, spent.seconds)
            if bars is not None:
                bars.advance(f"{row.label} {case.case_id}: {negotiation.ending}, {spent.seconds:.1f} s, {clock.left()}")


def _played(stage: Stage, row: TableRow, case: DebtCase, executor: Executor) -> tuple[Negotiation, PlaySpending]:
    """One negotiation, left in the store unless infrastructure broke it, with its cost in the cost book."""
    one, case = row.contestant, row.meets(case)
    ground, account, start = stage.ground(one), CostAccount(), time.perf_counter()
    with account.watching() if one.needs_lm else contextlib.nullcontext():
        evaluation = evaluate_with_store(
            one.program, [case], ground=ground, store=stage.store, seed=stage.seed, executor=executor
        )
    negotiation, total = evaluation.played[0].negotiation, account.total
    broken = negotiation.ending is Ending.INFRASTRUCTURE
    spent = PlaySpending(
        calls=total.calls,
        cached_calls=total.cached_calls,
        seconds=time.perf_counter() - start,
        lost=(negotiation.failure or "infrastructure failure") if broken else None,
    )
    costs_of(stage).add(ground.key(case, stage.seed), spent)
    return negotiation, spent


def _owed(stage: Stage, row: TableRow, case: DebtCase) -> bool:
    return owed(stage.ground(row.contestant), [row.meets(case)], stage.store, seed=stage.seed) > 0


class _Clock:
    """Time left, from what this run's negotiations took, row by row, since a judge doubles the calls."""

    def __init__(self, labels: Sequence[str]) -> None:
        self._left = {label: labels.count(label) for label in labels}
        self._took: dict[str, list[float]] = {label: [] for label in labels}

    def done(self, label: str, seconds: float) -> None:
        self._left[label] -= 1
        self._took[label].append(seconds)

    def left(self) -> str:
        everything = [seconds for took in self._took.values() for seconds in took]
        seconds = sum(self._left[label] * _mean(took or everything) for label, took in self._took.items())
        return f"{int(seconds) // 3600}:{int(seconds) % 3600 // 60:02d}:{int(seconds) % 60:02d} left"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
