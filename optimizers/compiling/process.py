"""One process's work on a run: its answers, budget, watchers and player put together around a session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import dspy

from optimizers.compiling.final_report import show_outcome
from optimizers.compiling.interrupts import interruptible
from optimizers.compiling.session import CompileOutcome, Session, joined, run
from optimizers.compiling.summary import write_summary
from optimizers.runs.folder import RunFolder
from optimizers.runs.halt import Halted
from optimizers.runs.player import Player
from optimizers.spending.budget import Budget, Limits
from optimizers.spending.responses import ResponseStore
from optimizers.watching.log import LogWatcher
from optimizers.watching.mlflow import MlflowWatcher
from optimizers.watching.terminal import BarsWatcher
from optimizers.watching.watchers import RunWatcher, Watchers
from programs.artifacts.store import ROOT as ARTIFACTS
from programs.playing.placing import Place

LONGEST_CALL_S = 150.0
"""What is being answered when a compile ends is waited for so long; a remote call's own limit is 120 s."""
STOPPING = "stopping: what is being answered ends, then the best candidate so far is saved; again to end at once"


@dataclass(frozen=True)
class Work:
    """How a run is worked off here; none of it changes what comes of it, so it is no part of the configuration."""

    limits: Limits = field(default_factory=Limits)
    place: Place = field(default_factory=Place)
    """Where its negotiations are played."""
    artifacts: Path = ARTIFACTS
    log_json: Path | None = None
    mlflow: str | None = None
    """URI of an MLflow server."""


def lead(folder: RunFolder, session: Session, work: Work) -> CompileOutcome:
    """Run a session to its end, or until it is halted, and write its summary.

    Raises:
        UserError: another process leads this run, a cap cannot be kept, or too little could be scored.
        Halted: it was interrupted before there was anything to save.
    """
    with folder.leading(), _player(folder, session, work) as (player, store, budget, watcher):
        watcher.begun(folder.run_id, session.config)
        outcome = run(session, player, work.artifacts, store.totals)
        watcher.finished(outcome.artifact, str(outcome.halted) if outcome.halted else None)
        costs, spent = store.totals(), budget.spent
        write_summary(folder, outcome, costs, budget.session_seconds, player.unscored)
    show_outcome(outcome, folder.config, costs, spent.minutes)
    return outcome


def join(folder: RunFolder, session: Session, work: Work) -> None:
    """Help the process that leads this run, until nothing is left to do; saves nothing.

    Raises:
        UserError: the run is not far enough, or its strategy takes no further workers.
        Halted: a cap was reached, or this process was interrupted; the run itself goes on.
    """
    with _player(folder, session, work) as (player, *_):
        joined(session, player)


@contextmanager
def _player(
    folder: RunFolder, session: Session, work: Work
) -> Iterator[tuple[Player, ResponseStore, Budget, RunWatcher]]:
    """A player for the run, and what stands around it; interruptible as long as the block runs."""
    store = ResponseStore(folder.responses_path, dspy.cache)
    with closing(store), work.place.executor() as executor:
        budget = Budget(work.limits, store)
        budget.check_prices({session.lm, session.prompt_lm})
        watcher = Watchers(_watchers(session, work, budget))
        player = Player(
            folder,
            session.lm,
            session.outside,
            session.debtor,
            watcher,
            executor,
            lambda: budget.halted,
            session.kind,
        )
        why = Halted("interrupted", "the compile was interrupted")
        with (
            watcher,
            store.installed(),
            interruptible(lambda: player.halt(why), lambda: budget.stop(why.reason, str(why)), STOPPING),
        ):
            try:
                yield player, store, budget, watcher
            finally:
                store.wait_for_calls(LONGEST_CALL_S)


def _watchers(session: Session, work: Work, budget: Budget) -> list[RunWatcher]:
    watchers: list[RunWatcher] = [
        BarsWatcher(lambda: budget.spent, work.limits, session.negotiations, words=session.kind.words)
    ]
    if work.log_json is not None:
        watchers.append(LogWatcher(work.log_json))
    if work.mlflow is not None:
        watchers.append(MlflowWatcher(work.mlflow))
    return watchers
