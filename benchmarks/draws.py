"""The rule-based creditors on accounts, whatever is drawn of their debtors: `python -m benchmarks.draws`.

Each draw completes the accounts anew (data/completing) and plays every rule on them. Rubin's rules say how much of a
figure's uncertainty is due to what nobody knows of the debtors.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table

from benchmarks.baselines import POLICY, play_all
from data.accounts import read_accounts
from data.accounts.account import Account
from data.completing.drawing import completed
from data.domain import DebtCase
from metrics.evaluator import score_many
from metrics.statistics.imputation import Pooled, pooled
from metrics.statistics.intervals import Interval, mean_intervals
from plumbing import cli
from programs.creditor.rules import BASELINES
from reports.debtor_book.book_page import workability

SHARES = ("keepable", "needs a discount", "hopeless")


def main(
    accounts: Annotated[Path, typer.Argument(help="an accounts file")],
    draws: Annotated[int, typer.Option(min=2, help="how many completed books")] = 20,
    cases: Annotated[int | None, typer.Option(min=2, help="how many accounts; default all")] = None,
    seed: Annotated[int, typer.Option(min=0, help="of the draws, debtors and wordings")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Rank the rule-based creditors on completed accounts, and say what depends on the draw.

    Example: python -m benchmarks.draws accounts.csv --draws 20 --cases 200
    """
    known = read_accounts(accounts).accounts[:cases]
    found = [_draw(known, seed, draw) for draw in range(1, draws + 1)]
    rows = {name: pooled([one[name] for one in found]) for name in (*BASELINES, *SHARES)}
    best = [max(BASELINES, key=lambda name, one=one: one[name].mean) for one in found]
    wins = {name: best.count(name) for name in BASELINES}
    if as_json:
        told = {name: {**one.model_dump(), "best_in": wins.get(name)} for name, one in rows.items()}
        print(json.dumps({"accounts": len(known), "draws": draws, "seed": seed, "rows": told}, indent=1))
    else:
        _show(rows, wins, len(known))


def _draw(accounts: Sequence[Account], seed: int, draw: int) -> dict[str, Interval]:
    """The mean objective of every rule, and the shares of workable plans, on one completed book."""
    cli.stderr.print(f"draw {draw}", style="dim")
    cases = completed(accounts, seed, draw)
    columns = [[card.objective for card in score_many(play_all(name, cases, seed))] for name in BASELINES]
    columns += _workable(cases)
    intervals = mean_intervals(np.array(columns, dtype=float).T, seed)
    return dict(zip((*BASELINES, *SHARES), intervals, strict=True))


def _workable(cases: Sequence[DebtCase]) -> list[list[float]]:
    kinds = workability(cases, POLICY)
    return [[float(one) for one in kind] for kind in (kinds.keepable, kinds.needs_discount, kinds.hopeless)]


def _show(rows: dict[str, Pooled], wins: dict[str, int], accounts: int) -> None:
    draws = next(iter(rows.values())).draws
    title = f"Objective, {accounts} accounts, {draws} draws"
    table = Table("creditor", "mean", "95 %", "debtors ±", "draws ±", "draw", "best in", title=title)
    for name, one in sorted(rows.items(), key=lambda pair: (pair[0] in SHARES, -pair[1].mean)):
        spread = f"{one.within:.4f}", f"{one.between:.4f}", f"{one.share_of_draw:.0%}"
        best = f"{wins[name]} of {draws}" if name in wins else ""
        table.add_row(name, f"{one.mean:.4f}", f"[{one.low:.4f}, {one.high:.4f}]", *spread, best)
    cli.results().print(table)


if __name__ == "__main__":
    cli.run(main, "python -m benchmarks.draws")
