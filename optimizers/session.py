"""One compile from configuration to artifact: measure the uncompiled program, compile, measure again, save."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Protocol

import dspy
from pydantic import Field

from data.book import DebtorBook
from data.domain import CreditorPolicy, DebtCase, Frozen, Negotiation
from data.errors import UserError
from metrics.scorecard import INDICES, METRICS
from metrics.statistics import mean_interval
from optimizers.registry import compile_with, strategy
from optimizers.task import LEAST_THRESHOLD, CompileTask, StrategySettings
from programs.accounts import Account
from programs.artifact import Artifact
from programs.artifact_store import check_name, save_program
from programs.evaluation import Evaluation, evaluate
from programs.maden import DebtorFactory, Maden
from programs.provenance import collect_provenance
from programs.settings import ProgramSettings, Variant

LEAST_COVERAGE = 0.95
"""Share of the negotiations that must have a score; with less, what was compared is not what was asked for."""

CALLS_PER_NEGOTIATION: dict[Variant, tuple[int, int]] = {
    Variant.VANILLA: (2, 8),
    Variant.PLANNED: (4, 11),
    Variant.JUDGED: (4, 20),
    Variant.MADEN: (6, 20),
}
"""Fewest and most model calls that one negotiation usually takes."""


class CompileConfig(Frozen):
    """Everything that decides what a compile does; written into the artifact."""

    program: Variant = Variant.MADEN
    optimizer: str = "bootstrap"
    lm: str = "local"
    prompt_lm: str | None = None
    debtor: str = "simulated"
    book: str | None = None
    policy: CreditorPolicy = CreditorPolicy()
    train: Annotated[int, Field(ge=1)] = 4
    val: Annotated[int, Field(ge=1)] = 6
    seed: Annotated[int, Field(ge=0)] = 0
    threads: Annotated[int, Field(ge=1, le=256)] = 1
    name: str = "maden"
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.0
    strategy: StrategySettings = StrategySettings()


class Progress(Protocol):
    """What a compile reports while it runs."""

    def phase(self, name: str, negotiations: int) -> None:
        """A phase of at most `negotiations` begins."""
        ...

    def advance(self, words: str = "") -> None:
        """One negotiation is done; `words` say what came of it."""
        ...


@dataclass(frozen=True)
class Estimate:
    """What a compile may take, before the first call."""

    negotiations: int
    calls_low: int
    calls_high: int


@dataclass(frozen=True)
class Outcome:
    """A finished compile."""

    artifact: Artifact
    before: Evaluation
    after: Evaluation
    account: Account


@dataclass(frozen=True)
class Session:
    """A compile that is ready to run: everything is read and checked, nothing has been called."""

    config: CompileConfig
    book: DebtorBook
    train: tuple[DebtCase, ...]
    val: tuple[DebtCase, ...]
    lm: dspy.LM
    prompt_lm: dspy.LM
    program: Maden

    def task(self, metric_threshold: float, on_scored: Callable[[float], None] | None = None) -> CompileTask:
        """The optimiser's view of this session: training and validation debtors, never a held-out one."""
        return CompileTask(
            self.program,
            self.train,
            self.val,
            self.lm,
            self.prompt_lm,
            metric_threshold,
            self.config.strategy,
            self.config.seed,
            self.config.threads,
            on_scored,
        )

    def estimate(self) -> Estimate:
        """An upper bound of the negotiations, and the usual range of calls for so many."""
        negotiations = strategy(self.config.optimizer).negotiations(self.task(1.0)) + 2 * len(self.val)
        low, high = CALLS_PER_NEGOTIATION[self.config.program]
        return Estimate(negotiations, negotiations * low, negotiations * high)


def prepare(
    config: CompileConfig, book: DebtorBook, lm: dspy.LM, prompt_lm: dspy.LM | None, debtors: DebtorFactory
) -> Session:
    """Choose the debtors and build the program.

    Raises:
        UserError: unknown optimiser, unusable name, or the book holds too few training or validation debtors.
    """
    strategy(config.optimizer)
    check_name(config.name)
    settings = ProgramSettings(variant=config.program, policy=config.policy, temperature=config.temperature)
    return Session(
        config,
        book,
        chosen(book, "train", config.train, config.seed),
        chosen(book, "val", config.val, config.seed),
        lm,
        prompt_lm or lm,
        Maden(settings, debtors),
    )


