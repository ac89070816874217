"""Turn-aware against random-turn demonstrations at equal cost: `python -m benchmarks.demos`.

For each seed both ways are given the same training debtors, played once, and the same number of demonstrations per
predictor; both compiled programs then meet the same debtors of another split with the same seed.
"""

from __future__ import annotations

import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import dspy
import typer

from benchmarks.demos.arms import UNCOMPILED, Arm, taught_arms
from benchmarks.demos.effects import DemoComparison, SeedPlayed, compared, markdown
from benchmarks.markdown import write_files
from benchmarks.reproduce.play import TableRow, play_missing, stored
from data.book import DebtorBook, read_book
from data.domain import DebtCase
from optimizers.compiling.session import chosen
from plumbing import cli
from plumbing.bars import PhaseBars
from plumbing.errors import UserError
from programs.artifacts.playing_code import playing_code
from programs.artifacts.provenance import described, git_revision, installed_versions
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from programs.models import make as models
from programs.playing.contestants import Contestant
from programs.playing.stage import Stage, chosen_debtors

SPLITS = ("val", "heldout")
"""Not train: demonstrations come from there."""


def demos(  # noqa: PLR0913, PLR0917  (a command line)
    lm: Annotated[str, typer.Option(help="local, local:FILE.gguf or a LiteLLM model string.")] = models.LOCAL,
    seeds: Annotated[int, typer.Option(min=1, help="Compiles of each kind; seeds 0, 1, 2, ...")] = 3,
    debtors: Annotated[int, typer.Option(min=2, help="Debtors that the compiled programs meet.")] = 20,
    train: Annotated[int, typer.Option(min=1, help="Training debtors of each compile.")] = 8,
    max_demos: Annotated[int, typer.Option(min=1, max=16, help="Demonstrations per predictor at most.")] = 4,
    program: Annotated[Variant, typer.Option(help="Which modules sit at the creditor's side.")] = Variant.MADEN,
    split: Annotated[str, typer.Option(help="val or heldout: whom the compiled programs meet.")] = "val",
    uncompiled: Annotated[
        bool, typer.Option("--uncompiled", help="Let the uncompiled program play too, for reference.")
    ] = False,
    book: Annotated[Path | None, typer.Option(help="A debtor book; default: the shipped one.")] = None,
    out: Annotated[Path, typer.Option(help="Writes OUT.md and OUT.json.")] = Path("docs/results/demos"),
    runs: Annotated[Path, typer.Option(help="Folder where played negotiations are kept.")] = Path("runs"),
) -> None:
    """Compare two ways to find demonstrations: the paired difference of the objective, clustered by debtor.

    Example: `python -m benchmarks.demos --seeds 3 --debtors 20`. Stopped or repeated, it plays only what has not been
    played yet; the files are written after each seed.
    """
    if split not in SPLITS:
        raise UserError(f"--split is {split}; demonstrations come from train, so write {' or '.join(SPLITS)}")
    loaded, model = read_book(book), models.make_lm(lm)
    cases = chosen_debtors(loaded, split, debtors)
    untaught = Maden(ProgramSettings(variant=program))
    played: list[SeedPlayed] = []
    with PhaseBars() as bars:
        for seed in range(seeds):
            trained_on = chosen(loaded, "train", train, seed)
            with dspy.context(lm=model):
                arms = taught_arms(untaught, trained_on, loaded, model, max_demos, seed, runs, bars)
            shown = arms if uncompiled else [arm for arm in arms if arm.taught.name != UNCOMPILED]
            played.append(_met(Stage(cases, loaded.sha256, seed, 1, model, None, runs), shown, bars))
            _write(out, _comparison(played, loaded, model, cases, split, train, max_demos, seeds))
    print(out.with_suffix(".md").read_text())


def _met(stage: Stage, arms: list[Arm], bars: PhaseBars) -> SeedPlayed:
    """The negotiations of every arm; one debtor after another, so that a stopped run leaves the arms with the same."""
    rows = [TableRow(_contestant(arm)) for arm in arms]
    play_missing(stage, rows, bars)
    found = {row.label: stored(stage, row) for row in rows}
    return SeedPlayed(
        seed=stage.seed,
        taught=[arm.taught for arm in arms],
        negotiations={label: negotiations for label, (negotiations, _) in found.items()},
        spent={label: list(spent.values()) for label, (_, spent) in found.items()},
    )


def _contestant(arm: Arm) -> Contestant:
    program, taught = arm.program, arm.taught
    return Contestant(
        taught.name, program, program.seat, program.settings.policy, taught.fingerprint, needs_lm=True, kind="artifact"
    )


def _comparison(
    played: list[SeedPlayed],
    book: DebtorBook,
    lm: dspy.LM,
    cases: tuple[DebtCase, ...],
    split: str,
    train: int,
    max_demos: int,
    seeds: int,
) -> DemoComparison:
    return compared(
        played,
        command=shlex.join(["python", "-m", "benchmarks.demos", *sys.argv[1:]]),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        code={**git_revision(), "playing_sha256": playing_code()},
        model=described(lm) or {},
        setting={
            "split": split,
            "debtors": len(cases),
            "train": train,
            "max_demos": max_demos,
            "seeds": seeds,
            "debtor": "simulated",
            "book": book.name,
            "book_sha256": book.sha256,
            "packages": installed_versions(),
        },
    )


def _write(out: Path, found: DemoComparison) -> None:
    texts = {".md": markdown(found), ".json": found.model_dump_json(indent=1)}
    write_files(out, {suffix: f"{text}\n".encode() for suffix, text in texts.items()})


if __name__ == "__main__":
    cli.run(demos, "python -m benchmarks.demos")
