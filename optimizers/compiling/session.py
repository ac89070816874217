"""One compile from configuration to artifact: measure the uncompiled program, compile, measure again, save."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dspy

from optimizers.compile_config import CompileConfig
from optimizers.compiling.artifact_figures import cost_record, summary
from optimizers.compiling.keeping import Kept, uncompiled_kept
from optimizers.registry import compile_with, require_workers, strategy, work_with
from optimizers.runs.halt import Halted
from optimizers.runs.player import LEAST_COVERAGE, Player
from optimizers.runs.task import LEAST_THRESHOLD, CompileTask
from plumbing.errors import UserError
from programs.artifacts.document import Artifact
from programs.artifacts.provenance import Compilation, Provenance
from programs.artifacts.store import check_name, save_program
from programs.debtor.seating import debtor_factory
from programs.kinds.kind import Book, Kind
from programs.kinds.known import kind_named, kind_of
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.models.accounts import Cost
from programs.playing.contestants import NamedModel
from programs.playing.evaluate import Evaluation
from programs.playing.played_store import lm_id

Costs = Callable[[], dict[str, Cost]]
"""What the run has paid so far, per role."""


@dataclass(frozen=True)
class CompileOutcome:
    """A finished compile."""

    artifact: Artifact
    before: Evaluation[Any, Any]
    after: Evaluation[Any, Any]
    uncompiled_sha256: str
    """`sha256` of the program that it was compiled from."""
    halted: Halted | None = None
    """Why it ended early; None where it ran to its end."""
    kept: Kept | None = None
    """Why it is the uncompiled program; None where it is another one, or was halted."""


@dataclass(frozen=True)
class Session:
    """A compile that is ready to run: everything is read and checked, nothing has been called."""

    config: CompileConfig
    book: Book
    train: tuple[Any, ...]
    val: tuple[Any, ...]
    lm: dspy.LM
    prompt_lm: dspy.LM
    program: Any
    outside: Any = None
    """What the program meets that is no part of it: a negotiation's debtors."""

    @property
    def kind(self) -> Kind:
        """Of the program, its examples and its metric."""
        return kind_of(self.program)

    @property
    def negotiations(self) -> int:
        """How many negotiations the compile plays at most."""
        config = self.config
        chosen = strategy(config.optimizer)
        return chosen.negotiations(config.strategy, len(self.train), len(self.val)) + 2 * len(self.val)

    @property
    def debtor(self) -> str:
        """Who sits on the other side, as part of every key: a model's debtor is another one with another model."""
        if "debtor" not in self.kind.takes:
            return "none"
        return f"lm {lm_id(self.lm)}" if self.config.debtor == "lm" else self.config.debtor

    @property
    def uncompiled_sha256(self) -> str:
        """`sha256` of the program to compile."""
        return self.program.sha256

    @property
    def pool(self) -> tuple[Any, ...]:
        """Further training examples, for what costs no call."""
        most = min(self.kind.pool, len(self.book.split("train")))
        return chosen(self.book, "train", most, self.config.seed, self.kind)

    def task(self, metric_threshold: float, player: Player) -> CompileTask:
        """The optimiser's view of this session: training and validation debtors, never a held-out one."""
        return CompileTask(
            self.program,
            self.train,
            self.val,
            self.lm,
            self.prompt_lm,
            metric_threshold,
            player,
            self.config.strategy,
            self.config.seed,
            self.pool,
        )


def prepare(config: CompileConfig, book: Book, lm: dspy.LM, prompt_lm: dspy.LM | None, debtors: Any = None) -> Session:
    """Choose the debtors and build the program.

    Raises:
        UserError: unknown optimiser, knobs that it refuses, unusable name, or the book holds too few training or
            validation debtors.
    """
    strategy(config.optimizer).refuse(config.strategy, config.train, config.val)
    check_name(config.name)
    kind = kind_named(config.program)
    program = kind.uncompiled(config.program, policy=config.policy, temperature=config.temperature, outside=debtors)
    program = kind.showing(program, config.strategy.max_demos)
    return Session(
        config,
        book,
        chosen(book, "train", config.train, config.seed, kind),
        chosen(book, "val", config.val, config.seed, kind),
        lm,
        prompt_lm or lm,
        program,
        debtors,
    )


