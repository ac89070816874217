"""Report on a debtor book: can its debts be settled, how like the real borrowers is it, does it give any of them away?

One self-contained HTML page; the same book makes the same page, byte for byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray

from data.book import SHIPPED_BOOK, DebtorBook, read_book
from data.book.split import SPLIT_NAMES
from data.dimensions import DIMENSIONS
from data.domain import CreditorPolicy, DebtCase, Reason
from data.synthesis import applicants
from data.synthesis.seed_table import defaulted_borrowers
from metrics.money.indices import collection_index, health_index, recovery_index
from metrics.money.oracle import best_terms, firmest_kept
from metrics.money.simulation import PlanBatch, simulate
from metrics.money.weights import default_weights
from plumbing import cli
from plumbing.files import replace_file
from plumbing.plotting import missing
from reports.debtor_book import book_plots
from reports.debtor_book.fidelity import NEAR_SHARE, book_frame, column_fits, correlation_fit, privacy

Bools = NDArray[np.bool_]

TEMPLATE = Path(__file__).with_name("report.html.j2")

_GENERATOR_WORDS = (
    "Rows as the generator draws them, before anything is assumed about the default: all of the seed's columns, "
    "categories as their positions. These should be like the real ones."
)
_BOOK_WORDS = (
    "The book's own figures against the seed columns that they stem from, in the seed's unit. Age and loan amount "
    "should agree; income, expenses and assets should not: they are what the default left, and assets count only "
    "what can be paid with. A book of another origin may differ everywhere."
)


@dataclass(frozen=True)
class Workability:
    """What kind of plan each debtor can keep, in the order of the book."""

    keepable: Bools
    """At least one plan inside the policy is kept to the last payment."""
    needs_discount: Bools
    """Keepable, but not with the smallest discount that the policy has."""

    @property
    def hopeless(self) -> Bools:
        """No plan inside the policy can be kept."""
        return ~self.keepable

    def shares(self, where: Bools) -> list[float]:
        """Shares of the debtors in `where` that can keep a plan without a discount, with one only, and none."""
        parts = (self.keepable & ~self.needs_discount, self.needs_discount, self.hopeless)
        return [float(part[where].mean()) for part in parts]


def workability(cases: Sequence[DebtCase], policy: CreditorPolicy) -> Workability:
    """Which debtors can keep a plan on the oracle's grid, and which of them only with a discount."""
    strict = policy.model_copy(update={"max_discount_pct": policy.min_discount_pct})
    keepable, without = ([firmest_kept(case, limits) is not None for case in cases] for limits in (policy, strict))
    return Workability(np.array(keepable), np.array(keepable) & ~np.array(without))


def render(book: DebtorBook, policy: CreditorPolicy) -> str:
    """The HTML page about `book`.

    Raises:
        UserError: the extra `report` is not installed.
    """
    real = defaulted_borrowers()
    drawn = applicants(len(book), 0)
    parts = [("The generator", _GENERATOR_WORDS, drawn), ("The book", _BOOK_WORDS, book_frame(book.cases))]
    environment = _environment()
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        source=Path(book.source).name,
        n=len(book),
        parts={name: len(book.split(name)) for name in SPLIT_NAMES},
        sha256=book.sha256,
        policy=policy,
        near_share=NEAR_SHARE,
        fidelity=[_fidelity(title, words, rows, real) for title, words, rows in parts],
        **_settling(book.cases, policy),
    )


def _settling(cases: Sequence[DebtCase], policy: CreditorPolicy) -> dict[str, Any]:
    """The part of the page about plans."""
    kinds, oracle = workability(cases, policy), best_terms(cases, policy)
    reasons = np.array([case.finances.reason for case in cases])
    everyone = {"all": np.ones(len(cases), dtype=np.bool_)}
    groups = everyone | {reason.value: reasons == reason for reason in Reason if (reasons == reason).any()}
    surpluses = [(case.debt.outstanding, case.finances.monthly_surplus) for case in cases]
    burden = [owed / surplus for owed, surplus in surpluses if surplus > 0]
    bars = {f"{name} ({where.sum()})": kinds.shares(where) for name, where in groups.items()}
    return {
        "keepable": kinds.keepable.mean(),
        "needs_discount": kinds.needs_discount.mean(),
        "hopeless": kinds.hopeless.mean(),
        "oracle_cci": np.mean([result.CCI for result in oracle]),
        "softest_cci": _cci_of_softest(cases, policy),
        "by_reason": book_plots.shares(bars, ("without a discount", "only with a discount", "no plan")),
        "burden": book_plots.histograms({"book": burden or [0.0]}, "Outstanding debt", "monthly surpluses", highest=60),
        "oracle_terms": book_plots.counts({name: [getattr(r.terms, name) for r in oracle] for name in DIMENSIONS}),
    }


def _cci_of_softest(cases: Sequence[DebtCase], policy: CreditorPolicy) -> float:
    """Mean CCI when everybody gets the softest terms of the policy, which is where accepting everything ends."""
    flow = simulate(PlanBatch.of(cases, [policy.softest()] * len(cases)))
    weights = default_weights()
    return float(collection_index(recovery_index(flow, policy, weights), health_index(flow, weights)).mean())


def _fidelity(title: str, words: str, rows: pd.DataFrame, real: pd.DataFrame) -> dict[str, Any]:
    """One table, its plots and its privacy check."""
    correlation, near = correlation_fit(rows, real), privacy(rows, real)
    distances = {"synthetic to real": near.synthetic.tolist(), "real to real": near.real.tolist()}
    return {
        "title": title,
        "words": words,
        "columns": column_fits(rows, real),
        "curves": book_plots.distributions({name: (real[name].tolist(), rows[name].tolist()) for name in rows.columns}),
        "correlation": correlation,
        "matrix": book_plots.matrix(correlation.difference, correlation.columns),
        "privacy": near,
        "distances": book_plots.histograms(distances, "Distance to the nearest real row", "distance in ranks"),
    }


def _environment() -> Any:
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as error:
        raise missing(error) from error
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    environment.filters["g"] = lambda value: f"{value:g}"
    return environment


def main(
    book: Annotated[Path, typer.Argument(help="A .csv, .parquet or .jsonl file.")] = SHIPPED_BOOK,
    out: Annotated[Path, typer.Option(help="The HTML page to write; replaced if it exists.")] = Path("report.html"),
) -> None:
    """Report on a debtor book: workable plans, likeness to the real borrowers, privacy; one HTML page.

    Example: `python -m data.report my_debtors.csv --out report.html`
    """
    loaded = read_book(book)
    replace_file(out, render(loaded, CreditorPolicy()).encode())
    kinds = workability(loaded.cases, CreditorPolicy())
    cli.stdout.print(
        f"{loaded.source}: {len(loaded)} debtors, {kinds.keepable.mean():.1%} with a plan that they can keep, "
        f"{kinds.needs_discount.mean():.1%} need a discount, {kinds.hopeless.mean():.1%} have none; see {out}",
        soft_wrap=True,
    )
