"""The rule-based creditors on the debtor book: `python -m benchmarks.baselines`.

The reference rows that a model's number is read against, with the oracle above them and the time they take.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import typer
from rich.table import Table

from data.book import read_book
from data.domain import CreditorPolicy, DebtCase, Negotiation
from metrics.evaluator import score_many
from metrics.money.oracle import best_terms, over_concession, plan_grid
from plumbing import cli
from programs.creditor.rule_seats import RULE_SEATS, rule_seat
from programs.debtor.simulated import SimulatedDebtor, acceptable_mask
from programs.table.runner import play

POLICY = CreditorPolicy()
COLUMNS = ("CCI", "CRI", "DHI", "agreed", "SR", "DR", "regret", "over_concession", "seconds")


def main(
    book: Annotated[Path | None, typer.Option(help="a debtor book; default the shipped one")] = None,
    cases: Annotated[int | None, typer.Option(min=1, help="how many debtors; default all")] = None,
    seed: Annotated[int, typer.Option(help="of debtors and wordings")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Play every rule-based creditor against the simulated debtors of the book, and print the means.

    Example: python -m benchmarks.baselines --cases 200
    """
    debtors = read_book(book).cases[:cases]
    start = time.process_time()
    best = [result.CCI for result in best_terms(debtors, POLICY)]
    oracle_row = {"CCI": fmean(best), "seconds": time.process_time() - start}
    grid = plan_grid(POLICY)
    columns = (grid.discount_pct, grid.immediate_payment_pct, grid.immediate_payment_days, grid.installment_periods)
    masks = {case.case_id: acceptable_mask(case, *columns) for case in debtors}
    rows: dict[str, dict[str, Any]] = {"oracle": oracle_row}
    for name in RULE_SEATS:
        cli.stderr.print(f"playing: {name}", style="dim")
        start = time.process_time()
        played = play_all(name, debtors, seed)
        rows[name] = {"seconds": time.process_time() - start, **_means(played, best, masks)}
    print(json.dumps({"n": len(debtors), "seed": seed, "rows": rows}, indent=1)) if as_json else _show(
        rows, len(debtors)
    )


def play_all(name: str, debtors: Sequence[DebtCase], seed: int) -> list[Negotiation]:
    """One negotiation of the rule `name` with each debtor."""
    return [
        play(case, rule_seat(name, case.creditor_view(), POLICY, seed), SimulatedDebtor(case, seed), POLICY, seed)
        for case in debtors
    ]


def _means(played: Sequence[Negotiation], best: Sequence[float], masks: dict[str, Any]) -> dict[str, float]:
    cards = score_many(played)
    conceded = [over_concession(n, masks[n.case.case_id]) for n in played]
    known = [value for value in conceded if value is not None]
    return {
        **{metric: fmean(getattr(card, metric) for card in cards) for metric in ("CCI", "CRI", "DHI", "SR", "DR")},
        "agreed": fmean(n.agreed is not None for n in played),
        "regret": fmean(top - card.CCI for top, card in zip(best, cards, strict=True)),
        "over_concession": fmean(known) if known else float("nan"),
    }


def _show(rows: dict[str, dict[str, Any]], count: int) -> None:
    table = Table("creditor", *COLUMNS, title=f"Rule-based creditors, {count} simulated debtors", title_justify="left")
    for name, row in rows.items():
        table.add_row(name, *(f"{row[column]:.3f}" if column in row else "" for column in COLUMNS))
    cli.stdout.print(table)


if __name__ == "__main__":
    cli.run(main, "python -m benchmarks.baselines")
