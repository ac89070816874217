"""A small search with a planted best, as a process of its own: `python -m tests.optimizers.searcher` and the arguments
FOLDER, LATENCY_S, TRIALS and, to help another one, "work".

Prints how many negotiations this process played itself, and of the leader's program the hash.
"""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import dspy

from data.domain import CreditorPolicy
from optimizers.compile_config import CompileConfig, StrategySettings
from optimizers.registry import compile_with, work_with
from optimizers.runs.folder import RunFolder
from optimizers.runs.player import Player
from optimizers.runs.task import CompileTask
from programs.creditor.settings import ProgramSettings
from programs.maden import Maden
from tests.optimizers.tasks import Heard
from tests.programs.cases import random_cases
from tests.programs.players import playing, turn

CASES = random_cases(12)
TRAIN, VAL = tuple(CASES[:8]), tuple(CASES[8:])
PLANTED = "keep the pace"
"""Of the written instructions: the only one with which this model ever steps down."""
MARK = "Choose step_down in every round"
SIZES = {"max_demos": 1, "candidates": 2, "trials": 10, "finalists": 2, "screened": 0, "library": False}
SHORT = CreditorPolicy(round_limit=6)


def firm(prompt: str) -> dict:
    """Steps down where the planted instruction asks it to, else holds and gets no agreement."""
    return turn("step_down" if MARK in prompt else "hold")


def program() -> Maden:
    """Without a judge and with few rounds, so that a test plays fast; its ladder leads to the floor in time."""
    return Maden(ProgramSettings(variant="planned", policy=SHORT, rungs=5))


def search_task(folder: RunFolder, lm: dspy.LM, *, seed: int = 0, **settings: object) -> CompileTask:
    """A session on `folder`; its watcher is `task.player.watcher`."""
    base = program()
    player = Player(folder, lm, base.debtors, "simulated", Heard())
    return CompileTask(base, TRAIN, VAL, lm, lm, 0.2, player, StrategySettings(**{**SIZES, **settings}), seed)


def run_folder(root: Path) -> RunFolder:
    """The run `root/run`, begun by whoever comes first."""
    if (root / "run" / "run.json").exists():
        return RunFolder.open(root, "run")
    return RunFolder.begin(root, CompileConfig(), {}, "run")


def sha256(made: Maden) -> str:
    """Of the program."""
    return made.sha256


def played(task: CompileTask) -> int:
    """Negotiations that this session played itself; those that it took from the ledger are not among them."""
    heard = task.player.watcher
    return len(heard.lines) - heard.reused


def main() -> None:
    lm = playing(firm, latency_s=float(sys.argv[2]))
    task = search_task(run_folder(Path(sys.argv[1])), lm)
    task = dataclasses.replace(task, settings=task.settings.model_copy(update={"trials": int(sys.argv[3])}))
    if sys.argv[4:] == ["work"]:
        work_with("search", task)
        print(played(task))
    else:
        made = compile_with("search", task)
        print(played(task), sha256(made))


if __name__ == "__main__":
    main()
