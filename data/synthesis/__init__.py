"""Synthesise a debtor book from the real defaulted borrowers of the seed table.

Three steps, each with random numbers of its own: rows like the seed's 1,254 bad ones (data/synthesis/copula.py, or
CTGAN), what the default did to them (data/synthesis/hardship.py), and what they would tell (data/synthesis/stories.py).
The same seed gives the same file, byte for byte. data/README.md says what is real and what is assumed.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import typer

from data.amounts import to_minor
from data.book import write_book
from data.domain import Debt, DebtCase, Debtor, Finances, Persona, Reason
from data.synthesis import copula
from data.synthesis.hardship import PARAMETERS, after_default
from data.synthesis.seed_table import CATEGORIES, defaulted_borrowers, named
from data.synthesis.stories import Situation, names, story
from plumbing import cli
from plumbing.errors import UserError

BOOK_SIZE = 975
"""Debtors in the shipped book, as many as in the published study (arXiv 2502.18228)."""
MOST_DEBTORS = 1_000_000

STEPWISE = frozenset(CATEGORIES) | {"Seniority", "Time", "Age"}
"""Columns of the seed table that hold codes or whole numbers."""

CTGAN_EPOCHS = 300

Generator = Literal["copula", "ctgan"]


def synthesise(count: int = BOOK_SIZE, seed: int = 0, generator: Generator = "copula") -> tuple[DebtCase, ...]:
    """`count` synthetic debtors.

    Args:
        count: how many, 1 to a million.
        seed: 0 or more; the same seed, count and generator give the same debtors.
        generator: how rows like the seed's are drawn: the Gaussian copula, or CTGAN, the generator of the paper.

    Raises:
        UserError: a count or seed out of range, or the extra `ctgan` is not installed.
    """
    if not 1 <= count <= MOST_DEBTORS:
        raise UserError(f"--n {count} is not a number of debtors; give a whole number from 1 to {MOST_DEBTORS}")
    if seed < 0:
        raise UserError(f"--seed {seed} is negative; give 0 or more")
    rows, hardships, tellings, naming = _streams(seed)
    debtors = after_default(named(GENERATORS[generator](count, rows)), hardships)
    debtors["name"] = names(count, naming)
    width = max(4, len(str(count)))
    records = debtors.to_dict("records")
    return tuple(_case(f"d-{number:0{width}d}", record, tellings) for number, record in enumerate(records, start=1))


def applicants(count: int, seed: int, generator: Generator = "copula") -> pd.DataFrame:
    """The rows that the debtors of `synthesise` are made from, before the default; columns as in `seed_table`."""
    return GENERATORS[generator](count, _streams(seed)[0])


def _streams(seed: int) -> list[np.random.Generator]:
    """Independent random numbers for each step, so that a change of one leaves the others' draws alone."""
    return [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(4)]


def copula_applicants(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Rows like the seed's bad ones from the Gaussian copula with empirical margins."""
    return fitted_copula().draw(count, rng)


@cache
def fitted_copula() -> copula.GaussianCopula:
    """The copula of the seed table; it is the same for every seed, so one fit a process is enough."""
    return copula.fit(defaulted_borrowers(), STEPWISE)


def ctgan_applicants(count: int, rng: np.random.Generator) -> pd.DataFrame:
    """Rows like the seed's bad ones from CTGAN (Xu et al. 2019), trained on those without a missing value.

    Repeatable on one machine and one build of its neural-network library, not across them.

    Raises:
        UserError: the extra `ctgan` is not installed.
    """
    try:
        from ctgan import CTGAN
    except ImportError:
        raise UserError(
            "--generator ctgan needs the package ctgan, which is not installed; "
            "install it with `pip install 'maden[ctgan]'` or use --generator copula"
        ) from None
    complete = defaulted_borrowers().dropna().reset_index(drop=True)
    model = CTGAN(epochs=CTGAN_EPOCHS, verbose=False, enable_gpu=False)
    model.set_random_state(int(rng.integers(2**31)))
    model.fit(complete, sorted(CATEGORIES))
    drawn = model.sample(count)
    return drawn.clip(complete.min(), complete.max(), axis=1).round({name: 0 for name in STEPWISE})


GENERATORS: dict[Generator, Callable[[int, np.random.Generator], pd.DataFrame]] = {
    "copula": copula_applicants,
    "ctgan": ctgan_applicants,
}


def _case(case_id: str, row: dict[Any, Any], rng: np.random.Generator) -> DebtCase:
    """The debt case of one row of `after_default`, with its story."""
    currency = PARAMETERS["currency"]
    situation = Situation(Reason(row["reason"]), **{name: row[name] for name in Situation._fields[1:]})

    def minor(column: str) -> int:
        return to_minor(str(row[column]), currency)

    return DebtCase(
        case_id=case_id,
        debt=Debt(
            product=row["product"],
            principal=minor("principal"),
            outstanding=minor("outstanding"),
            overdue_days=int(row["overdue_days"]),
            currency=currency,
        ),
        debtor=Debtor(name=row["name"], age=int(row["age"])),
        finances=Finances(
            monthly_income=minor("monthly_income"),
            monthly_expenses=minor("monthly_expenses"),
            assets=minor("assets"),
            reason=situation.reason,
            story=story(situation, rng),
        ),
        persona=Persona(row["persona"]),
    )


def main(
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 0,
    n: Annotated[int, typer.Option(help="Number of debtors.")] = BOOK_SIZE,
    out: Annotated[Path, typer.Option(help="The book to write: .csv, .parquet or .jsonl.")] = Path("debtors.csv"),
    generator: Annotated[str, typer.Option(help="copula, or ctgan (needs the extra of that name).")] = "copula",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that holds something else.")] = False,
) -> None:
    """Synthesise a book of debtors from real defaulted borrowers.

    Example: `python -m data.synthesis --seed 1 --n 200 --out mine.csv`. The shipped book is that of the defaults.
    """
    if generator not in GENERATORS:
        raise UserError(f"--generator {generator} is unknown; known are {', '.join(GENERATORS)}")
    cases = synthesise(n, seed, generator)
    if out.exists() and not force and not _same(cases, out):
        raise UserError(f"{out} holds something else; name another file with --out, or replace it with --force")
    write_book(cases, out)
    cli.stdout.print(f"{out}: {len(cases)} debtors, seed {seed}, {generator}", soft_wrap=True)


def _same(cases: Iterable[DebtCase], path: Path) -> bool:
    """Whether writing the cases to `path` would change nothing."""
    with tempfile.TemporaryDirectory() as folder:
        twin = Path(folder) / path.name
        write_book(cases, twin)
        return path.is_file() and twin.read_bytes() == path.read_bytes()
