"""`python -m optimizers.preferences`: sample preference pairs for post-training from training debtors."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Annotated

import dspy
import typer

from data.book import DebtorBook, read_book
from data.domain import DebtCase
from data.policy import read_policy
from optimizers.preferences.card.label_checks import confirmed, told_apart_by_words
from optimizers.preferences.card.pairs_card import PairsCard, PairsChecked, card_of, text
from optimizers.preferences.formats import PairFormat, write_examples, write_pairs
from optimizers.preferences.pairs import Pair, PairRules, balanced, examples_at, pairs_at
from optimizers.preferences.rollouts import Rollouts
from optimizers.preferences.run import (
    PreferenceConfig,
    PreferenceRun,
    Progress,
    SampledNegotiation,
    paid,
    require_training,
    sample,
)
from optimizers.preferences.sampling import SamplingPlan
from optimizers.preferences.travelling_sampler import PICKING, VANILLA, TravellingSampler
from optimizers.runs.folder import RUNS
from optimizers.spending.budget import Limits
from plumbing import cli
from plumbing.bars import PhaseBars
from plumbing.errors import UserError
from plumbing.files import replace_file
from programs.artifacts.playing_code import playing_code
from programs.command_options import (
    ArtifactsOption,
    BookOption,
    ClusterOption,
    CpusOption,
    GpusOption,
    MaxCallsOption,
    MaxMinutesOption,
    MaxUsdOption,
    PolicyOption,
    RpmOption,
    RunsOption,
    ThreadsOption,
    TpmOption,
    WorkersOption,
)
from programs.creditor.rule_seats import rule_seat
from programs.kinds.negotiation_kind import NEGOTIATIONS
from programs.models import make as models
from programs.models.pace import set_limits
from programs.playing.contestants import ARTIFACTS, Contestant, NamedModel, contestant
from programs.playing.placing import Place
from programs.playing.played_store import lm_id
from programs.playing.stage import chosen_debtors

_PLAN, _RULES = SamplingPlan(), PairRules()
CHECKED_TABLES = 200
"""Tables whose labels are played again for the card."""


def preferences(  # noqa: PLR0913, PLR0917  (a command line)
    out: Annotated[Path, typer.Option(help="File of the pairs, .jsonl; the card is written beside it.")],
    teacher: Annotated[
        str, typer.Option(help="Whose moves are proposed: a rule (rational, linear), a variant or an artifact.")
    ] = "rational",
    lm: Annotated[str, typer.Option(help="The student's model, and the teacher's if it needs one.")] = models.LOCAL,
    student_lm: Annotated[
        str | None, typer.Option(help="The model to be trained, where it is another one than --lm.")
    ] = None,
    student: Annotated[str, typer.Option(help="Whose replies are taught: vanilla, planned or maden.")] = "vanilla",
    debtors: Annotated[int, typer.Option(min=1, help="Training debtors; never others.")] = 20,
    turns: Annotated[
        int, typer.Option(min=0, max=100, help="Tables of the student's own negotiation, each debtor.")
    ] = (_PLAN.turns),
    teacher_turns: Annotated[int, typer.Option(min=0, max=100, help="Tables of the teacher's, each debtor.")] = (
        _PLAN.teacher_turns
    ),
    student_samples: Annotated[int, typer.Option(min=0, max=64, help="Sampled replies of the student at each.")] = (
        _PLAN.student_samples
    ),
    temperature: Annotated[float, typer.Option(min=0.01, max=2, help="Of what is sampled.")] = _PLAN.temperature,
    debtor_seeds: Annotated[int, typer.Option(min=1, max=100, help="Simulated debtors that a move is valued with.")] = (
        _PLAN.debtor_seeds
    ),
    plays_on: Annotated[str, typer.Option(help="The rule that plays the rest when a move is valued.")] = _PLAN.plays_on,
    threshold: Annotated[float, typer.Option(min=0, max=1, help="Objective from which a turn may be chosen.")] = (
        _RULES.threshold
    ),
    margin: Annotated[float, typer.Option(min=0.001, max=1, help="How far below the chosen one a rejected one is.")] = (
        _RULES.margin
    ),
    contrasts: Annotated[int, typer.Option(min=0, max=64, help="Worse decisions beside a reply that was right.")] = (
        _RULES.contrasts
    ),
    balance: Annotated[float, typer.Option(min=1, help="How lopsided kinds of moves may be; 1: not at all.")] = (
        _RULES.balance
    ),
    form: Annotated[PairFormat, typer.Option("--format", help="Whose trainer reads the files.")] = PairFormat.TRL,
    examples: Annotated[
        Path | None, typer.Option(help="Also write the replies worth imitating, for supervised fine-tuning.")
    ] = None,
    book: BookOption = None,
    policy: PolicyOption = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the debtors' behaviour, of the turns and of the samples.")] = 0,
    threads: ThreadsOption = 1,
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
    """Sample preference pairs: at the same table and in the same words, which decision led to the better end?

    The student, the vanilla negotiator, plays training debtors. At some of its turns, and of a teacher's, it is asked
    again; every sensible move is put into its replies in place of its own, and each is played to its end by a rule that
    takes nothing back, against several simulated debtors. The best sound one is chosen. Both sides of a pair are the
    student's own JSON and differ in the choice and the four figures alone.

    The same command goes on where it was stopped and pays for nothing twice; with more --debtors it adds to what is
    there. --threshold, --margin, --contrasts, --balance and --format may change freely: nothing is sampled again.

    Examples: `python -m optimizers.preferences --debtors 40 --out pairs.jsonl`;
    `python -m optimizers.preferences --teacher maden@champion --lm openai/gpt-4o --student-lm openai/gpt-4o-mini
    --debtors 200 --threads 16 --max-usd 20 --format openai --out pairs.jsonl --examples examples.jsonl`.
    """
    set_limits(rpm, tpm)
    place = Place(threads, cluster, workers, cpus_per_worker, gpus_per_worker)
    plan = SamplingPlan(
        turns=turns,
        teacher_turns=teacher_turns,
        student_samples=student_samples,
        temperature=temperature,
        debtor_seeds=debtor_seeds,
        plays_on=plays_on,
    )
    rules = PairRules(threshold=threshold, margin=margin, contrasts=contrasts, balance=balance)
    if student not in (VANILLA, *PICKING):
        raise UserError(f"{student} is no student; there are {VANILLA}, {' and '.join(PICKING)}")
    if plan.turns + (plan.teacher_turns if student == VANILLA else 0) == 0:
        raise UserError("no table would be looked at; give --turns or --teacher-turns above 0")
    model, student_model = NamedModel(lm), NamedModel(student_lm or lm)
    shows = _teacher(teacher, artifacts, policy)
    cases_of = read_book(book)
    cases = chosen_debtors(cases_of, "train", debtors)
    rule_seat(plays_on, cases[0].creditor_view(), shows.policy, seed)  # its name is checked before anything is played
    config = PreferenceConfig(
        teacher=teacher,
        teacher_sha256=shows.fingerprint,
        teacher_lm=lm_id(model.get()) if shows.needs_lm else None,
        student_lm=lm_id(student_model.get()),
        student=student,
        book_sha256=cases_of.sha256,
        playing_sha256=playing_code(),
        seed=seed,
        plan=plan,
    )
    run = PreferenceRun(runs, config)
    cli.tell(*_plan(run, shows, cases))
    if dry_run:
        return
    lms = list(dict.fromkeys([student_model.get(), *([model.get()] if shows.needs_lm else [])]))
    _check(run, cases, lms)
    sampler = TravellingSampler(student, shows.served(), student_model, plan)
    limits = Limits(max_usd=max_usd, max_calls=max_calls, max_minutes=max_minutes)
    with (
        place.executor() as executor,
        run.spending(limits, lms) as (_, store),
        dspy.context(lm=lms[-1]),
        PhaseBars() as bars,
    ):
        bars.phase("sampling", len(cases), "training debtors")
        negotiations, halted = sample(run, sampler, cases, executor, _watching(bars, rules))
        cost = paid(store)
    require_training(cases_of, negotiations)
    pairs, dropped = _labelled(negotiations, rules)
    why = str(halted) if halted is not None else None
    if pairs:
        files = [*write_pairs(out, pairs, form), *_examples(examples, negotiations, rules, form)]
        rollouts = Rollouts(plays_on, shows.policy)
        checked = _checked(cases_of, negotiations, rules, pairs, rollouts, dropped, _sha256(out))
        card = card_of(config, rules, cases_of.source, negotiations, pairs, checked, cost, why)
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


def _labelled(negotiations: list[SampledNegotiation], rules: PairRules) -> tuple[list[Pair], int]:
    """The balanced pairs, and how many were left out for that."""
    found = [pair for one in negotiations for table in one.tables for pair in pairs_at(table, rules)]
    pairs = balanced(found, rules.balance)
    return pairs, len(found) - len(pairs)


def _checked(
    book: DebtorBook,
    negotiations: list[SampledNegotiation],
    rules: PairRules,
    pairs: list[Pair],
    rollouts: Rollouts,
    dropped: int,
    sha256: str,
) -> PairsChecked:
    """How the pairs hold."""
    tables = [table for one in negotiations for table in one.tables]
    cases = {case.case_id: case for case in book.split("train")}
    return PairsChecked(
        pairs_sha256=sha256,
        dropped_for_balance=dropped,
        confirmed=confirmed(pairs, tables, cases, rollouts, CHECKED_TABLES),
        told_apart_by_words=told_apart_by_words(pairs),
        examples=sum(len(examples_at(table, rules)) for table in tables),
    )


def _examples(
    path: Path | None, negotiations: list[SampledNegotiation], rules: PairRules, form: PairFormat
) -> tuple[Path, ...]:
    if path is None:
        return ()
    return write_examples(path, [e for one in negotiations for t in one.tables for e in examples_at(t, rules)], form)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _write_card(card: PairsCard, out: Path) -> None:
    replace_file(out.with_suffix(".card.json"), f"{card.model_dump_json(indent=1)}\n".encode())
    replace_file(out.with_suffix(".card.md"), text(card).encode())
    cli.results().print(text(card), highlight=False)


def _teacher(name: str, artifacts: Path, policy: Path | None) -> Contestant:
    """Who shows how.

    Raises:
        UserError: it sits at no table by itself: a file of negotiations, or a model of its own.
    """
    found = contestant(name, artifacts=artifacts, policy=read_policy(policy))
    if found.kind in ("saved", "model"):
        raise UserError(f"{name} cannot teach; name a rule (rational, linear), a variant (maden) or an artifact")
    return found


def _plan(run: PreferenceRun, shows: Contestant, cases: tuple[DebtCase, ...]) -> list[str]:
    plan, known = run.config.plan, run.known()
    owed = sum(case.case_id not in known for case in cases)
    student = NEGOTIATIONS.sizes(run.config.student).calls
    samples = plan.turns * plan.student_samples + plan.teacher_turns * (1 + plan.student_samples)
    if shows.needs_lm:  # its own negotiation, and at each table its first plan and turn
        samples += 2 * (plan.turns + plan.teacher_turns)
    low, high = (round(owed * (one * (1 + shows.needs_lm) + samples)) for one in student)
    return [
        f"{len(cases)} training debtors, {len(cases) - owed} of them sampled already; run {run.path}",
        f"about {low} to {high} model calls; answered ones come from the cache",
    ]


def _check(run: PreferenceRun, cases: tuple[DebtCase, ...], lms: list[dspy.LM]) -> None:
    """Try the models, where there is anything left to ask them."""
    known = run.known()
    if any(case.case_id not in known for case in cases):
        for lm in lms:
            models.check_lm(lm)


def _watching(bars: PhaseBars, rules: PairRules) -> Progress:
    def done(one: SampledNegotiation, known: bool) -> None:
        pairs = sum(len(pairs_at(table, rules)) for table in one.tables)
        bars.advance(None if known else f"{one.case_id}: {len(one.tables)} tables, {pairs} pairs")

    return Progress(done, lambda case_id, why: bars.say(f"  {case_id} was lost: {why}"))


if __name__ == "__main__":
    cli.run(preferences, "python -m optimizers.preferences")
