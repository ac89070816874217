"""The sampling of a run: debtor by debtor, kept on the disk as it comes, inside a budget, stopped in order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import dspy

from data.book import DebtorBook
from data.domain import DebtCase
from data.frozen import Frozen
from optimizers.compiling.interrupts import interruptible
from optimizers.compiling.process import LONGEST_CALL_S
from optimizers.preferences.sampling import SamplingPlan, TableCandidates
from optimizers.runs.halt import Halted
from optimizers.spending.budget import Budget, Limits
from optimizers.spending.responses import ResponseStore
from plumbing.errors import UserError
from plumbing.files import replace_file
from plumbing.keyed_log import KeyedLog
from plumbing.locks import lock_at, try_acquire
from programs.models.accounts import Cost
from programs.playing.executor import Executor
from programs.table.failures import InfrastructureFailure

GIVE_UP_AFTER = 5
"""Debtors in a row lost to infrastructure before the run stops."""
STOPPING = "stopping: what is being answered ends, then the pairs so far are written; again to end at once"


class PreferenceConfig(Frozen):
    """What decides the candidates; another one is another run."""

    teacher: str
    """As named on the command line."""
    teacher_sha256: str
    teacher_lm: str | None
    """`programs.playing.played_store.lm_id` of the model that the teacher plays on; None where it needs none."""
    student_lm: str
    student: str = "vanilla"
    """The program whose replies are taught."""
    book_sha256: str
    playing_sha256: str
    """`programs.artifacts.playing_code.playing_code`."""
    seed: int
    plan: SamplingPlan

    @property
    def run_id(self) -> str:
        """The folder's name."""
        return f"preferences-{hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:12]}"


class SampledNegotiation(Frozen):
    """One debtor's line in the run's file."""

    case_id: str
    seed: int
    tables: tuple[TableCandidates, ...]


class TableSource(Protocol):
    """Whatever looks at the tables of a negotiation."""

    def tables(self, case: DebtCase, seed: int) -> list[TableCandidates]:
        """The candidates at each.

        Raises:
            InfrastructureFailure: a model could not be reached.
        """
        ...


@dataclass(frozen=True)
class Progress:
    """Who is told how it goes."""

    done: Callable[[SampledNegotiation, bool], None]
    """A debtor is done; whether it was found on the disk."""
    lost: Callable[[str, str], None]
    """A debtor's id, and why infrastructure lost it."""


class PreferenceRun:
    """The folder of one run: `config.json`, `tables.jsonl`, `responses.sqlite`.

    Args:
        root: folder of the runs.
        config: names the folder, so that the same command goes on where it was.
    """

    def __init__(self, root: Path, config: PreferenceConfig) -> None:
        self.path = root / config.run_id
        self.config = config
        self.tables_path = self.path / "tables.jsonl"
        self._log = KeyedLog(self.tables_path, lambda one: one.case_id, SampledNegotiation.model_validate_json)

    def known(self) -> dict[str, SampledNegotiation]:
        """What is on the disk, by case id; a torn line is owed again."""
        return {one.case_id: one for one in self._log.values()}

    def add(self, negotiation: SampledNegotiation) -> None:
        """Append one debtor's line."""
        self._log.add(negotiation, negotiation.model_dump_json().encode())

    @contextmanager
    def spending(self, limits: Limits, lms: Sequence[dspy.LM]) -> Iterator[tuple[Budget, ResponseStore]]:
        """A block whose model calls are kept, counted and capped over all sessions; Ctrl-C ends it in order.

        Raises:
            UserError: another process works on this run, or a cap cannot be kept.
        """
        replace_file(self.path / "config.json", self.config.model_dump_json(indent=1).encode())
        lock = lock_at(self.path / "leader.lock")
        if not try_acquire(lock):
            raise UserError(f"run {self.path} is being worked on by another process; wait for it")
        store = ResponseStore(self.path / "responses.sqlite", dspy.cache)
        try:
            budget = Budget(limits, store)
            budget.check_prices(set(lms))
            stop = Halted("interrupted", "the sampling was interrupted")
            with store.installed(), interruptible(lambda: None, lambda: budget.stop(stop.reason, str(stop)), STOPPING):
                try:
                    yield budget, store
                finally:
                    store.wait_for_calls(LONGEST_CALL_S)
        finally:
            store.close()
            lock.release()


def sample(
    run: PreferenceRun, sampler: TableSource, cases: Sequence[DebtCase], executor: Executor, progress: Progress
) -> tuple[list[SampledNegotiation], Halted | None]:
    """Sample all `cases`, those on the disk from there; in the order of `cases`, with why it ended early, if it did.

    Args:
        run: where they are kept, by this process alone.
        sampler: whoever looks at their tables; must pickle where the executor plays elsewhere.
        cases: training debtors.
        executor: where the tables are looked at.
        progress: told of each debtor, from this thread.

    Raises:
        UserError: the provider is gone.
    """
    found = {case_id: one for case_id, one in run.known().items() if case_id in {case.case_id for case in cases}}
    for one in found.values():
        progress.done(one, True)
    owed = [case for case in cases if case.case_id not in found]
    sampling, lost_in_a_row = _Sampling(executor.working(sampler.tables), run.config.seed), 0
    with closing(executor.play([partial(sampling.outcome, case) for case in owed])) as finished:
        for place, outcome in finished:
            if isinstance(outcome, InfrastructureFailure):
                lost_in_a_row += 1
                progress.lost(owed[place].case_id, str(outcome))
                _check_provider(lost_in_a_row, outcome)
            elif isinstance(outcome, SampledNegotiation):
                lost_in_a_row = 0
                run.add(outcome)
                found[outcome.case_id] = outcome
                progress.done(outcome, False)
    return [found[case.case_id] for case in cases if case.case_id in found], sampling.halted


class _Sampling:
    """Debtors sampled one by one, until it is halted.

    What had begun by then is heard to its end, since it may need paid answers alone; what had not is never begun.
    """

    def __init__(self, tables: Callable[[DebtCase, int], list[TableCandidates]], seed: int) -> None:
        self._tables, self._seed = tables, seed
        self.halted: Halted | None = None

    def outcome(self, case: DebtCase) -> SampledNegotiation | Halted | InfrastructureFailure:
        if self.halted is not None:
            return self.halted
        try:
            tables = tuple(self._tables(case, self._seed))
        except Halted as why:
            self.halted = self.halted or why
            return why
        except InfrastructureFailure as why:
            return why
        return SampledNegotiation(case_id=case.case_id, seed=self._seed, tables=tables)


def _check_provider(lost_in_a_row: int, why: InfrastructureFailure) -> None:
    if lost_in_a_row == GIVE_UP_AFTER:
        raise UserError(
            f"{GIVE_UP_AFTER} debtors in a row were lost because the model failed ({why}); the same command goes on "
            "where it stopped, and pays for nothing twice"
        )


def require_training(book: DebtorBook, negotiations: Sequence[SampledNegotiation]) -> None:
    """Refuse to make pairs of anyone but training debtors, whatever the run's file holds.

    Raises:
        UserError: a line is about somebody else.
    """
    training = {case.case_id for case in book.split("train")}
    if strangers := sorted({one.case_id for one in negotiations} - training):
        raise UserError(
            f"{', '.join(strangers[:5])} of the sampled debtors are no training debtors of {book.source}; no pairs "
            "were written, since validation and held-out debtors must stay unseen"
        )


def paid(store: ResponseStore) -> Cost:
    """What the run has paid so far, every role together."""
    return sum(store.totals().values(), Cost())
