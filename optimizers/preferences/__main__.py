"""`python -m optimizers.preferences`: sample preference pairs for post-training from training debtors."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Annotated

import dspy
import typer

from data.book import read_book
from data.domain import DebtCase
from data.policy import read_policy
from optimizers.preferences.formats import PairFormat, write_pairs
from optimizers.preferences.pairs import PairRules, pairs_at
from optimizers.preferences.pairs_card import PairsCard, card_of, text
from optimizers.preferences.run import (
    PreferenceConfig,
    PreferenceRun,
    Progress,
    SampledNegotiation,
    paid,
    require_training,
    sample,
)
from optimizers.preferences.sampling import Sampler, SamplingPlan
from optimizers.preferences.student import Student
from optimizers.runs.folder import RUNS
from optimizers.spending.budget import Limits
from plumbing import cli
from plumbing.bars import PhaseBars
from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.artifacts.playing_code import playing_code
from programs.debtor.seating import debtor_factory
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.maden import Maden
from programs.models import make as models
from programs.models.pace import set_limits
from programs.options import (
    ArtifactsOption,
    BookOption,
    ClusterOption,
    CpusOption,
    GpusOption,
    LmDebtorOption,
    MaxCallsOption,
    MaxMinutesOption,
    MaxUsdOption,
    PolicyOption,
    RpmOption,
    RunsOption,
    TpmOption,
    WorkersOption,
)
from programs.playing.contestants import ARTIFACTS, NamedModel, contestant
from programs.playing.placing import Place
from programs.playing.played_store import lm_id
from programs.playing.stage import chosen_debtors

_PLAN, _RULES = SamplingPlan(), PairRules()


def preferences(  # noqa: PLR0913, PLR0917  (a command line)
    out: Annotated[Path, typer.Option(help="File of the pairs, .jsonl; the card is written beside it.")],
    teacher: Annotated[str, typer.Option(help="Who shows how: a variant or an artifact (maden@champion).")] = "maden",
    lm: Annotated[str, typer.Option(help="The teacher's: local, local:FILE.gguf or a LiteLLM string.")] = models.LOCAL,
    student_lm: Annotated[
        str | None, typer.Option(help="The model to be trained, for samples of its own; default: that of --lm.")
    ] = None,
    debtors: Annotated[int, typer.Option(min=1, help="Training debtors; never others.")] = 20,
    turns: Annotated[int, typer.Option(min=1, max=100, help="Turns a negotiation at which others are sampled.")] = (
        _PLAN.turns
    ),
    teacher_samples: Annotated[int, typer.Option(min=0, max=64, help="Sampled turns of the teacher at each.")] = (
        _PLAN.teacher_samples
    ),
    student_samples: Annotated[int, typer.Option(min=0, max=64, help="Sampled turns of the student at each.")] = (
        _PLAN.student_samples
    ),
    temperature: Annotated[float, typer.Option(min=0.01, max=2, help="Of what is sampled.")] = _PLAN.temperature,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Objective from which a turn may be chosen.")] = (
        _RULES.threshold
    ),
    margin: Annotated[float, typer.Option(min=0.001, max=1, help="How far below the chosen one a rejected one is.")] = (
        _RULES.margin
    ),
    rejected: Annotated[int, typer.Option(min=1, max=64, help="Rejected turns for one prompt at most.")] = (
        _RULES.rejected
    ),
    form: Annotated[PairFormat, typer.Option("--format", help="Whose trainer reads the file.")] = PairFormat.TRL,
    debtor: LmDebtorOption = "simulated",
    book: BookOption = None,
    policy: PolicyOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the debtors' behaviour, of the turns and of the samples.")] = 0,
    threads: Annotated[
        int, typer.Option(min=1, max=256, help="Debtors at once (on a cluster: in each worker); for remote models.")
    ] = 1,
    cluster: ClusterOption = None,
    workers: WorkersOption = None,
    cpus_per_worker: CpusOption = None,
    gpus_per_worker: GpusOption = None,
    rpm: RpmOption = None,
    tpm: TpmOption = None,
    max_usd: MaxUsdOption = None,
    max_calls: MaxCallsOption = None,
    max_minutes: MaxMinutesOption = None,
    runs: RunsOption = RUNS,
    artifacts: ArtifactsOption = ARTIFACTS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it may take, call nothing.")] = False,
) -> None:
    """Sample preference pairs: at the same table, which turn led to the better end?

    The teacher plays training debtors. At some of its turns others are sampled, the teacher's and the student's own;
    each is played to its end by the teacher against the same debtor and scored by the objective. The best turn that
    passes the threshold is chosen, those that fall short by the margin are rejected. The student is the vanilla
    negotiator: prompts are its prompts, replies are written as it would write them. Words that break a rule of conduct
    and offers outside the limits are never chosen.

    The same command goes on where it was stopped and pays for nothing twice; with more --debtors it adds to what is
    there. --threshold, --margin, --rejected and --format may change freely: nothing is sampled again.

    Examples: `python -m optimizers.preferences --debtors 20 --out pairs.jsonl`;
    `python -m optimizers.preferences --teacher maden@champion --lm openai/gpt-4o --student-lm openai/gpt-4o-mini
    --debtors 200 --threads 16 --max-usd 20 --format openai --out pairs.jsonl`.
    """
    set_limits(rpm, tpm)
    place = Place(threads, cluster, workers, cpus_per_worker, gpus_per_worker)
    plan = SamplingPlan(
        turns=turns, teacher_samples=teacher_samples, student_samples=student_samples, temperature=temperature
    )
    rules = PairRules(threshold=threshold, margin=margin, rejected=rejected)
    if plan.teacher_samples + plan.student_samples == 0:
        raise UserError("nothing would be sampled; give --teacher-samples or --student-samples above 0")
    model, student_model = NamedModel(lm), NamedModel(student_lm or lm)
    program, sha256 = _teacher(teacher, debtor, model, artifacts, policy)
    cases_of = read_book(book)
    cases = chosen_debtors(cases_of, "train", debtors)
    config = PreferenceConfig(
        teacher=teacher,
        teacher_sha256=sha256,
        lm=lm_id(model.get()),
        student_lm=lm_id(student_model.get()),
        debtor=debtor,
        book_sha256=cases_of.sha256,
        playing_sha256=playing_code(),
        seed=seed,
        plan=plan,
    )
    run = PreferenceRun(runs, config)
    cli.tell(*_plan(run, program, cases))
    if dry_run:
        return
    lms = [model.get(), student_model.get()]
    _check(run, cases, lms)
    student = Student(
        program.settings.model_copy(update={"temperature": plan.temperature}),
        student_model.get() if student_lm else None,
    )
    limits = Limits(max_usd=max_usd, max_calls=max_calls, max_minutes=max_minutes)
    sampler = Sampler(program, student, plan)
    with (
        run.spending(limits, lms) as (_, store),
        dspy.context(lm=model.get()),
        place.executor() as executor,
        PhaseBars() as bars,
    ):
        bars.phase("sampling", len(cases), "training debtors")
        negotiations, halted = sample(run, sampler, cases, executor, _watching(bars, rules))
        cost = paid(store)
    require_training(cases_of, negotiations)
    pairs = [pair for one in negotiations for table in one.tables for pair in pairs_at(table, rules)]
    why = str(halted) if halted is not None else None
    if pairs:
        files = write_pairs(out, pairs, form)
        card = card_of(config, rules, cases_of.source, negotiations, pairs, _sha256(out), cost, why)
        _write_card(card, out)
        cli.tell(f"{len(pairs)} pairs written to {' and '.join(map(str, files))}")
    if halted is not None:
        cli.tell(f"stopped early: {why}; the same command goes on and pays for nothing twice")
        sys.exit(cli.EXIT_INTERRUPTED if halted.reason == "interrupted" else 0)
    if not pairs:
        raise UserError(
            "no pair came of it, and nothing was written: no turn passed the threshold, or all that did were about as "
            "good; lower --threshold or --margin (nothing is sampled again), or sample more"
        )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_card(card: PairsCard, out: Path) -> None:
    replace_file(out.with_suffix(".card.json"), f"{card.model_dump_json(indent=1)}\n".encode())
    replace_file(out.with_suffix(".card.md"), text(card).encode())
    cli.results().print(text(card), highlight=False)


def _teacher(name: str, debtor: str, model: NamedModel, artifacts: Path, policy: Path | None) -> tuple[Maden, str]:
    """The program that shows how, and its fingerprint."""
    found = contestant(name, debtors=debtor_factory(debtor, model), artifacts=artifacts, policy=read_policy(policy))
    return found.own_program("teach"), found.fingerprint


def _plan(run: PreferenceRun, program: Maden, cases: tuple[DebtCase, ...]) -> list[str]:
    plan, known = run.config.plan, run.known()
    owed = sum(case.case_id not in known for case in cases)
    low, high = NEGOTIATIONS.sizes(program.settings.variant).calls
    samples = plan.turns * (plan.teacher_samples + plan.student_samples)
    # A sampled turn is played on from the middle of a negotiation: half of one, on average.
    calls = tuple(round(owed * (one + samples * (1 + one / 2))) for one in (low, high))
    return [
        f"{len(cases)} training debtors, {len(cases) - owed} of them sampled already; run {run.path}",
        f"about {calls[0]} to {calls[1]} model calls; answered ones come from the cache",
    ]


def _check(run: PreferenceRun, cases: tuple[DebtCase, ...], lms: list[dspy.LM]) -> None:
    """Try the models, where there is anything left to ask them."""
    known = run.known()
    if any(case.case_id not in known for case in cases):
        for lm in dict.fromkeys(lms):
            models.check_lm(lm)


def _watching(bars: PhaseBars, rules: PairRules) -> Progress:
    def done(one: SampledNegotiation, known: bool) -> None:
        pairs = sum(len(pairs_at(table, rules)) for table in one.tables)
        bars.advance(None if known else f"{one.case_id}: {len(one.tables)} tables, {pairs} pairs")

    return Progress(done, lambda case_id, why: bars.say(f"  {case_id} was lost: {why}"))


if __name__ == "__main__":
    cli.run(preferences, "python -m optimizers.preferences")
