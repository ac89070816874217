"""The arms of the demonstrations benchmark: one program taught by random turns, one by chosen turns, one by none."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import dspy

from data.book import DebtorBook
from data.domain import DebtCase, Turn
from data.frozen import Frozen
from optimizers.compile_config import CompileConfig, StrategySettings
from optimizers.compiling.compile_provenance import facts_of
from optimizers.demonstrations.choosing import estimated_tokens
from optimizers.registry import compile_with
from optimizers.runs.folder import RunFolder
from optimizers.runs.halt import Halted
from optimizers.runs.ledger import LedgerLine
from optimizers.runs.player import Player
from optimizers.runs.task import LEAST_THRESHOLD, CompileTask
from plumbing.bars import PhaseBars
from plumbing.errors import UserError
from programs.creditor.fingerprints import predictors
from programs.debtor.simulated import SimulatedDebtor
from programs.maden import Maden
from programs.models import make as models

UNCOMPILED, RANDOM_TURN, TURN_AWARE = "uncompiled", "random-turn", "turn-aware"


class Taught(Frozen):
    """What an arm's program is shown, and from what."""

    name: str
    fingerprint: str
    demos: dict[str, int]
    """By predictor."""
    tokens: dict[str, int]
    """Estimated, of these demonstrations, by predictor."""
    train_played: int
    """Training debtors whose negotiations it looked at; DSPy's bootstrap stops when it has enough."""
    threshold: float
    """Mean objective of the training negotiations, from which one may be shown."""


@dataclass(frozen=True)
class Arm:
    """A program to be met, and what is to be said of it."""

    taught: Taught
    program: Maden


class _Told:
    """A watcher that moves a bar on and keeps which debtors were played."""

    def __init__(self, bars: PhaseBars) -> None:
        self.bars = bars
        self.played_ids: set[str] = set()

    def phase(self, name: str, negotiations: int) -> None:
        self.bars.phase(name, negotiations)

    def played(self, line: LedgerLine, *, reused: bool) -> None:
        self.played_ids.add(line.case_id)
        self.bars.advance(f"{line.case_id}: {line.ending}, {line.score:.3f}")

    def turn(self, case_id: str, turn: Turn) -> None:
        """Nothing: a bar of negotiations shows no single turn."""

    def lost(self, case_id: str, failure: str) -> None:
        self.bars.advance(f"{case_id}: lost ({failure})")

    def candidate(self, sha256: str, words: str, mean: float, debtors: int) -> None:
        """Nothing: no candidate is evaluated here."""


def taught_arms(
    program: Maden,
    train: tuple[DebtCase, ...],
    book: DebtorBook,
    lm: dspy.LM,
    max_demos: int,
    seed: int,
    runs: Path,
    bars: PhaseBars,
) -> list[Arm]:
    """The three arms of one seed; the training debtors are played once for all of them.

    The random-turn arm, DSPy's bootstrap, is compiled first; the turn-aware one may then show no more demonstrations
    per predictor than that one found.

    Raises:
        UserError: a training negotiation was lost to infrastructure, or none is worth showing.
    """
    player = Player(_folder(program, book, lm, len(train), seed, runs), lm, SimulatedDebtor, "simulated", _Told(bars))
    threshold = max(LEAST_THRESHOLD, _mean_score(player, program, train, seed))

    def arm(name: str, demos: int) -> Arm:
        told = player.watcher = _Told(bars)
        settings = StrategySettings(max_demos=demos, demos="random_turn" if name == RANDOM_TURN else "turn_aware")
        task = CompileTask(program, train, (), lm, lm, threshold, player, settings, seed)
        player.begin(f"seed {seed}: {name} demonstrations", len(train))
        try:
            made = compile_with("bootstrap", task)
        except Halted as why:
            raise UserError(f"{why}; run the same command again to go on") from why
        return Arm(_taught(name, made, len(told.played_ids), threshold), made)

    by_chance = arm(RANDOM_TURN, max_demos)
    most = max(by_chance.taught.demos.values())
    if not most:
        raise UserError(f"no training negotiation of seed {seed} is worth showing; ask for more with --train")
    return [Arm(_taught(UNCOMPILED, program, 0, threshold), program), by_chance, arm(TURN_AWARE, most)]


def _mean_score(player: Player, program: Maden, train: tuple[DebtCase, ...], seed: int) -> float:
    """What the program scores with the training debtors: the debtors it is later measured on must not decide."""
    if player.recorded(program, train, seed).scored < len(train):
        models.check_lm(player.lm)
    player.begin(f"seed {seed}: training debtors", len(train))
    evaluation = player.evaluate(program, train, seed)
    if evaluation.unscored:
        raise UserError(
            f"{evaluation.unscored} training negotiations failed because of the model's infrastructure; "
            "run the same command again to go on"
        )
    return evaluation.mean("objective")


def _taught(name: str, program: Maden, train_played: int, threshold: float) -> Taught:
    found = {n: p for n, p in sorted(predictors(program).items()) if not n.startswith("judge")}
    return Taught(
        name=name,
        fingerprint=program.sha256,
        demos={n: len(p.demos) for n, p in found.items()},
        tokens={n: sum(estimated_tokens(p.signature, dspy.Example(d)) for d in p.demos) for n, p in found.items()},
        train_played=train_played,
        threshold=threshold,
    )


def _folder(program: Maden, book: DebtorBook, lm: dspy.LM, train: int, seed: int, runs: Path) -> RunFolder:
    """The run's folder: another program, book, model or code has another one."""
    config = CompileConfig(program=program.settings.variant, train=train, seed=seed, name="demos")
    facts = facts_of(book, lm, lm)
    content = json.dumps([config.model_dump(mode="json"), facts], sort_keys=True)
    run_id = f"demos-{hashlib.sha256(content.encode()).hexdigest()[:12]}"
    if (runs / run_id / "run.json").exists():
        return RunFolder.open(runs, run_id)
    return RunFolder.begin(runs, config, facts, run_id)
