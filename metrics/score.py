"""`python -m metrics.score`: score negotiations that happened anywhere, human call logs included."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from data.domain import Ending, Negotiation
from metrics.evaluator import score_many
from metrics.money.weights import load_weights
from metrics.records import read_records
from metrics.scorecard import INDEX_IDS, INDICES, METRIC_IDS, METRICS, Metric, Scorecard
from metrics.statistics.intervals import mean_interval
from plumbing.cli import run, stderr, stdout
from plumbing.errors import UserError
from plumbing.files import replace_file


def command(
    file: Annotated[str, typer.Argument(metavar="FILE.jsonl", help="Negotiation records, one a line; - for stdin.")],
    json_out: Annotated[
        Path | None, typer.Option("--json", metavar="OUT.jsonl", help="Write one line of scores per record.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Another weights file (form: metrics/money/weights.toml).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the bootstrap intervals.")] = 0,
) -> None:
    """Score negotiation records: the thirteen metrics, the indices and the objective.

    Example: [bold]python -m metrics.score calls.jsonl --json scores.jsonl[/]

    A record whose ending is "infrastructure" is nobody's score: it is counted as unscored, and its values are null in
    the output. A program fault is scored, as a negotiation without agreement, and counted as failed.
    """
    records = read_records(file)
    chosen = load_weights(weights) if weights is not None else None
    scored = [record for record in records if record.ending is not Ending.INFRASTRUCTURE]
    cards = score_many(scored, chosen)
    if json_out is not None:
        write_scores(json_out, records, cards)
        stderr.print(f"{len(records)} lines written to {json_out}", highlight=False)
    stdout.print(summary(cards, len(records), sum(r.ending is Ending.PROGRAM_FAULT for r in records), seed))


def write_scores(path: Path, records: Sequence[Negotiation], cards: Sequence[Scorecard]) -> None:
    """One JSON line per record, in their order; written whole or not at all.

    Raises:
        UserError: the file cannot be written; what was there is untouched.
    """
    waiting = iter(cards)
    nothing = dict.fromkeys((*METRIC_IDS, *INDEX_IDS))
    rows = (
        {"case_id": record.case.case_id, **nothing} if record.ending is Ending.INFRASTRUCTURE else next(waiting).row()
        for record in records
    )
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    try:
        path.parent.resolve(strict=True)  # a folder that is not there is a slip, not one to be made
        replace_file(path, text.encode())
    except OSError as error:
        raise UserError(f"cannot write {path}: {error.strerror}; nothing was changed") from error


def summary(cards: Sequence[Scorecard], records: int, failed: int, seed: int = 0) -> Table:
    """The table of means and 95 % intervals, with what they rest on."""
    counts = f"{len(cards)} scored · {records - len(cards)} unscored · {failed} failed"
    table = Table(title="Scores", caption=f"{counts}; mean [95 % interval], n = {len(cards)}", title_justify="left")
    table.add_column("")
    table.add_column("metric")
    table.add_column("mean", justify="right")
    table.add_column("95 % interval", justify="right")
    table.add_column("unit")
    table.add_column("better")
    for metric in (*METRICS, *INDICES):
        if metric.id in ("SR", "QRD", "L1D", "CRI"):
            table.add_section()
        mean, interval = _cells(metric, cards, seed)
        table.add_row(metric.id, metric.name, mean, interval, metric.unit, metric.better or "")
    return table


def _cells(metric: Metric, cards: Sequence[Scorecard], seed: int) -> tuple[str, str]:
    if not cards:
        return "-", "-"
    found = mean_interval([getattr(card, metric.id) for card in cards], seed)
    return metric.written(found.mean), " to ".join(map(metric.written, found.bounds or ())) or "-"


def main() -> None:
    """Entry point."""
    run(command, "python -m metrics.score")


if __name__ == "__main__":
    main()