def session_of(config: CompileConfig) -> Session:
    """Everything read and checked, the models made, nothing called.

    Raises:
        UserError: a file, name or number of the configuration is unusable.
    """
    kind = kind_named(config.program)
    book = _book(config, kind)
    model = NamedModel(config.lm)
    debtors = debtor_factory(config.debtor, model) if "debtor" in kind.takes else None
    prompt_lm = NamedModel(config.prompt_lm).get() if config.prompt_lm else None
    return prepare(config, book, model.get(), prompt_lm, debtors)


def _book(config: CompileConfig, kind: Kind) -> Book:
    path = Path(config.book) if config.book else None
    if not config.stratify:
        return kind.book(path)
    return kind.sampled(path, {"train": max(config.train, kind.pool), "val": config.val})


def chosen(book: Book, split: str, count: int, seed: int, kind: Kind = NEGOTIATIONS) -> tuple[Any, ...]:
    """`count` debtors (or other examples) of a split, drawn by the seed, whatever the order of the book."""
    cases = sorted(book.split(split), key=lambda case: case.case_id)
    if len(cases) < count:
        raise UserError(
            f"the {split} split of {book.source} has {len(cases)} {kind.words.example}s, {count} were asked for; "
            f"lower --{split} or give a larger book with --book"
        )
    return tuple(random.Random(f"{split} {seed}").sample(cases, count))


def run(session: Session, player: Player, artifacts: Path, costs: Costs) -> CompileOutcome:
    """Measure, compile, measure, save; when halted, save the best candidate so far.

    Raises:
        UserError: too little could be scored; nothing is saved.
        Halted: before any candidate was fully evaluated; nothing is saved.
    """
    with dspy.context(lm=session.lm):
        try:
            before, program, after, threshold, kept = _compiled(session, player)
        except Halted as why:
            return _halted(session, player, artifacts, costs, why)
    section = _section(session, player, threshold) | ({"kept": kept.section()} if kept else {})
    artifact = _saved(session, player, artifacts, costs, program, section, before, after)
    return CompileOutcome(artifact, before, after, session.uncompiled_sha256, kept=kept)


def joined(session: Session, player: Player) -> None:
    """Help the process that leads this run, until nothing is left to do.

    Raises:
        UserError: the run is not far enough, or its strategy takes no further workers.
        Halted: a cap was reached, or someone stopped this process.
    """
    require_workers(session.config.optimizer)
    before = player.recorded(session.program, session.val, session.config.seed)
    if before.scored < LEAST_COVERAGE * len(session.val):
        raise UserError(
            f"run {player.folder.run_id} has not measured the uncompiled program yet; join it as soon as it compiles"
        )
    with dspy.context(lm=session.lm):
        work_with(session.config.optimizer, session.task(_threshold(session, before), player))


def _compiled(
    session: Session, player: Player
) -> tuple[Evaluation[Any, Any], Any, Evaluation[Any, Any], float, Kept | None]:
    config = session.config
    before = _measured(session.program, session, player, "uncompiled on validation")
    task = session.task(_threshold(session, before), player)
    chosen = strategy(config.optimizer)
    scored, unscored = player.scored, player.unscored
    player.begin(
        f"compiling with {config.optimizer}", chosen.negotiations(config.strategy, len(session.train), len(session.val))
    )
    program = compile_with(config.optimizer, task)
    _require_coverage(session, player.scored - scored, player.unscored - unscored, "the compilation")
    after = _measured(program, session, player, "compiled on validation")
    kept = _kept(session, program, before, after)
    if kept is not None:
        program, after = session.program, before
    return before, program, after, task.metric_threshold, kept


