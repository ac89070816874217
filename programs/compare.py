"""`python -m programs.compare`: is one program better than another, on the same examples with the same seeds?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from data.policy import read_policy
from plumbing import cli
from plumbing.bars import progress
from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.artifacts.diff import ArtifactDiff, program_diff
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
    StratifyOption,
    ThreadsOption,
    TpmOption,
    TrialSeedOption,
    WorkersOption,
)
from programs.comparison.apart.apart_contest import ApartContest
from programs.comparison.apart.apart_text import rendered_apart
from programs.comparison.apart.meeting import MeetingGround, drawn_book, met
from programs.comparison.comparison_text import rendered
from programs.comparison.examples.contest import Contest
from programs.comparison.examples.measured import MeasuredComparison
from programs.comparison.examples.measured_text import rendered_measured
from programs.comparison.looks import Looks, looked, recorded
from programs.comparison.margins import read_margins
from programs.comparison.outputs import Outputs
from programs.comparison.paired import Comparison, DifferenceVerdict, compared
from programs.comparison.sample_size import planned
from programs.debtor.seating import debtor_factory
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.maden import Maden
from programs.models import make as models
from programs.models.accounts import Cost
from programs.models.pace import set_limits
from programs.playing.contestants import (
    ARTIFACTS,
    Contestant,
    NamedModel,
    contestants,
    contestants_of,
    kind_of_names,
)
from programs.playing.evaluate import Evaluation
from programs.playing.placing import Place
from programs.playing.stage import Stage


def compare(  # noqa: PLR0913, PLR0917  (a command line)
    programs: Annotated[
        list[str],
        typer.Argument(
            help="The baseline first, then what is compared to it: artifacts, variants, rules, models such as "
            "openai/gpt-4o-mini (the vanilla negotiator on it), files of saved negotiations (.jsonl)."
        ),
    ],
    split: Annotated[str, typer.Option(help="heldout, or val; of messages fresh too.")] = "heldout",
    debtors: MeasuredOption = None,
    stratify: StratifyOption = False,
    trials: Annotated[int, typer.Option(min=1, help="Negotiations per debtor, each sampled anew.")] = 1,
    seed: TrialSeedOption = 0,
    lm: LmOption = models.LOCAL,
    debtor: DebtorOption = "simulated",
    debtor_lm: DebtorLmOption = None,
    book: BookOption = None,
    policy: PolicyOption = None,
    margins: Annotated[
        Path | None, typer.Option(help="TOML file: the smallest difference that matters, by metric; default: shipped.")
    ] = None,
    threads: ThreadsOption = 1,
    cluster: ClusterOption = None,
    workers: WorkersOption = None,
    cpus_per_worker: CpusOption = None,
    gpus_per_worker: GpusOption = None,
    rpm: RpmOption = None,
    tpm: TpmOption = None,
    plan: Annotated[
        float | None,
        typer.Option(metavar="EFFECT", help="Play nothing; say how much would show this difference of the objective."),
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report there: one page, no network needed.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the comparison there.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the metrics there, one row a negotiation.")] = None,
    save_negotiations: Annotated[
        Path | None, typer.Option(help="FILE.jsonl: write the records to FILE.PROGRAM.jsonl, one file a program.")
    ] = None,
    fail_if_worse: Annotated[
        bool, typer.Option("--fail-if-worse", help="Exit with 1 if a program's objective is worse.")
    ] = False,
    artifacts: ArtifactsOption = ARTIFACTS,
    runs: PlayedOption = Path("runs"),
) -> None:
    """Compare programs to the first one: paired by debtor, with intervals and a verdict in words.

    Stopped or repeated, it plays only what has not been played yet. Saved negotiations are scored by today's metrics,
    without a model. Comparisons on held-out debtors are written down beside the artifacts, and the report says how
    often they have been looked at.

    Examples: `python -m programs.compare maden maden@champion --html report.html`;
    `python -m programs.compare maden@3 maden@4 --trials 3 --fail-if-worse`;
    `python -m programs.compare maden@3 maden@4 --split val --plan 0.02`: what would it take to show 0.02?
    `python -m programs.compare old.maden.jsonl new.maden.jsonl`;
    `python -m programs.compare reader reader@1 --split heldout`: on the held-out messages.
    """
    if len(programs) < 2:
        raise UserError("name at least two programs: the baseline and what is compared to it")
    kind = kind_of_names(programs, artifacts)
    if split not in kind.measured_on:
        raise UserError(f"no split to compare on is called {split!r}; there are {', '.join(kind.measured_on)}")
    set_limits(rpm, tpm)
    place = Place(threads, cluster, workers, cpus_per_worker, gpus_per_worker)
    outputs = Outputs(html, json, csv, save_negotiations)
    outputs.check()
    model = NamedModel(lm)
    if kind is not NEGOTIATIONS:
        if debtor != "simulated" or debtor_lm or policy:
            raise UserError(f"{programs[0]} meets no debtor and keeps no policy; leave --debtor and --policy out")
        names = [measure.id for measure in kind.measures]
        contest = Contest(
            kind,
            contestants_of(kind, programs, artifacts),
            kind.book(book),
            split,
            debtors,
            trials,
            seed,
            read_margins(margins, names) if margins else kind.margins,
        )
        if plan is not None:
            cli.results().print(planned(plan, contest.stage(model.get(), runs), contest.found))
            return
        measured, played = contest.compared(model.get(), runs, artifacts, outputs, place)
        if html is not None:
            _write_examples_report(html, contest, measured, played)
        cli.results().print(rendered_measured(kind, measured))
        if fail_if_worse and any(pair.objective.verdict is DifferenceVerdict.WORSE for pair in measured.pairs):
            sys.exit(cli.EXIT_COMPARISON_FAILED)
        return
    smallest = read_margins(margins)
    debtor_model = NamedModel(debtor_lm) if debtor_lm else model
    found = contestants(
        programs, debtors=debtor_factory(debtor, debtor_model), artifacts=artifacts, policy=read_policy(policy)
    )
    creditor_lm = model.get() if any(one.needs_lm and one.model is None for one in found) else None
    drawn = drawn_book(book, split, debtors) if stratify else None
    found, ground, apart = met(found, book, split, debtors, seed, trials, drawn)
    stage = Stage(
        ground.cases,
        ground.book_sha256,
        ground.seed,
        ground.trials,
        creditor_lm,
        debtor_model.get() if debtor == "lm" else None,
        runs,
    )
    if apart is not None:
        apart.check(outputs, plan=plan is not None, fail_if_worse=fail_if_worse)
        _compare_apart(apart, stage, ground, outputs, place)
        return
    if plan is not None:
        cli.results().print(planned(plan, stage, found))
        return
    stage.check_models(found)
    with place.executor() as executor, progress() as bar:
        evaluations = stage.played(found, executor, bar)
    notes = _notes(found, ground.split, artifacts)
    setting = stage.setting(ground.split, ground.source)
    result = compared(found, evaluations, setting=setting, seed=seed, notes=notes, margins=smallest)
    looks, said = recorded(artifacts, looked(result)) if ground.split == "heldout" else (None, ())
    result = result.model_copy(update={"notes": (*notes, *said)})
    outputs.write(result, found, evaluations)
    if html is not None:
        _write_report(html, result, found, evaluations, stage, looks)
    cli.results().print(rendered(result))
    if fail_if_worse and any(pair.objective.verdict is DifferenceVerdict.WORSE for pair in result.pairs):
        sys.exit(cli.EXIT_COMPARISON_FAILED)


def _compare_apart(apart: ApartContest, stage: Stage, ground: MeetingGround, outputs: Outputs, place: Place) -> None:
    playing = [one for one in apart.found if one.saved is None]
    stage.check_models(playing)
    with place.executor() as executor, progress() as bar:
        played = dict(zip((one.label for one in playing), stage.played(playing, executor, bar), strict=True))
    result = apart.compared(played, stage.setting(ground.split, ground.source), outputs, ground.seed)
    cli.results().print(rendered_apart(result))


def _write_report(
    path: Path,
    result: Comparison,
    found: Sequence[Contestant],
    evaluations: Sequence[Evaluation],
    stage: Stage,
    looks: Looks | None,
) -> None:
    from reports.comparison.page import render  # its libraries are an extra

    costs = {one.label: sum(known, Cost()) for one in found if (known := stage.costs(one))}
    created = datetime.now(UTC).isoformat(timespec="minutes")
    page = render(result, evaluations, diffs=_diffs(found), looks=looks, costs=costs, created=created)
    replace_file(path, page.encode())
    cli.stderr.print(f"report: {path}", highlight=False, soft_wrap=True)


def _write_examples_report(
    path: Path, contest: Contest, result: MeasuredComparison, played: Sequence[Evaluation[Any, Any]]
) -> None:
    from reports.comparison.examples_page import render_examples  # its libraries are an extra

    first, *others = contest.found
    diffs = [program_diff(first.program, other.program, first.label, other.label) for other in others]
    created = datetime.now(UTC).isoformat(timespec="minutes")
    page = render_examples(contest.kind, result, played, diffs=diffs, created=created)
    replace_file(path, page.encode())
    cli.stderr.print(f"report: {path}", highlight=False, soft_wrap=True)


def _diffs(found: Sequence[Contestant]) -> list[ArtifactDiff]:
    """What differs between the first program and each other one; rules and saved negotiations have no prompts."""
    first, *others = found
    if not isinstance(first.program, Maden):
        return []
    return [
        program_diff(first.program, other.program, first.label, other.label)
        for other in others
        if isinstance(other.program, Maden)
    ]


def _notes(found: Sequence[Contestant], split: str, artifacts: Path) -> tuple[str, ...]:
    """What a reader of the figures should know."""
    notes = []
    first_with: dict[str, str] = {}
    for one in found:
        same = first_with.setdefault(one.fingerprint, one.label)
        if same != one.label:
            notes.append(f"{same} and {one.label} are the same program; their figures agree by construction")
        if one.kind == "variant" and (artifacts / one.label).is_dir():
            notes.append(f"{one.label} is the uncompiled variant; write {one.label}@N for a compiled version")
        if one.policy != found[0].policy:
            notes.append(f"{one.label} negotiates inside other limits than {found[0].label}")
    if split == "val" and any(one.kind == "artifact" for one in found):
        notes.append("val debtors choose the program while it is compiled; heldout is the fair test")
    return tuple(notes)


if __name__ == "__main__":
    cli.run(compare, "python -m programs.compare")
