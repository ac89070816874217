"""`python -m programs.compile`: compile a negotiation program against the objective and save it as an artifact."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from data import cli
from data.book import read_book
from data.policy import read_policy
from metrics.scorecard import INDICES, METRICS
from metrics.statistics import paired_difference
from optimizers.presets import PRESETS, Preset
from optimizers.registry import STRATEGIES
from optimizers.session import CompileConfig, Outcome, Session, prepare, run
from programs import lm as models
from programs.accounts import Account, Cost
from programs.bars import PhaseBars
from programs.contestants import ARTIFACTS, NamedModel, debtor_factory
from programs.settings import Variant

SECONDS_PER_LOCAL_CALL = (5, 9)
"""Usual range on two cores, for the estimate."""
NO_DEMOS = (
    ": no negotiation with a training debtor reached the threshold; try more debtors (--train), another --seed, "
    "or --preset standard"
)
OPTIMIZERS = "; ".join(f"{s.name}: {s.summary}" for s in STRATEGIES.values())


def compile_(  # noqa: PLR0913, PLR0917  (a command line)
    program: Annotated[Variant, typer.Option(help="Which modules sit at the creditor's side.")] = Variant.MADEN,
    optimizer: Annotated[str, typer.Option(help=OPTIMIZERS)] = "bootstrap",
    lm: Annotated[str, typer.Option(help="local, local:FILE.gguf or a LiteLLM model string.")] = models.LOCAL,
    prompt_lm: Annotated[
        str | None, typer.Option(help="Model that proposes instructions (mipro); default: that of --lm.")
    ] = None,
    debtor: Annotated[str, typer.Option(help="simulated, or lm: played by the model of --lm.")] = "simulated",
    book: Annotated[Path | None, typer.Option(help="A debtor book; default: the shipped one.")] = None,
    policy: Annotated[Path | None, typer.Option(help="TOML or JSON file with the creditor's limits.")] = None,
    preset: Annotated[Preset, typer.Option(help="How much work: sets --train, --val and the optimiser's sizes.")] = (
        Preset.QUICK
    ),
    train: Annotated[int | None, typer.Option(min=1, help="Training debtors; default: the preset's.")] = None,
    val: Annotated[int | None, typer.Option(min=1, help="Validation debtors; default: the preset's.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Chooses the debtors, their behaviour and the search.")] = 0,
    temperature: Annotated[float, typer.Option(min=0, max=2, help="Of every creditor-side call.")] = 0.0,
    threads: Annotated[int, typer.Option(min=1, help="Negotiations at once; for remote models.")] = 1,
    name: Annotated[str | None, typer.Option(help="Of the artifact; default: the program's.")] = None,
    artifacts: Annotated[Path, typer.Option(help="Folder of the artifacts.")] = ARTIFACTS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and the estimate, call nothing.")] = False,
) -> None:
    """Compile a debt-negotiation program and save it as a versioned JSON artifact.

    The uncompiled program plays validation debtors, the optimiser works on training debtors, the compiled program
    plays the same validation debtors again. Held-out debtors are never touched; compare on them with
    `python -m programs.compare maden maden@1`.

    Example: `python -m programs.compile --preset quick` on the embedded model, or
    `python -m programs.compile --lm openai/gpt-4o-mini --optimizer mipro --preset standard --threads 8`.
    """
    size, read = PRESETS[preset], read_book(book)
    config = CompileConfig(
        program=program,
        optimizer=optimizer,
        lm=lm,
        prompt_lm=prompt_lm,
        debtor=debtor,
        book=str(book) if book else None,
        policy=read_policy(policy),
        train=train or size.train,
        val=val or size.val,
        seed=seed,
        threads=threads,
        name=name or program.value,
        temperature=temperature,
        strategy=size.strategy,
    )
    model = NamedModel(lm)
    debtors = debtor_factory(debtor, model)
    prompt_model = models.make_lm(prompt_lm) if prompt_lm else None
    session = prepare(config, read, model.get(), prompt_model, debtors)
    _show_plan(session)
    if dry_run:
        return
    for one in filter(None, (session.lm, prompt_model)):
        models.check_lm(one)
    account, began = Account(), time.monotonic()
    with PhaseBars() as bars:
        outcome = run(session, bars, artifacts, account)
    _show_outcome(outcome, time.monotonic() - began)


def _show_plan(session: Session) -> None:
    """What will be done, before the first call."""
    config, found = session.config, session.estimate()
    lines = [
        f"program {config.program}, optimiser {config.optimizer}, model {session.lm.model}, seed {config.seed}",
        f"{len(session.train)} training and {len(session.val)} validation debtors of {session.book.source}",
        f"at most {found.negotiations} negotiations, about {found.calls_low}-{found.calls_high} model calls",
    ]
    if config.lm.startswith(models.LOCAL):
        quick, slow = (seconds / 60 for seconds in SECONDS_PER_LOCAL_CALL)
        minutes = f"about {found.calls_low * quick:.0f}-{found.calls_high * slow:.0f} minutes on two cores"
        lines.append(f"{minutes}; answered calls come from the cache")
    for line in lines:
        cli.stderr.print(line, markup=False, highlight=False, soft_wrap=True)


def _show_outcome(outcome: Outcome, seconds: float) -> None:
    """The closing table, what it cost, and what to do next."""
    artifact, before, after = outcome.artifact, outcome.before, outcome.after
    reference = f"{artifact.name}@{artifact.version}"
    table = Table(title=f"{reference}: {len(after.played)} validation debtors, paired", title_justify="left")
    for column in ("metric", "better", "uncompiled", "compiled", "difference", "95% interval"):
        table.add_column(column, justify="left" if column in ("metric", "better") else "right")
    for metric in (*METRICS, *INDICES):
        first, second = before.values(metric.id), after.values(metric.id)
        change = paired_difference(first, second)
        table.add_row(
            f"{metric.id} {metric.name}",
            metric.better or "",
            f"{_mean(first):.3f}",
            f"{_mean(second):.3f}",
            f"{change.mean:+.3f}",
            f"{change.low:+.3f} .. {change.high:+.3f}",
        )
    cli.results().print(table)
    cli.stdout.print(_cost_line(outcome.account.total, seconds), markup=False, highlight=False, soft_wrap=True)
    demos = sum(len(state["demos"]) for state in artifact.state.values())
    for line in (
        f"saved {artifact.path} with {demos} demonstrations" + ("" if demos else NO_DEMOS),
        f"next: python -m programs.compare {artifact.settings.variant} {reference} --split heldout",
    ):
        cli.stdout.print(line, markup=False, highlight=False, soft_wrap=True)


def _mean(values: dict[str, list[float]]) -> float:
    flat = [value for trials in values.values() for value in trials]
    return sum(flat) / len(flat)


def _cost_line(cost: Cost, seconds: float) -> str:
    money = "price unknown" if cost.money_usd is None else f"{cost.money_usd:.4f} USD"
    return (
        f"{cost.calls} model calls and {cost.cached_calls} from the cache, {cost.tokens_in} tokens in, "
        f"{cost.tokens_out} out, {money}, {seconds / 60:.1f} minutes"
    )


if __name__ == "__main__":
    cli.run(compile_, "python -m programs.compile")
