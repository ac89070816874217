"""What deciding on the support is worth without any model: `python -m benchmarks.support`.

`rational` beside rules on the same debtors with the same seed, as a share of what is attainable, paired, with the time
of a turn; with --worlds in every changed world too, where nothing is learned anew.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.table import Table

from data.book import read_book
from data.domain import CreditorPolicy, DebtCase, Negotiation, Turn
from data.terms import Terms
from metrics.evaluator import score_many
from metrics.money.oracle import attainable_cci, plan_grid
from metrics.statistics.intervals import mean_interval
from plumbing import cli
from plumbing.errors import UserError
from programs.creditor.rule_seats import RULE_SEATS, rule_seat
from programs.debtor.simulated import SimulatedDebtor, acceptable_mask
from programs.learning.worlds import PERTURBATIONS, RefusesSmallFirstPayments, world
from programs.playing.stage import chosen_debtors
from programs.table.runner import CreditorSeat, TableState, play

POLICY = CreditorPolicy()
UNSEEN = "a rule never seen"
"""The world whose debtors refuse small first payments outright."""


@dataclass
class Timed:
    """A seat that measures its turns."""

    seat: CreditorSeat
    times_s: list[float] = field(default_factory=list)
    ladder: tuple[Terms, ...] = ()

    def next_turn(self, table: TableState) -> Turn:
        """The seat's turn."""
        start = time.perf_counter()
        turn = self.seat.next_turn(table)
        self.times_s.append(time.perf_counter() - start)
        return turn


@dataclass(frozen=True)
class SupportRow:
    """One creditor with all debtors."""

    played: Sequence[Negotiation]
    cci: np.ndarray
    objective: np.ndarray
    agreed: float
    kept: float
    """Share of the agreements that are kept."""
    rounds: float
    turn_ms: tuple[float, float]
    """Mean and 95th percentile of a creditor's turn."""


def main(
    rows: Annotated[str, typer.Option(help="creditors without a model, by commas")] = "rational,linear,boulware",
    split: Annotated[str, typer.Option(help="val, train or heldout")] = "val",
    debtors: Annotated[int | None, typer.Option(min=1, help="how many; default all of the split")] = None,
    worlds: Annotated[bool, typer.Option("--worlds", help="in every changed world too")] = False,
    book: Annotated[Path | None, typer.Option(help="a debtor book; default the shipped one")] = None,
    seed: Annotated[int, typer.Option(help="of debtors and wordings")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
) -> None:
    """Play creditors without a model against the simulated debtors, and say what share of the attainable they reach.

    The first row is what the others are subtracted from, debtor by debtor.
    Example: python -m benchmarks.support --debtors 60 --worlds
    """
    names = [name.strip() for name in rows.split(",") if name.strip()]
    if unknown := [name for name in names if name not in RULE_SEATS]:
        raise UserError(f"no creditor without a model is called {unknown[0]!r}; there are {', '.join(RULE_SEATS)}")
    cases = chosen_debtors(read_book(book), split, debtors)
    found = {}
    for name in [*PERTURBATIONS, UNSEEN] if worlds else ["as simulated"]:
        cli.stderr.print(f"playing: {name}", style="dim")
        found[name] = _world(name, names, cases, seed)
    title = f"{len(cases)} {split} debtors, seed {seed}"
    print(json.dumps({"title": title, "worlds": found}, indent=1)) if as_json else _show(found, title)


def _world(name: str, names: Sequence[str], cases: Sequence[DebtCase], seed: int) -> dict[str, Any]:
    kind = RefusesSmallFirstPayments if name == UNSEEN else SimulatedDebtor
    with world(PERTURBATIONS.get(name)):
        attainable = attainable_of(cases, kind is RefusesSmallFirstPayments)
        played = {one: played_by(one, cases, seed, kind) for one in names}
    return {
        "attainable": float(attainable.mean()),
        "rows": {one: _summary(row, played[names[0]], attainable) for one, row in played.items()},
    }


def attainable_of(cases: Sequence[DebtCase], first_payment: bool = False) -> np.ndarray:
    """(debtors,): CCI of the best plan that each would accept; `first_payment`: with one of a sixth at least."""
    grid = plan_grid(POLICY)
    columns = (grid.discount_pct, grid.immediate_payment_pct, grid.immediate_payment_days, grid.installment_periods)
    large = grid.immediate_payment_pct >= (100 / 6 if first_payment else 0)
    return np.array([attainable_cci(case, acceptable_mask(case, *columns) & large, POLICY) for case in cases])


def played_by(
    name: str, cases: Sequence[DebtCase], seed: int, kind: type[SimulatedDebtor] = SimulatedDebtor
) -> SupportRow:
    """One negotiation of the creditor `name` with each debtor."""
    seats = [Timed(rule_seat(name, case.creditor_view(), POLICY, seed)) for case in cases]
    played = [play(case, seat, kind(case, seed), POLICY, seed) for case, seat in zip(cases, seats, strict=True)]
    cards, times = score_many(played), 1000 * np.array([t for seat in seats for t in seat.times_s])
    agreed = np.array([n.agreed is not None for n in played])
    kept = np.array([card.SR for card in cards], dtype=float)
    return SupportRow(
        played,
        np.array([card.CCI for card in cards]),
        np.array([card.objective for card in cards]),
        float(agreed.mean()),
        float(kept[agreed].mean()) if agreed.any() else float("nan"),
        float(np.mean([card.DR for card in cards])),
        (float(times.mean()), float(np.quantile(times, 0.95))),
    )


def _summary(row: SupportRow, first: SupportRow, attainable: np.ndarray) -> dict[str, Any]:
    less = mean_interval(first.objective - row.objective)
    return {
        "CCI": float(row.cci.mean()),
        "share_of_attainable": float(row.cci.mean() / attainable.mean()),
        "objective": float(row.objective.mean()),
        "first_less_this": [less.mean, less.low, less.high],
        "agreed": row.agreed,
        "kept": row.kept,
        "no_deal_agreements": sum(
            n.agreed is not None and bool(top == 0) for n, top in zip(row.played, attainable, strict=True)
        ),
        "rounds": row.rounds,
        "turn_ms": row.turn_ms,
    }


def _show(found: dict[str, dict[str, Any]], title: str) -> None:
    columns = ("creditor", "CCI", "of attainable", "objective", "first less this", "agreed", "rounds", "ms, p95")
    for name, one in found.items():
        about = f"{title}, {name}: attainable {one['attainable']:.3f}"
        table = Table(*columns, title=about, title_justify="left", box=None, padding=(0, 1))
        for creditor, row in one["rows"].items():
            mean, low, high = row["first_less_this"]
            less = "" if mean == low == high == 0 else f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"
            cells = (f"{row['CCI']:.3f}", f"{row['share_of_attainable']:.1%}", f"{row['objective']:.3f}", less)
            rest = (f"{row['agreed']:.3f}", f"{row['rounds']:.1f}", "{:.1f}, {:.1f}".format(*row["turn_ms"]))
            table.add_row(creditor, *cells, *rest)
        cli.results().print(table)


if __name__ == "__main__":
    cli.run(main, "python -m benchmarks.support")