def chosen(book: DebtorBook, split: str, count: int, seed: int) -> tuple[DebtCase, ...]:
    """`count` debtors of a split, drawn by the seed; the same ones whatever the order of the book."""
    cases = sorted(book.split(split), key=lambda case: case.case_id)  # type: ignore[arg-type]
    if len(cases) < count:
        raise UserError(
            f"the {split} split of {book.source} has {len(cases)} debtors, {count} were asked for; "
            f"lower --{split} or give a larger book with --book"
        )
    return tuple(random.Random(f"{split} {seed}").sample(cases, count))


def run(session: Session, progress: Progress, artifacts: Path, account: Account) -> Outcome:
    """Measure, compile, measure, save.

    Raises:
        UserError: too little could be scored; nothing is saved then.
    """
    with dspy.context(lm=session.lm), account.watching():
        progress.phase("uncompiled on validation", len(session.val))
        before = _measured(session.program, session, progress)
        task = session.task(_threshold(session, before), lambda score: progress.advance(f"objective {score:.3f}"))
        progress.phase(
            f"compiling with {session.config.optimizer}", strategy(session.config.optimizer).negotiations(task)
        )
        compiled = compile_with(session.config.optimizer, task)
        _require_coverage(compiled.scored, compiled.unscored, "the compilation")
        compiled.program.outside = session.program.outside
        progress.phase("compiled on validation", len(session.val))
        after = _measured(compiled.program, session, progress)
    artifact = save_program(
        compiled.program,
        session.config.name,
        root=artifacts,
        provenance=_provenance(session, task.metric_threshold, compiled.unscored),
        scores={"uncompiled": summary(before), "compiled": summary(after)},
        cost=cost_record(account),
    )
    return Outcome(artifact, before, after, account)


def _measured(program: Maden, session: Session, progress: Progress) -> Evaluation:
    def on_played(negotiation: Negotiation) -> None:
        progress.advance(f"{negotiation.case.case_id} {negotiation.ending.value}")

    config = session.config
    result = evaluate(program, session.val, seed=config.seed, threads=config.threads, on_played=on_played)
    _require_coverage(result.scored, result.unscored, "the validation")
    return result


def _require_coverage(scored: int, unscored: int, what: str) -> None:
    total = scored + unscored
    if total and scored < LEAST_COVERAGE * total:
        raise UserError(
            f"{what} could score only {scored} of {total} negotiations because the model's infrastructure failed in "
            "the others; nothing was saved; check the provider's limits and run the same command again "
            "(answered calls come from the cache)"
        )


def _threshold(session: Session, before: Evaluation) -> float:
    if session.config.strategy.metric_threshold is not None:
        return session.config.strategy.metric_threshold
    scores = [score for trials in before.values("objective").values() for score in trials]
    return max(LEAST_THRESHOLD, sum(scores) / len(scores))


def summary(evaluation: Evaluation) -> dict[str, Any]:
    """Mean, interval and n of every metric, index and the objective, with the counts."""
    names = [*(m.id for m in METRICS), *(i.id for i in INDICES)]
    estimates = {}
    for name in names:
        values = [value for trials in evaluation.values(name).values() for value in trials]
        found = mean_interval(values)
        estimates[name] = {"mean": found.mean, "low": found.low, "high": found.high, "n": found.n}
    return {"estimates": estimates, "scored": evaluation.scored, "unscored": evaluation.unscored}


def cost_record(account: Account) -> dict[str, Any]:
    """The account as the artifact keeps it: the total, and the same per role; unknown money is null."""
    return {**asdict(account.total), "roles": {role: asdict(cost) for role, cost in account.by_role.items()}}


def _provenance(session: Session, threshold: float, unscored: int) -> dict[str, Any]:
    config = session.config
    return collect_provenance(
        lm=session.lm,
        prompt_lm=session.prompt_lm,
        optimizer=config.optimizer,
        optimizer_settings={**config.strategy.model_dump(mode="json"), "metric_threshold_used": threshold},
        seed=config.seed,
        book=session.book,
        train_ids=_ids(session.train),
        val_ids=_ids(session.val),
        debtor=config.debtor,
        config=config.model_dump(mode="json"),
        compile_unscored=unscored,
    )


def _ids(cases: Sequence[DebtCase]) -> dict[str, Any]:
    ids = sorted(case.case_id for case in cases)
    return {"ids": ids, "sha256": hashlib.sha256("\n".join(ids).encode()).hexdigest()}
