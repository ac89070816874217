"""`python -m programs.compile`: compile a program against its objective and save it as an artifact."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from optimizers.compile_config import Preset, StrategySettings, resolved
from optimizers.compiling.compile_provenance import facts_of
from optimizers.compiling.final_report import show_finished
from optimizers.compiling.process import Work, lead
from optimizers.compiling.process import join as join_run
from optimizers.compiling.session import Session, session_of
from optimizers.compiling.summary import finished
from optimizers.registry import STRATEGIES, strategy
from optimizers.runs.folder import RUNS, RunFolder
from optimizers.runs.halt import Halted
from optimizers.runs.ledger import Ledger
from optimizers.spending import estimate as estimates
from optimizers.spending.budget import Limits
from plumbing import cli
from plumbing.errors import UserError
from programs.artifacts.provenance import current_environment
from programs.command_options import (
    ArtifactsOption,
    BookOption,
    ClusterOption,
    CpusOption,
    GpusOption,
    LmDebtorOption,
    LmOption,
    MaxCallsOption,
    MaxMinutesOption,
    MaxUsdOption,
    RpmOption,
    RunsOption,
    StratifyOption,
    TpmOption,
    WorkersOption,
)
from programs.kinds.kind import Kind
from programs.kinds.known import PROGRAMS, kind_named
from programs.models import make as models
from programs.models.pace import set_limits
from programs.playing.contestants import ARTIFACTS
from programs.playing.placing import Place

EXITS = {"interrupted": cli.EXIT_INTERRUPTED, "infrastructure": 1}
"""Statuses of a compile that was stopped early and saved the best so far; 0 at a cap, which is what was asked for."""
OPTIMIZERS = "; ".join(f"{s.name}: {s.summary}" for s in STRATEGIES.values())

KNOBS = f"Names: {', '.join(StrategySettings.model_fields)}."


def compile_(  # noqa: PLR0913, PLR0917  (a command line)
    ctx: typer.Context,
    program: Annotated[str, typer.Option(help=f"What to compile: {', '.join(PROGRAMS)}.")] = "maden",
    optimizer: Annotated[str, typer.Option(help=OPTIMIZERS)] = "bootstrap",
    lm: LmOption = models.LOCAL,
    prompt_lm: Annotated[
        str | None, typer.Option(help="Model that proposes instructions; default: that of --lm.")
    ] = None,
    debtor: LmDebtorOption = "simulated",
    book: BookOption = None,
    stratify: StratifyOption = False,
    policy: Annotated[Path | None, typer.Option(help="TOML or JSON file with the creditor's limits.")] = None,
    preset: Annotated[Preset, typer.Option(help="How much work: sets --train, --val and the optimiser's sizes.")] = (
        Preset.QUICK
    ),
    knobs: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help=f"One of the optimiser's sizes; repeatable. {KNOBS}"),
    ] = None,
    train: Annotated[
        int | None, typer.Option(min=1, help="Training debtors or messages; default: the preset's.")
    ] = None,
    val: Annotated[
        int | None, typer.Option(min=1, help="Validation debtors or messages; default: the preset's.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the debtors, their behaviour and the search.")] = 0,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="Of every creditor-side call.")] = 0.0,
    name: Annotated[str | None, typer.Option(help="Of the artifact; default: the program's.")] = None,
    run_id: Annotated[str | None, typer.Option("--run", help="Name of the new run; default: date and time.")] = None,
    resume: Annotated[
        str | None, typer.Option(help="Go on with this run: its configuration holds, nothing is paid twice.")
    ] = None,
    join: Annotated[
        str | None, typer.Option(help="Be a further worker of this run, which another process leads (search).")
    ] = None,
    max_usd: MaxUsdOption = None,
    max_calls: MaxCallsOption = None,
    max_minutes: MaxMinutesOption = None,
    threads: Annotated[
        int,
        typer.Option(min=1, max=256, help="Negotiations at once (on a cluster: in each worker); for remote models."),
    ] = 1,
    cluster: ClusterOption = None,
    workers: WorkersOption = None,
    cpus_per_worker: CpusOption = None,
    gpus_per_worker: GpusOption = None,
    rpm: RpmOption = None,
    tpm: TpmOption = None,
    log_json: Annotated[Path | None, typer.Option(help="Append every event to this file, a JSON line each.")] = None,
    mlflow: Annotated[str | None, typer.Option(help="Track on this MLflow server; needs the extra `mlflow`.")] = None,
    runs: RunsOption = RUNS,
    artifacts: ArtifactsOption = ARTIFACTS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and the estimate, call nothing.")] = False,
) -> None:
    """Compile a negotiating or a reading program and save it as a versioned JSON artifact.

    The uncompiled program plays validation debtors (a reader reads messages), the optimiser works on training debtors,
    the compiled program plays the same validation debtors again. Held-out debtors are never touched; compare on them
    with `python -m programs.compare maden maden@1`.

    Everything is kept in `runs/ID/`: a run that was stopped, killed or cut off goes on with `--resume ID`, pays for no
    answer twice and ends with the same artifact. At a cap (`--max-usd`, `--max-calls`, `--max-minutes`) and on Ctrl-C
    the best candidate so far is saved and marked; a second Ctrl-C ends at once and loses nothing that was paid.

    Examples: `python -m programs.compile --preset quick` on the embedded model;
    `python -m programs.compile --lm openai/gpt-4o-mini --optimizer mipro --preset standard --threads 8 --max-usd 5`;
    the same with `--dry-run` for the estimate; `python -m programs.compile --resume 20260807-181500-maden --max-usd 8`.

    Exit status: 0 saved; 1 saved, but the provider failed before the end; 2 a mistake, nothing saved; 130 interrupted.
    """
    set_limits(rpm, tpm)
    given = {name: value for name, value in ctx.params.items() if _given(ctx, name)}
    place = Place(threads, cluster, workers, cpus_per_worker, gpus_per_worker)
    limits = Limits(max_usd=max_usd, max_calls=max_calls, max_minutes=max_minutes)
    work = Work(limits, place, artifacts, log_json, mlflow)
    if sum(one is not None for one in (run_id, resume, join)) > 1:
        raise UserError("--run names a new run, --resume and --join an earlier one; give one of the three")
    earlier = resume or join
    folder = RunFolder.open(runs, earlier) if earlier else None
    config = resolved(folder.config if folder else None, given)
    _refuse_foreign(kind_named(config.program), config.program, given)
    session = session_of(config)
    facts = facts_of(session.book, session.lm, session.prompt_lm, session.kind)
    if folder is not None:
        folder.check_same(session.config, facts)
        if outcome := finished(folder):
            show_finished(folder, outcome)
            return
    unpriced = _show_plan(session, work.limits, folder)
    if dry_run:
        return
    if max_usd is not None and unpriced:
        unknown = f"the price of {' and '.join(unpriced)} is unknown"
        raise UserError(f"{unknown}, so --max-usd cannot be kept; cap the calls with --max-calls")
    for one in dict.fromkeys((session.lm, session.prompt_lm)):
        models.check_lm(one)
    folder = folder or RunFolder.begin(runs, session.config, facts, run_id, current_environment(session.kind))
    sys.exit(_worked_off(folder, session, work, joining=join is not None))


def _refuse_foreign(kind: Kind, program: str, given: dict[str, Any]) -> None:
    """Flags that mean nothing to a program would be taken for something that it does."""
    for flag in ("debtor", "policy", "stratify", "temperature"):
        if flag in given and flag not in kind.takes:
            raise UserError(f"{program} has no {flag}, so --{flag} means nothing to it; leave it out")


def _worked_off(folder: RunFolder, session: Session, work: Work, *, joining: bool) -> int:
    """Lead or join the run; returns the exit status."""
    where = "" if folder.path.parent == RUNS else f" --runs {folder.path.parent}"
    going_on = f"python -m programs.compile --resume {folder.run_id}{where} goes on and pays for nothing twice"
    cli.tell(f"run {folder.path}: whatever happens, {going_on}")
    try:
        if joining:
            join_run(folder, session, work)
            cli.tell("nothing is left to do for a further worker; the process that leads the run ends it")
            return 0
        outcome = lead(folder, session, work)
    except Halted as why:
        nothing = "the process that leads the run goes on" if joining else "no candidate was fully evaluated by then"
        cli.tell(f"{why}, and nothing was saved here: {nothing}; {going_on}")
        return cli.EXIT_INTERRUPTED if why.reason == "interrupted" else cli.EXIT_USER_ERROR
    if outcome.halted is None:
        return 0
    cli.tell(f"stopped early: {outcome.halted}; {going_on}")
    return EXITS.get(outcome.halted.reason, 0)


def _given(ctx: typer.Context, name: str) -> bool:
    """Whether the user gave this flag, be it with the value that is the default."""
    source = ctx.get_parameter_source(name)
    return source is not None and not source.name.startswith("DEFAULT")


def _show_plan(session: Session, limits: Limits, folder: RunFolder | None) -> tuple[str, ...]:
    """What will be done, before the first call; returns the models whose price is unknown."""
    config = session.config
    played = sum(1 for _ in Ledger(folder.ledger_path)) if folder else 0
    found = estimates.estimate(
        config,
        session.negotiations,
        session.lm,
        session.prompt_lm,
        proposes=strategy(config.optimizer).proposes,
        played=played,
    )
    cli.tell(
        f"program {config.program}, optimiser {config.optimizer}, model {session.lm.model}, seed {config.seed}",
        f"{len(session.train)} training and {len(session.val)} validation {session.kind.words.example}s of "
        f"{session.book.source}",
        *estimates.lines(found, limits),
    )
    return found.unpriced


if __name__ == "__main__":
    cli.run(compile_, "python -m programs.compile")
