"""`python -m metrics.score`: score negotiations that happened anywhere, human call logs included."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from data.domain import Ending, Negotiation
from metrics.evaluator import score_accounts, score_many
from metrics.money.weights import Weights, load_weights
from metrics.records import AnyRecord, read_records
from metrics.scorecard import (
    INDEX_IDS,
    INDICES,
    METRIC_IDS,
    METRICS,
    NO_FINANCES,
    PROMISES,
    AccountScorecard,
    Metric,
    Scorecard,
)
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
    the output. A program fault is scored, as a negotiation without agreement, and counted as failed. Of a record
    without the debtor's finances, such as a call, the talk is scored and what was promised; the rest is null.
    """
    records = read_records(file)
    chosen = load_weights(weights) if weights is not None else None
    cards = _cards([record for record in records if record.ending is not Ending.INFRASTRUCTURE], chosen)
    if json_out is not None:
        write_scores(json_out, records, cards)
        stderr.print(f"{len(records)} lines written to {json_out}", highlight=False)
    stdout.print(summary(cards, len(records), sum(r.ending is Ending.PROGRAM_FAULT for r in records), seed))


Card = Scorecard | AccountScorecard


def _cards(records: Sequence[AnyRecord], weights: Weights | None) -> list[Card]:
    """In the order of the records; each kind is scored in one batch."""
    whole = iter(score_many([one for one in records if isinstance(one, Negotiation)], weights))
    open_ = iter(score_accounts([one for one in records if not isinstance(one, Negotiation)], weights))
    return [next(whole) if isinstance(one, Negotiation) else next(open_) for one in records]


def write_scores(path: Path, records: Sequence[AnyRecord], cards: Sequence[Card]) -> None:
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


def summary(cards: Sequence[Card], records: int, failed: int, seed: int = 0) -> Table:
    """The table of means and 95 % intervals, with what they rest on.

    Where finances are unknown, a line of what was promised stands below, and each line says how many it rests on.
    """
    unknown = sum(isinstance(card, AccountScorecard) for card in cards)
    counts = f"{len(cards)} scored · {records - len(cards)} unscored · {failed} failed"
    told = f"; of {unknown} without finances the talk and the promise alone: {NO_FINANCES}" if unknown else ""
    caption = f"{counts}; mean [95 % interval], n = {len(cards)}{told}"
    table = Table(title="Scores", caption=caption, title_justify="left")
    table.add_column("")
    table.add_column("metric")
    table.add_column("mean", justify="right")
    table.add_column("95 % interval", justify="right")
    table.add_column("unit")
    table.add_column("better")
    if unknown:
        table.add_column("n", justify="right")
    for metric in (*METRICS, *INDICES, *(PROMISES if unknown else ())):
        if metric.id in ("SR", "QRD", "L1D", "CRI", "PTP"):
            table.add_section()
        values = _values(metric, cards)
        mean, interval = _cells(metric, values, seed)
        cells = (metric.id, metric.name, mean, interval, metric.unit, metric.better or "")
        table.add_row(*cells, *([str(len(values))] if unknown else []))
    return table


def _values(metric: Metric, cards: Sequence[Card]) -> list[float]:
    """Of the cards that have one."""
    return [float(value) for card in cards if (value := getattr(card, metric.id, None)) is not None]


def _cells(metric: Metric, values: Sequence[float], seed: int) -> tuple[str, str]:
    if not values:
        return "-", "-"
    found = mean_interval(values, seed)
    return metric.written(found.mean), " to ".join(map(metric.written, found.bounds or ())) or "-"


def main() -> None:
    """Entry point."""
    run(command, "python -m metrics.score")


if __name__ == "__main__":
    main()