def _kept(session: Session, made: Any, before: Evaluation[Any, Any], after: Evaluation[Any, Any]) -> Kept | None:
    if session.config.strategy.accept == "any":
        return None
    return uncompiled_kept(
        session.config.optimizer,
        before,
        after,
        session.kind.words,
        uncompiled_sha256=session.uncompiled_sha256,
        made_sha256=made.sha256,
    )


def _measured(program: Any, session: Session, player: Player, phase: str) -> Evaluation[Any, Any]:
    player.begin(phase, len(session.val))
    result = player.evaluate(program, session.val, session.config.seed, words=phase.split(maxsplit=1)[0])
    _require_coverage(session, result.scored, result.unscored, "the validation")
    return result


def _halted(session: Session, player: Player, artifacts: Path, costs: Costs, why: Halted) -> CompileOutcome:
    """The best candidate that was fully evaluated, saved and marked; what it played is in the ledger."""
    sha256 = player.best(session.val, session.config.seed)
    if sha256 is None:
        raise why
    best = player.restored(sha256)
    before, after = (player.recorded(one, session.val, session.config.seed) for one in (session.program, best))
    halted = {"halted": {"reason": why.reason, "sentence": str(why)}}
    section = _section(session, player, _threshold(session, before)) | halted
    artifact = _saved(session, player, artifacts, costs, best, section, before, after)
    return CompileOutcome(artifact, before, after, session.uncompiled_sha256, why)


def _saved(
    session: Session,
    player: Player,
    artifacts: Path,
    costs: Costs,
    program: Any,
    section: dict[str, Any],
    before: Evaluation[Any, Any],
    after: Evaluation[Any, Any],
) -> Artifact:
    provenance = Provenance(
        section=section,
        scores={"uncompiled": summary(before, session.kind), "compiled": summary(after, session.kind)},
        cost=cost_record(costs()),
        notes=_notes(section),
        created=player.folder.created,
    )
    return save_program(program, session.config.name, provenance, root=artifacts, taken=player.folder.versions_path)


def _notes(section: dict[str, Any]) -> str:
    if "halted" in section:
        return f"stopped early: {section['halted']['sentence']}"
    return str(section["kept"]["sentence"]) if "kept" in section else ""


def _require_coverage(session: Session, scored: int, unscored: int, what: str) -> None:
    total, records = scored + unscored, f"{session.kind.words.record}s"
    if total and scored < LEAST_COVERAGE * total:
        raise UserError(
            f"{what} could score only {scored} of {total} {records} because the model's infrastructure failed in "
            "the others; nothing was saved; check the provider's limits and resume the run (nothing is paid twice)"
        )


def _threshold(session: Session, before: Evaluation[Any, Any]) -> float:
    if session.config.strategy.metric_threshold is not None:
        return session.config.strategy.metric_threshold
    return max(LEAST_THRESHOLD, before.mean("objective"))


def _section(session: Session, player: Player, threshold: float) -> dict[str, Any]:
    """Nothing of the clock and of this session: two runs of the same configuration shall leave the same artifact."""
    config = session.config
    return Compilation(
        lm=session.lm,
        prompt_lm=session.prompt_lm,
        optimizer=config.optimizer,
        optimizer_settings={**config.strategy.model_dump(mode="json"), "metric_threshold_used": threshold},
        seed=config.seed,
        book=session.book,
        train_ids=_ids(session.train),
        val_ids=_ids(session.val),
        pool=_counted(session.pool) if session.kind.has_labels else None,
        debtor=config.debtor if "debtor" in session.kind.takes else "none",
        config={**config.model_dump(mode="json"), "book": Path(config.book).name if config.book else None},
        compile_unscored=player.unscored,
        environment=player.folder.environment,
        kind=session.kind,
    ).section()


def _counted(cases: Sequence[Any]) -> dict[str, Any]:
    """As `_ids`, without the ids, of which there may be thousands."""
    return {"examples": len(cases), "sha256": _ids(cases)["sha256"]}


def _ids(cases: Sequence[Any]) -> dict[str, Any]:
    ids = sorted(case.case_id for case in cases)
    return {"ids": ids, "sha256": hashlib.sha256("\n".join(ids).encode()).hexdigest()}
