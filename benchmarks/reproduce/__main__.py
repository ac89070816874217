"""The paper's frame as a table: `python -m benchmarks.reproduce`.

Oracle, rule-based creditors and the four uncompiled variants on the same debtors with the same seed (common random
numbers), after Debt Collection Negotiations with Large Language Models (arXiv 2502.18228).
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.markdown import write_files
from benchmarks.reproduce.play import TableRow, play_missing, stored
from benchmarks.reproduce.plot import plotted
from benchmarks.reproduce.reproduction import Reproduction, RowPlayed, Section, section
from benchmarks.reproduce.reproduction_text import markdown
from data.book import DebtorBook, read_book
from data.book.split import SPLIT_NAMES
from data.domain import DebtCase
from plumbing import cli
from plumbing.bars import PhaseBars
from plumbing.errors import UserError
from programs.artifacts.playing_code import playing_code
from programs.artifacts.provenance import described, git_revision, installed_versions
from programs.command_options import ClusterOption, CpusOption, GpusOption, ThreadsOption, WorkersOption
from programs.creditor.rule_seats import RULE_SEATS
from programs.creditor.settings import Variant
from programs.models import make as models
from programs.playing.contestants import ARTIFACTS, NamedModel, contestant
from programs.playing.placing import Place
from programs.playing.stage import Stage, chosen_debtors
from wording import LANGUAGES

ALL_VARIANTS = ",".join(variant.value for variant in Variant if variant is not Variant.LISTENING)
ROWS = f"{ALL_VARIANTS},{Variant.MADEN}:zh"
"""The paper's rows, and one in Chinese, which the paper's negotiations were in."""


def reproduce(  # noqa: PLR0913, PLR0917  (a command line)
    debtors: Annotated[int | None, typer.Option(min=1, help="How many; default: all of the split.")] = None,
    seed: Annotated[int, typer.Option(help="Of the debtors' behaviour; the same for every row.")] = 0,
    lm: Annotated[
        list[str] | None,
        typer.Option(help="local, local:FILE.gguf or a LiteLLM model string; may be repeated. Default: local."),
    ] = None,
    rows: Annotated[
        str,
        typer.Option(
            help="Rows that play on the model, by commas: variants, or artifacts (maden@3); maden:zh: in Chinese."
        ),
    ] = ROWS,
    rules_only: Annotated[bool, typer.Option("--rules-only", help="Oracle and rules, no model.")] = False,
    render_only: Annotated[
        bool, typer.Option("--render-only", help="Play nothing: the table of what is there.")
    ] = False,
    split: Annotated[str, typer.Option(help="val, heldout or train.")] = "val",
    book: Annotated[Path | None, typer.Option(help="A debtor book; default: the shipped one.")] = None,
    out: Annotated[Path, typer.Option(help="Writes OUT.md, OUT.json and OUT.svg.")] = Path("docs/results/reproduction"),
    artifacts: Annotated[Path, typer.Option(help="Folder of the artifacts.")] = ARTIFACTS,
    runs: Annotated[Path, typer.Option(help="Folder where played negotiations are kept.")] = Path("runs"),
    threads: ThreadsOption = 1,
    cluster: ClusterOption = None,
    workers: WorkersOption = None,
    cpus_per_worker: CpusOption = None,
    gpus_per_worker: GpusOption = None,
) -> None:
    """Print the reproduction table: oracle, rules, vanilla, planned, judged and maden; the 13 metrics and the indices.

    Example: `python -m benchmarks.reproduce --debtors 40`. Stopped or repeated, it plays only what has not been played
    yet; `--render-only` prints what there is so far. Two processes may play different --rows at once.
    """
    if split not in SPLIT_NAMES:
        raise UserError(f"no split is called {split!r}; there are {', '.join(SPLIT_NAMES)}")
    names = [] if rules_only else _row_names(rows)
    loaded = read_book(book)
    cases = chosen_debtors(loaded, split, debtors)
    rules = [TableRow(contestant(name)) for name in RULE_SEATS]
    programs = [_row(name, artifacts) for name in names]
    place = Place(threads, cluster, workers, cpus_per_worker, gpus_per_worker)
    sections = []
    with place.executor() as executor, PhaseBars() as bars:
        for model in _models(lm, rules_only):
            stage = Stage(cases, loaded.sha256, seed, 1, model.get() if model else None, None, runs)
            play_missing(stage, rules)  # a matter of seconds, so that --render-only needs no case of its own
            if not render_only:
                play_missing(stage, programs, bars, executor)
            sections.append(_section(stage, [*rules, *programs]))
    found = Reproduction(
        command=_command(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        code={**git_revision(), "playing_sha256": playing_code()},
        setting=_setting(loaded, cases, split, seed),
        sections=tuple(sections),
    )
    text = markdown(found, f"{out.name}.svg")
    _write(out, found, text)
    print(text)


def _models(lm: list[str] | None, rules_only: bool) -> list[NamedModel | None]:
    """One section each; None: a section without a model."""
    if rules_only and lm:
        raise UserError("--rules-only plays no model; leave --lm out")
    return [None] if rules_only else [NamedModel(name) for name in dict.fromkeys(lm or [models.LOCAL])]


def _row_names(rows: str) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in rows.split(",") if name.strip()))
    if not names:
        raise UserError(f"--rows names no row; write for example {ROWS}, or --rules-only")
    for name in names:
        if name == "oracle" or name in RULE_SEATS:
            raise UserError(f"--rows names what plays on the model; {name} is always in the table, leave it out")
    return names


def _row(name: str, artifacts: Path) -> TableRow:
    """A program, and after a colon the language in which it negotiates."""
    program, _, language = name.rpartition(":")
    if program and language in LANGUAGES:
        return TableRow(contestant(program, artifacts=artifacts), language)
    return TableRow(contestant(name, artifacts=artifacts))


def _section(stage: Stage, rows: Sequence[TableRow]) -> Section:
    model = described(stage.creditor_lm)
    return section(model, stage.cases, [_stored(stage, row) for row in rows], stage.seed)


def _stored(stage: Stage, row: TableRow) -> RowPlayed:
    """What there is of a row, by whichever process it was played."""
    negotiations, spent = stored(stage, row)
    return RowPlayed(label=row.label, kind=row.contestant.kind, negotiations=negotiations, spent=spent)


def _command() -> str:
    """The command line that plays and prints this table."""
    return shlex.join(["python", "-m", "benchmarks.reproduce", *(a for a in sys.argv[1:] if a != "--render-only")])


def _setting(book: DebtorBook, cases: Sequence[DebtCase], split: str, seed: int) -> dict[str, object]:
    return {
        "split": split,
        "debtors": len(cases),
        "seed": seed,
        "trials": 1,
        "debtor": "simulated",
        "book": book.name,
        "book_sha256": book.sha256,
        "packages": installed_versions(),
    }


def _write(out: Path, found: Reproduction, text: str) -> None:
    files = {".md": f"{text}\n".encode(), ".json": f"{found.model_dump_json(indent=1)}\n".encode()}
    write_files(out, {**files, ".svg": plotted(found)})


if __name__ == "__main__":
    cli.run(reproduce, "python -m benchmarks.reproduce")
