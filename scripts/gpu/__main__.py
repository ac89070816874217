"""`python -m scripts.gpu`: sample, train and evaluate within the minutes that a graphics card is there for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import dspy
import typer

from data.book import read_book
from data.domain import CreditorPolicy, DebtCase
from data.policy import read_policy
from optimizers.preferences.formats import PairFormat, write_examples, write_pairs
from optimizers.preferences.pairs import PairRules, balanced, examples_at, pairs_at
from optimizers.preferences.run import PreferenceConfig, PreferenceRun, Progress, require_training, sample
from optimizers.preferences.sampling import Sampler, SamplingPlan
from optimizers.preferences.student import Student
from optimizers.spending.budget import Limits
from optimizers.train.stages import Trainee, TrainingStage, run_stage
from optimizers.train.train_settings import Method, TrainSettings
from optimizers.train.training_data import read_examples, read_pairs, split_items
from optimizers.train.weights.adapters import ADAPTER
from optimizers.train.weights.base import find_base, load
from optimizers.train.weights.devices import device_of, dtype_of
from plumbing import cli
from plumbing.bars import PhaseBars
from plumbing.files import replace_file
from programs.artifacts.playing_code import playing_code
from programs.creditor.rule_seats import rule_seat
from programs.creditor.settings import ProgramSettings
from programs.playing.contestants import contestant
from programs.playing.executor import Executor
from programs.playing.played_store import lm_id
from scripts.gpu.arms import Deadline, figures, play_all, summary
from scripts.gpu.engine import BatchingEngine, lm_of
from scripts.gpu.generation import Generator
from scripts.gpu.results import pack

TEACHER = "rational"


@dataclass
class Bench:
    """What every stage needs."""

    out: Path
    book: Path | None
    policy: CreditorPolicy
    trainee: Trainee
    at_once: int
    deadline: Deadline
    settings: TrainSettings
    plan: SamplingPlan

    def lm(self, name: str) -> dspy.LM:
        """The weights as they are now, called `name`."""
        model = self.trainee.adapted if self.trainee.adapted is not None else self.trainee.weights
        return lm_of(
            f"torch/{name}-{self._weights_sha256()[:12]}",
            BatchingEngine(Generator(model, self.trainee.tokenizer), self.at_once),
        )

    def _weights_sha256(self) -> str:
        """Of the base and of the adapters that it has now."""
        told = hashlib.sha256(f"{self.trainee.base.name} {self.trainee.base.sha256} {self.trainee.dtype}".encode())
        if self.trainee.began_from is not None:
            for file in sorted((self.trainee.began_from / ADAPTER).glob("*.safetensors")):
                told.update(file.read_bytes())
        return told.hexdigest()


def main(  # noqa: PLR0913, PLR0917  (a command line)
    model: Annotated[str, typer.Option(help="A model's directory, local:FILE.gguf or local.")],
    out: Annotated[Path, typer.Option(help="Folder of all that comes of it; the same folder again goes on.")],
    minutes: Annotated[float, typer.Option(min=0, help="After these nothing new is begun.")] = 13.0,
    book: Annotated[Path | None, typer.Option(help="A debtor book; default the shipped one.")] = None,
    policy: Annotated[Path | None, typer.Option(help="The creditor's limits; default the shipped ones.")] = None,
    train_debtors: Annotated[int, typer.Option(min=1, help="Training debtors that are sampled.")] = 300,
    heldout_debtors: Annotated[int, typer.Option(min=1, help="Held-out debtors that every arm plays.")] = 166,
    turns: Annotated[int, typer.Option(min=0, help="Tables of the student's negotiation, each debtor.")] = 3,
    student_samples: Annotated[int, typer.Option(min=0, help="Sampled replies at each.")] = 2,
    at_once: Annotated[int, typer.Option(min=1, help="Replies that are written together.")] = 128,
    epochs: Annotated[float, typer.Option(min=0.01, help="Of each stage.")] = 1.0,
    learning_rate: Annotated[float, typer.Option(help="Of the adapters.")] = 1e-4,
    beta: Annotated[float, typer.Option(help="Of the preferences.")] = 0.1,
    rank: Annotated[int, typer.Option(min=1, help="Of the adapters.")] = 8,
    top_layers: Annotated[int, typer.Option(min=1, help="Layers with adapters.")] = 1000,
    batch: Annotated[int, typer.Option(min=1, help="Pairs a step.")] = 16,
    max_tokens: Annotated[int, typer.Option(min=64, help="Longer pairs are left out.")] = 4096,
    alone: Annotated[bool, typer.Option("--dpo-alone", help="Also train by preferences from the bare base.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    seed: Annotated[int, typer.Option(min=0, help="Of the debtors, the samples and the training.")] = 0,
) -> None:
    """Base, imitation, preference: each trained and played on the held-out debtors, packed after every stage.

    The same command goes on where it was ended, by a deadline or by the machine. Needs the extra `train` and
    llguidance. OUT/results.tar.xz is what to take home; OUT/summary.json has the table.

    Example: python -m scripts.gpu --model /models/qwen2.5-1.5b-instruct --out run
    """
    deadline = Deadline(minutes)
    place = device_of(device)  # type: ignore[arg-type]  # says itself what it takes
    bench = Bench(
        out=out,
        book=book,
        policy=read_policy(policy) or CreditorPolicy(),
        trainee=_loaded(model, out, place),
        at_once=at_once,
        deadline=deadline,
        settings=TrainSettings(
            epochs=epochs,
            learning_rate=learning_rate,
            beta=beta,
            rank=rank,
            top_layers=top_layers,
            batch=batch,
            max_tokens=max_tokens,
            seed=seed,
        ),
        plan=SamplingPlan(turns=turns, student_samples=student_samples),
    )
    debtors = read_book(book)
    heldout = debtors.split("heldout")[:heldout_debtors]
    arms: dict[str, Any] = {}
    for name, work in _stages(bench, debtors.split("train")[:train_debtors], seed, alone):
        if deadline.left_s < 0:
            cli.tell(f"the time is over before {name}; the same command goes on")
            break
        with _timed(name, deadline):
            work()
            if name != "pairs":
                played = play_all(
                    out / "played" / f"{name}.jsonl", heldout, bench.lm(name), bench.policy, at_once, deadline
                )
                arms[name] = figures(played)
                replace_file(out / "summary.json", json.dumps(summary(arms, "base"), indent=1).encode())
            cli.tell(f"packed: {pack(out)}")


def _stages(bench: Bench, cases: tuple[DebtCase, ...], seed: int, alone: bool) -> Iterator[tuple[str, Any]]:
    """Name and work of each stage, in their order."""
    yield "base", lambda: None
    yield "pairs", lambda: _pairs(bench, cases, seed)
    yield "sft", lambda: _trained(bench, "sft", "examples.jsonl", "sft")
    yield "sft-dpo", lambda: _trained(bench, "dpo", "pairs.jsonl", "sft-dpo")
    if alone:
        yield "dpo", lambda: _from_base(bench)


def _loaded(model: str, out: Path, place: str) -> Trainee:
    base, kind = find_base(model), dtype_of(place, "auto")
    weights, tokenizer = load(base, kind)
    weights.to(place)
    return Trainee(
        base=base,
        gguf=base.gguf,
        weights=weights,
        tokenizer=tokenizer,
        device=place,
        dtype=str(kind).removeprefix("torch."),
        states=out / "states",
    )


def _pairs(bench: Bench, cases: tuple[DebtCase, ...], seed: int) -> None:
    """Sample the base's own tables, and write pairs and examples; once, since trainings belong to their file."""
    if (bench.out / "pairs.jsonl").is_file():
        return
    lm, book, rules = bench.lm("base"), read_book(bench.book), PairRules()
    config = PreferenceConfig(
        teacher=TEACHER,
        teacher_sha256=contestant(TEACHER, policy=bench.policy).fingerprint,
        teacher_lm=None,
        student_lm=lm_id(lm),
        book_sha256=book.sha256,
        playing_sha256=playing_code(),
        seed=seed,
        plan=bench.plan,
    )
    run = PreferenceRun(bench.out / "runs", config)
    student = Student(ProgramSettings(policy=bench.policy, temperature=bench.plan.temperature), lm)
    sampler = Sampler(lambda view, one: rule_seat(TEACHER, view, bench.policy, one), student, bench.plan)
    limits = Limits(max_minutes=max(0.01, bench.deadline.left_s / 60))
    with run.spending(limits, [lm]), dspy.context(lm=lm), PhaseBars() as bars:
        bars.phase("sampling", len(cases), "training debtors")
        told = Progress(lambda one, known: bars.advance(None), lambda case_id, why: bars.say(f"{case_id}: {why}"))
        found, _ = sample(run, sampler, cases, Executor(bench.at_once), told)
    require_training(book, found)
    tables = [table for one in found for table in one.tables]
    pairs = balanced([pair for table in tables for pair in pairs_at(table, rules)], rules.balance)
    write_pairs(bench.out / "pairs.jsonl", pairs, PairFormat.TRL)
    write_examples(bench.out / "examples.jsonl", [e for t in tables for e in examples_at(t, rules)], PairFormat.TRL)
    cli.tell(f"{len(tables)} tables, {len(pairs)} pairs")


def _trained(bench: Bench, method: Method, file: str, name: str) -> None:
    """Train one stage from where the weights are."""
    rows, sha256 = (read_examples if method == "sft" else read_pairs)(bench.out / file)
    knobs = bench.settings
    data = split_items(rows, sha256, bench.trainee.tokenizer, knobs.eval_share, knobs.max_tokens)
    with PhaseBars() as bars:
        run_stage(bench.trainee, TrainingStage(method, bench.out / name, data, file, knobs), bars)


def _from_base(bench: Bench) -> None:
    """Train by preferences alone, from the bare base."""
    bench.trainee.weights = bench.trainee.adapted.unload()
    bench.trainee.adapted = bench.trainee.began_from = None
    _trained(bench, "dpo", "pairs.jsonl", "dpo")


@contextmanager
def _timed(name: str, deadline: Deadline) -> Iterator[None]:
    before = deadline.left_s
    yield
    cli.tell(f"{name}: {before - deadline.left_s:.0f} s, {deadline.left_s:.0f} s left")


if __name__ == "__main__":
    cli.run(main, "python -m scripts.gpu")
