"""A compile task for tests of single strategies: a run's folder, a player, and a watcher that keeps what it hears."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import dspy

from data.domain import DebtCase, Turn
from optimizers.compile_config import CompileConfig, StrategySettings
from optimizers.runs.folder import RunFolder
from optimizers.runs.ledger import LedgerLine
from optimizers.runs.player import Player
from optimizers.runs.task import CompileTask
from programs.creditor.settings import ProgramSettings
from programs.debtor.simulated import SimulatedDebtor
from programs.maden import DebtorFactory, Maden
from programs.playing.executor import Executor


class Heard:
    """A watcher that keeps what it is told."""

    def __init__(self) -> None:
        self.lines: list[LedgerLine] = []
        self.reused = 0
        self.candidates: list[tuple[str, str, float, int]] = []
        self.phases: list[str] = []
        self.losses: list[str] = []

    def phase(self, name: str, negotiations: int) -> None:
        self.phases.append(name)

    def played(self, line: LedgerLine, *, reused: bool) -> None:
        self.lines.append(line)
        self.reused += reused

    def turn(self, case_id: str, turn: Turn) -> None:
        pass

    def lost(self, case_id: str, failure: str) -> None:
        self.losses.append(case_id)

    def candidate(self, sha256: str, words: str, mean: float, debtors: int) -> None:
        self.candidates.append((sha256, words, mean, debtors))


def compile_task(
    folder: Path,
    lm: dspy.LM,
    train: Sequence[DebtCase],
    val: Sequence[DebtCase] = (),
    *,
    threshold: float = 0.2,
    seed: int = 0,
    threads: int = 1,
    executor: Executor | None = None,
    program: Maden | None = None,
    debtors: DebtorFactory = SimulatedDebtor,
    **settings: object,
) -> CompileTask:
    """A task whose run lies under `folder`; the watcher is `task.player.watcher`."""
    run = RunFolder.begin(folder, CompileConfig(), {})
    player = Player(run, lm, debtors, "simulated", Heard(), executor or Executor(threads))
    return CompileTask(
        program or Maden(ProgramSettings(), debtors),
        tuple(train),
        tuple(val),
        lm,
        lm,
        threshold,
        player,
        StrategySettings(**{"gepa_negotiations": 8, **settings}),
        seed,
    )
