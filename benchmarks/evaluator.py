"""How many plans a second are simulated and scored, all metrics: `python benchmarks/evaluator.py`.

Random plans inside the default policy for random debtors, one per plan. The plain day-by-day reading of the
definition (tests/metrics/money/day_by_day.py) runs on a small part of the same plans, and its results are compared.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from data.domain import CreditorPolicy
from metrics.evaluator import Talk, score_columns, score_many
from metrics.money.oracle import best_terms
from metrics.money.simulation import PlanBatch, simulate
from metrics.money.weights import default_weights
from plumbing.cli import run, stdout
from tests.metrics.examples import accept, agreement, case, creditor, debtor, reject, terms
from tests.metrics.money.day_by_day import follow

POLICY = CreditorPolicy()
SLICE = 65_536
"""Plans scored at a time: large enough that threads seldom meet at Python's lock."""


def random_plans(n: int, seed: int) -> PlanBatch:
    """N plans of the default policy for N debtors."""
    rng = np.random.default_rng(seed)
    return PlanBatch.from_columns(
        outstanding=rng.integers(100_000, 5_000_000, n),
        monthly_income=rng.integers(200_000, 1_000_000, n),
        monthly_expenses=rng.integers(150_000, 700_000, n),
        assets=rng.integers(0, 1_500_000, n),
        discount_pct=rng.integers(0, 61, n) / 2,
        immediate_payment_pct=rng.integers(10, 101, n) / 2,
        immediate_payment_days=rng.integers(1, 15, n),
        installment_periods=rng.integers(3, 25, n),
    )


def score_slice(batch: PlanBatch, start: int) -> float:
    """Simulate and score one slice; the mean objective, so that nothing can be left out."""
    part = batch.part(slice(start, start + SLICE))
    n = len(part)
    talk = Talk(np.ones(n), np.full(n, 0.9), np.full(n, 4), np.zeros(n, dtype=np.bool_))
    return float(score_columns(simulate(part), talk, POLICY, default_weights())["objective"].mean())


def score_all(batch: PlanBatch, threads: int) -> list[float]:
    """Simulate and score every plan, slices spread over the threads."""
    starts = range(0, len(batch), SLICE)
    if threads == 1:
        return [score_slice(batch, start) for start in starts]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda start: score_slice(batch, start), starts))


def best_of(repeats: int, job: Callable[[], object]) -> float:
    """Seconds of the fastest run: the others measure what else the machine was doing."""
    taken = []
    for _ in range(repeats):
        start = time.perf_counter()
        job()
        taken.append(time.perf_counter() - start)
    return min(taken)


def day_by_day_rate(batch: PlanBatch, n: int) -> float:
    """Plans a second of the plain version, which must agree with the vectorised one."""
    people = [
        case(
            *(int(getattr(batch, name)[i]) for name in ("outstanding", "monthly_income", "monthly_expenses", "assets"))
        )
        for i in range(n)
    ]
    plans = [
        terms(batch.discount[i] / 1e6, batch.immediate[i] / 1e6, int(batch.days[i]), int(batch.periods[i]))
        for i in range(n)
    ]
    start = time.perf_counter()
    plain = [follow(who, plan) for who, plan in zip(people, plans, strict=True)]
    taken = time.perf_counter() - start
    flow = simulate(batch.part(slice(0, n)))
    assert [day.paid for day in plain] == flow.paid.tolist()
    assert [day.tier_days for day in plain] == [tuple(column) for column in flow.tier_days.T.tolist()]
    return n / taken


def negotiation_rate(n: int) -> float:
    """Whole records a second, dialogue included: seven turns with figures in the words."""
    firm, soft = terms(0, 20, 7, 6), terms(10, 10, 14, 12)
    records = [
        agreement(soft, case(case_id=f"d-{i}", assets=i)).model_copy(
            update={
                "turns": (
                    creditor(firm, f"Case {i}: 20% within 7 days and 6 monthly instalments."),
                    debtor(terms(30, 5, 14, 24)),
                    reject(words=f"Case {i}: I have to keep to 6 instalments."),
                    debtor(terms(25, 5, 14, 24)),
                    creditor(soft, f"Case {i}: 10% off, 10% within 14 days, 12 monthly instalments."),
                    accept(),
                )
            }
        )
        for i in range(n)
    ]
    return n / best_of(1, lambda: score_many(records))


def command(
    plans: Annotated[int, typer.Option(help="Plans to score.")] = 2_000_000,
    seed: Annotated[int, typer.Option(help="Seed of the plans.")] = 0,
) -> None:
    """Plans simulated and scored per second, on one and two threads, beside the plain day-by-day version.

    Example: [bold]python benchmarks/evaluator.py --plans 500000[/]
    """
    batch = random_plans(plans, seed)
    score_all(batch.part(slice(0, SLICE)), 1)
    rates = {threads: plans / best_of(3, lambda n=threads: score_all(batch, n)) for threads in (1, 2)}
    plain = day_by_day_rate(batch, min(300, plans))
    people = [case(*(int(v) for v in row)) for row in np.random.default_rng(seed).integers(2e5, 1e6, (100, 4))]
    oracle = best_of(1, lambda: best_terms(people))
    table = Table(title=f"Simulate and score, {plans:,} plans, best of 3")
    for column in ("what", "per second", "against day by day"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for threads, rate in rates.items():
        table.add_row(f"plans, {threads} thread{'s' * (threads > 1)}", f"{rate:,.0f}", f"{rate / plain:,.0f} x")
    table.add_row("plans, day by day (simulation only)", f"{plain:,.0f}", "1 x")
    table.add_row("negotiation records with dialogue, new words", f"{negotiation_rate(1000):,.0f}", "")
    table.add_row("debtors, best of 8,580 plans each (oracle)", f"{len(people) / oracle:,.0f}", "")
    stdout.print(table)


if __name__ == "__main__":
    run(command, "python benchmarks/evaluator.py")
