"""`python -m programs.ablate A B`: which of the changes from A to B made the difference?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal, cast

import typer
from rich.table import Table
from rich.text import Text

from data.book import read_book
from data.book.split import MEASURED_ON
from data.policy import read_policy
from metrics.scorecard import INDEX_IDS, METRIC_IDS
from plumbing import cli
from plumbing.bars import progress
from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.command_options import (
    ArtifactsOption,
    BookOption,
    ClusterOption,
    CpusOption,
    DebtorLmOption,
    DebtorOption,
    GpusOption,
    LmOption,
    MeasuredOption,
    PlayedOption,
    PolicyOption,
    RpmOption,
    ThreadsOption,
    TpmOption,
    TrialSeedOption,
    WorkersOption,
)
from programs.comparison.ablation import (
    FREE_EXACT,
    MOST_EXACT,
    Ablation,
    Taken,
    ablated,
    combinations_to_play,
    label_of,
)
from programs.comparison.ablation_text import rendered
from programs.comparison.looks import Looked, look_now, recorded
from programs.comparison.program_changes import AtomicChange, atomic_changes, with_changes
from programs.debtor.seating import debtor_factory
from programs.maden import Maden
from programs.models import make as models
from programs.models.pace import set_limits
from programs.playing.contestants import ARTIFACTS, Contestant, NamedModel, contestants
from programs.playing.placing import Place
from programs.playing.played_store import owed
from programs.playing.stage import Stage, chosen_debtors


def ablate(  # noqa: PLR0913, PLR0917  (a command line)
    a: Annotated[str, typer.Argument(help="The version before: an artifact or a variant.")],
    b: Annotated[str, typer.Argument(help="The version after, of the same variant.")],
    split: Annotated[str, typer.Option(help="val, or heldout.")] = "val",
    debtors: MeasuredOption = None,
    trials: Annotated[int, typer.Option(min=1, help="Negotiations per debtor and program.")] = 1,
    seed: TrialSeedOption = 0,
    metric: Annotated[str, typer.Option(help="What is shared out: a metric or an index.")] = "objective",
    exact: Annotated[
        bool, typer.Option("--exact", help=f"Play all combinations, for at most {MOST_EXACT} changes: Shapley values.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be played, and stop.")] = False,
    lm: LmOption = models.LOCAL,
    debtor: DebtorOption = "simulated",
    debtor_lm: DebtorLmOption = None,
    book: BookOption = None,
    policy: PolicyOption = None,
    threads: ThreadsOption = 1,
    cluster: ClusterOption = None,
    workers: WorkersOption = None,
    cpus_per_worker: CpusOption = None,
    gpus_per_worker: GpusOption = None,
    rpm: RpmOption = None,
    tpm: TpmOption = None,
    json: Annotated[Path | None, typer.Option(help="Write the result there.")] = None,
    artifacts: ArtifactsOption = ARTIFACTS,
    runs: PlayedOption = Path("runs"),
) -> None:
    """Say what made the difference between two versions: each changed setting, instruction and demo set by itself.

    Every change is played alone (A plus it) and left out alone (B without it), on the same debtors with the same
    seeds; its share of the gain is the mean of the two, and with up to three changes the Shapley value. What compare
    or an earlier ablation played is not played again. Of each figure there is a 95 % interval over debtors.

    Examples: `python -m programs.ablate maden maden@champion --debtors 40 --dry-run`;
    `python -m programs.ablate maden@3 maden@4 --split val --json shares.json`.
    """
    if split not in MEASURED_ON:
        raise UserError(f"no split to play on is called {split!r}; there are {' and '.join(MEASURED_ON)}")
    if metric not in (*METRIC_IDS, *INDEX_IDS):
        raise UserError(f"no metric is called {metric!r}; there are {', '.join((*METRIC_IDS, *INDEX_IDS))}")
    set_limits(rpm, tpm)
    place = Place(threads, cluster, workers, cpus_per_worker, gpus_per_worker)
    cli.require_writable(json)
    model = NamedModel(lm)
    debtor_model = NamedModel(debtor_lm) if debtor_lm else model
    pair = contestants(
        [a, b], debtors=debtor_factory(debtor, debtor_model), artifacts=artifacts, policy=read_policy(policy)
    )
    plan = planned(pair[0], pair[1], exact=exact)
    loaded = read_book(book)
    cases = chosen_debtors(loaded, cast(Literal["heldout", "val"], split), debtors)
    stage = Stage(cases, loaded.sha256, seed, trials, model.get(), debtor_model.get() if debtor == "lm" else None, runs)
    still_owed = [owed(stage.ground(one), cases, stage.store, seed=seed, trials=trials) for one in plan.contestants]
    if dry_run:
        cli.results().print(_to_play(plan, still_owed, len(cases) * trials))
        return
    cli.stderr.print(_announced(plan, sum(still_owed), len(cases), trials), highlight=False)
    stage.check_models(plan.contestants)
    with place.executor() as executor, progress() as bar:
        evaluations = dict(zip(plan.taken, stage.played(plan.contestants, executor, bar), strict=True))
    result = ablated(
        plan.changes,
        evaluations,
        metric=metric,
        labels=plan.labels,
        fingerprints={taken: one.fingerprint for taken, one in zip(plan.taken, plan.contestants, strict=True)},
        setting=stage.setting(split, loaded.name),
        seed=seed,
        notes=_notes(pair, split),
    )
    if split == "heldout":
        _, said = recorded(artifacts, _looked(result, [one.mean("objective") for one in evaluations.values()]))
        result = result.model_copy(update={"notes": (*result.notes, *said)})
    if json is not None:
        replace_file(json, f"{result.model_dump_json(indent=2)}\n".encode())
    cli.results().print(rendered(result))


@dataclass(frozen=True)
class AblationPlan:
    """What an ablation plays."""

    labels: tuple[str, str]
    changes: tuple[AtomicChange, ...]
    taken: tuple[Taken, ...]
    contestants: tuple[Contestant, ...]
    """One for each of `taken`."""


def planned(a: Contestant, b: Contestant, *, exact: bool) -> AblationPlan:
    """The changes from `a` to `b` and the programs in between.

    Raises:
        UserError: they are no programs with prompts, or of different variants, or the same program, or too many
            changes for `exact`.
    """
    before, after = _program(a), _program(b)
    found = atomic_changes(before, after, a.label, b.label)
    if exact and len(found) > MOST_EXACT:
        raise UserError(
            f"--exact would play all {2 ** len(found)} combinations of {len(found)} changes; it takes at most "
            f"{MOST_EXACT} changes, so leave it out: the shares are then approximations from {2 * len(found) + 2} "
            "programs"
        )
    taken = combinations_to_play(len(found), exact=exact or len(found) <= FREE_EXACT)
    labels = (a.label, b.label)
    made = [
        _contestant(a, with_changes(before, after, [found[i] for i in sorted(some)]), label_of(some, found, labels))
        for some in taken
    ]
    return AblationPlan(labels, found, taken, tuple(made))


def _program(one: Contestant) -> Maden:
    if not isinstance(one.program, Maden) or one.model is not None:
        raise UserError(
            f"{one.label} is no variant or artifact, so it has no parts to swap; name two versions of one program"
        )
    return one.program


def _contestant(like: Contestant, program: Maden, label: str) -> Contestant:
    return replace(
        like,
        label=label,
        program=program,
        seat=program.seat,
        policy=program.settings.policy,
        fingerprint=program.sha256,
    )


def _to_play(plan: AblationPlan, still_owed: Sequence[int], each: int) -> Table:
    table = Table(title="To be played", title_justify="left")
    table.add_column("program", overflow="fold")
    for heading in ("negotiations", "already played", "to play"):
        table.add_column(heading, justify="right")
    for one, left in zip(plan.contestants, still_owed, strict=True):
        table.add_row(Text(one.label), str(each), str(each - left), str(left))
    table.add_section()
    every = each * len(still_owed)
    table.add_row("all", str(every), str(every - sum(still_owed)), str(sum(still_owed)))
    return table


def _announced(plan: AblationPlan, left: int, debtors: int, trials: int) -> str:
    every = len(plan.taken) * debtors * trials
    changed = "1 change" if len(plan.changes) == 1 else f"{len(plan.changes)} changes"
    return (
        f"{changed}, {len(plan.taken)} programs x {debtors} debtors x {trials} trial{'s' if trials > 1 else ''}: "
        f"{every} negotiations, {every - left} of them already played, {left} to play"
    )


def _notes(pair: Sequence[Contestant], split: str) -> tuple[str, ...]:
    notes = ["each interval stands for itself; of many changes one in twenty looks like something by chance"]
    if split == "val" and any(one.kind == "artifact" for one in pair):
        notes.append("val debtors chose the artifact while it was compiled, so the gain looks larger here than it is")
    return tuple(notes)


def _looked(result: Ablation, objectives: Sequence[float]) -> Looked:
    """The line that an ablation leaves in the ledger of held-out use."""
    return look_now(
        result.setting,
        {one.label: one.fingerprint for one in result.programs},
        {one.label: mean - objectives[0] for one, mean in zip(result.programs[1:], objectives[1:], strict=True)},
    )


if __name__ == "__main__":
    cli.run(ablate, "python -m programs.ablate")
