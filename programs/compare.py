"""`python -m programs.compare`: is one program better than another, on the same debtors with the same seeds?"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal, cast

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from data import cli
from data.book import read_book
from data.errors import UserError
from data.policy import read_policy
from programs import lm as models
from programs.comparison import Comparison, Verdict, compared
from programs.comparison_text import rendered
from programs.contestants import ARTIFACTS, Contestant, NamedModel, contestants, debtor_factory
from programs.evaluation import Evaluation
from programs.negotiate import writable
from programs.stage import Stage, chosen_debtors

SPLITS = ("heldout", "val")


def compare(  # noqa: PLR0913, PLR0917  (a command line)
    programs: Annotated[
        list[str], typer.Argument(help="The baseline first, then what is compared to it: artifacts, variants, rules.")
    ],
    split: Annotated[str, typer.Option(help="heldout, or val.")] = "heldout",
    debtors: Annotated[int | None, typer.Option(min=1, help="How many; default: all of the split.")] = None,
    trials: Annotated[int, typer.Option(min=1, help="Negotiations per debtor.")] = 1,
    seed: Annotated[int, typer.Option(help="Trial t is played with seed + t.")] = 0,
    lm: Annotated[str, typer.Option(help="local, local:FILE.gguf or a LiteLLM model string.")] = models.LOCAL,
    debtor: Annotated[str, typer.Option(help="simulated, or lm: played by a model.")] = "simulated",
    debtor_lm: Annotated[str | None, typer.Option(help="Model of an LM debtor; default: that of --lm.")] = None,
    book: Annotated[Path | None, typer.Option(help="A debtor book; default: the shipped one.")] = None,
    policy: Annotated[
        Path | None, typer.Option(help="TOML or JSON file with the creditor's limits; artifacts keep their own.")
    ] = None,
    threads: Annotated[int, typer.Option(min=1, help="Negotiations at once; for remote models.")] = 1,
    json: Annotated[Path | None, typer.Option(help="Write the comparison there.")] = None,
    save_negotiations: Annotated[
        Path | None, typer.Option(help="FILE.jsonl: write the records to FILE.PROGRAM.jsonl, one file a program.")
    ] = None,
    fail_if_worse: Annotated[
        bool, typer.Option("--fail-if-worse", help="Exit with 1 if a program's objective is worse.")
    ] = False,
    artifacts: Annotated[Path, typer.Option(help="Folder of the artifacts.")] = ARTIFACTS,
    runs: Annotated[Path, typer.Option(help="Folder where played negotiations are kept for the next run.")] = Path(
        "runs"
    ),
) -> None:
    """Compare programs to the first one: paired by debtor, with intervals and a verdict in words.

    Example: `python -m programs.compare vanilla maden@champion --split heldout`. Stopped or repeated, it plays only
    what has not been played yet.
    """
    if len(programs) < 2:
        raise UserError("name at least two programs: the baseline and what is compared to it")
    if split not in SPLITS:
        raise UserError(f"no split to compare on is called {split!r}; there are {' and '.join(SPLITS)}")
    for path in (json, save_negotiations):
        writable(path)
    loaded = read_book(book)
    cases = chosen_debtors(loaded, cast(Literal["heldout", "val"], split), debtors)
    model = NamedModel(lm)
    debtor_model = NamedModel(debtor_lm) if debtor_lm else model
    found = contestants(
        programs,
        debtors=debtor_factory(debtor, debtor_model),
        artifacts=artifacts,
        policy=read_policy(policy),
    )
    creditor_lm = model.get() if any(one.needs_lm for one in found) else None
    stage = Stage(cases, loaded.sha256, seed, trials, creditor_lm, debtor_model.get() if debtor == "lm" else None, runs)
    stage.check_models(found)
    with _progress() as bar:
        evaluations = stage.played(found, threads, bar)
    setting = {
        "split": split,
        "debtors": len(cases),
        "trials": trials,
        "seed": seed,
        "debtor": "simulated" if debtor == "simulated" else f"lm {debtor_model.get().model}",
        "lm": creditor_lm.model if creditor_lm else "none",
        "book": loaded.source,
        "book_sha256": loaded.sha256,
    }
    result = compared(found, evaluations, setting=setting, seed=seed, notes=_notes(found, split, artifacts))
    _write(result, found, evaluations, json, save_negotiations)
    cli.results().print(rendered(result))
    if fail_if_worse and any(pair.objective.verdict is Verdict.WORSE for pair in result.pairs):
        sys.exit(cli.EXIT_COMPARISON_FAILED)


@contextlib.contextmanager
def _progress() -> Iterator[Progress]:
    """A bar with the time left on stderr; nothing when that is no terminal."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=cli.stderr, disable=not cli.stderr.is_terminal) as bar:
        try:
            yield bar
        except KeyboardInterrupt:
            bar.console.print("interrupted: what was played is kept, run the same command again to go on")
            raise


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


def _write(
    result: Comparison,
    found: Sequence[Contestant],
    evaluations: Sequence[Evaluation],
    json: Path | None,
    save_negotiations: Path | None,
) -> None:
    if json is not None:
        json.write_text(result.model_dump_json(indent=2) + "\n", encoding="utf-8")
    if save_negotiations is None:
        return
    for one, evaluation in zip(found, evaluations, strict=True):
        path = records_path(save_negotiations, one.label)
        lines = (p.negotiation.model_dump_json(exclude_none=True) + "\n" for p in evaluation.played)
        path.write_text("".join(lines), encoding="utf-8")
        cli.stderr.print(f"records of {one.label}: {path}", markup=False, highlight=False, soft_wrap=True)


def records_path(path: Path, label: str) -> Path:
    """`out.jsonl` of program `maden@3` as `out.maden-3.jsonl`."""
    return path.with_name(f"{path.stem}.{re.sub(r'[^A-Za-z0-9]+', '-', label).strip('-')}{path.suffix or '.jsonl'}")


if __name__ == "__main__":
    cli.run(compare, "python -m programs.compare")
