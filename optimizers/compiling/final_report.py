"""What a compile tells at its end: the table, the cost, where the artifact lies and what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from rich.table import Table

from metrics.statistics.intervals import paired_difference
from optimizers.compile_config import CompileConfig
from optimizers.compiling.session import CompileOutcome
from optimizers.registry import strategy
from optimizers.runs.folder import RunFolder
from plumbing import cli
from programs.kinds.kind import Kind
from programs.kinds.known import CLASSES
from programs.models.accounts import Cost

NO_DEMOS = (
    ": no {record} with a training {example} reached the threshold; try more {example}s (--train), another --seed, "
    "or --preset standard"
)


def show_outcome(outcome: CompileOutcome, config: CompileConfig, costs: Mapping[str, Cost], minutes: float) -> None:
    """The closing table and lines on stdout.

    Args:
        outcome: of the run.
        config: of the run.
        costs: per role, of all sessions together.
        minutes: at work, in all sessions together.
    """
    cli.results().print(_table(outcome))
    for line in (_cost_line(sum(costs.values(), Cost()), minutes), *_closing(outcome, config)):
        cli.stdout.print(line, highlight=False, soft_wrap=True)


def show_finished(folder: RunFolder, outcome: CompileOutcome) -> None:
    """A run that came to its end before: its table again, and no call."""
    cli.results().print(_table(outcome))
    for line in (f"run {folder.run_id} was finished before; nothing was called", *_closing(outcome, folder.config)):
        cli.stdout.print(line, highlight=False, soft_wrap=True)


def _table(outcome: CompileOutcome) -> Table:
    kind = _kind(outcome)
    title = f"{outcome.artifact.reference}: {len(outcome.after.played)} validation {kind.words.example}s, paired"
    table = Table(title=title, title_justify="left")
    for column in ("metric", "better", "uncompiled", "compiled", "difference", "95% interval"):
        table.add_column(column, justify="left" if column in ("metric", "better") else "right")
    for metric in kind.measures:
        if not outcome.before.values(metric.id):  # it applies to none of them
            continue
        change = paired_difference(outcome.before.values(metric.id), outcome.after.values(metric.id))
        table.add_row(
            f"{metric.id} {metric.name}",
            metric.better or "",
            f"{outcome.before.mean(metric.id):.3f}",
            f"{outcome.after.mean(metric.id):.3f}",
            f"{change.mean:+.3f}",
            "none" if change.bounds is None else "{:+.3f} .. {:+.3f}".format(*change.bounds),
        )
    return table


def _closing(outcome: CompileOutcome, config: CompileConfig) -> Iterator[str]:
    artifact = outcome.artifact
    demos = sum(len(state["demos"]) for state in artifact.state.values())
    kind = _kind(outcome)
    no_demos = NO_DEMOS.format(record=kind.words.record, example=kind.words.example)
    wanted = strategy(artifact.provenance["optimizer"]["name"]).changes == "demos"
    kept = f": {outcome.kept.sentence}" if outcome.kept else ""
    made_nothing = outcome.kept is None or outcome.kept.made_sha256 == outcome.uncompiled_sha256
    note = no_demos if wanted and not demos and made_nothing else kept
    note = " (stopped early: the best candidate so far)" if outcome.halted else note
    yield f"saved {artifact.path} with {demos} demonstrations{note}"
    names = f"{kind.uncompiled_name(artifact.settings)} {artifact.reference}"
    yield f"next: python -m programs.compare {names} --split heldout{_same_ground(config)}"


def _same_ground(config: CompileConfig) -> str:
    """The options that let a comparison play with the compile's model, debtors and limits."""
    usual = CompileConfig()
    options = [
        f" --{name} {shlex.quote(value)}"
        for name, value in (("lm", config.lm), ("book", config.book))
        if value and value != getattr(usual, name)
    ]
    return "".join(options) + (" --policy FILE" if config.policy != usual.policy else "")


def _kind(outcome: CompileOutcome) -> Kind:
    return CLASSES[outcome.artifact.program_class]


def _cost_line(cost: Cost, minutes: float) -> str:
    money = "price unknown" if cost.money_usd is None else f"{cost.money_usd:.4f} USD"
    return (
        f"{cost.calls} model calls and {cost.cached_calls} from the cache, {cost.tokens_in} tokens in, "
        f"{cost.tokens_out} out, {money}, {minutes:.1f} minutes"
    )
