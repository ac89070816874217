"""Give the debtors of a book something that they say in words alone: a second income, a payday, a monthly limit.

The words were written for this project by three people who did not see each other's, one for each split, so that no
sentence taught is a sentence measured; some of the debtors name a figure that means nothing for a plan.
`python -m data.synthesis.circumstances --out said.jsonl`, then `--book said.jsonl` wherever a book is asked for.
"""

from __future__ import annotations

import math
import random
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from data.amounts import minor_digits
from data.book import SHIPPED_BOOK, read_book, split_of, write_book
from data.book.split import SplitName
from data.circumstance import SLOT, Circumstance, CircumstanceKind
from data.domain import DebtCase
from plumbing import cli

WORDS_FOLDER = Path(__file__).with_name("said")

WEIGHTS: dict[CircumstanceKind, int] = {
    CircumstanceKind.SECOND_INCOME: 12,
    CircumstanceKind.PAYDAY: 2,
    CircumstanceKind.MONTHLY_LIMIT: 4,
    CircumstanceKind.NOTHING: 5,
}
"""How often each is drawn, against the others that are possible."""
EARNED_BESIDE = (0.15, 0.5)
"""A second income, as a share of the own one."""
OWN_MONTHS = 18
"""Who could pay the debt in so many months out of the own income has no second one."""
OF_THE_SURPLUS = (0.35, 0.75)
"""A monthly limit, as a share of what is left each month."""
LONGEST_PLAN = 24
"""A limit lets the debt be paid in so many months, or there is nothing to negotiate within usual policies."""
PAYDAY_DAYS = (4, 14)
_ASIDE = (0.05, 0.6)
"""A figure that means nothing, as a share of the income."""


def with_circumstance(case: DebtCase, seed: int = 0) -> DebtCase:
    """The same debtor with a circumstance, drawn from the seed and its id; a second income comes on top of its own.

    A limit needs something left each month that it is a part of; who could pay alone needs no second income.
    """
    rng = random.Random(f"circumstance {seed} {case.case_id}")
    kinds = list(CircumstanceKind)
    limit = _limit(case, rng)
    if not limit:
        kinds.remove(CircumstanceKind.MONTHLY_LIMIT)
    if case.finances.monthly_surplus * OWN_MONTHS > case.debt.outstanding:
        kinds.remove(CircumstanceKind.SECOND_INCOME)
    kind = rng.choices(kinds, [WEIGHTS[kind] for kind in kinds])[0]
    by_language = said(split_of(case))[kind]
    words = rng.choice(by_language.get((case.debtor.language or "").split("-")[0], by_language["en"]))
    in_days, finances = "{days}" in words, case.finances
    shares = EARNED_BESIDE if kind is CircumstanceKind.SECOND_INCOME else _ASIDE
    amount = _rounded(finances.monthly_income * rng.uniform(*shares), case.debt.currency)
    days = rng.randint(*PAYDAY_DAYS)
    told = Circumstance(
        kind=kind,
        words=words,
        amount_minor=None if in_days else limit if kind is CircumstanceKind.MONTHLY_LIMIT else amount,
        days=days if in_days else None,
    )
    if kind is CircumstanceKind.SECOND_INCOME:
        finances = finances.model_copy(update={"monthly_income": finances.monthly_income + amount})
    return case.model_copy(update={"circumstance": told, "finances": finances})


@cache
def said(split: SplitName) -> dict[CircumstanceKind, dict[str, tuple[str, ...]]]:
    """The sentences of a split, by kind and language.

    Raises:
        ValueError: a sentence lacks its slot.
    """
    tables = tomllib.loads((WORDS_FOLDER / f"{split}.toml").read_text(encoding="utf-8"))
    for kind, languages in tables.items():
        for sentence in (one for some in languages.values() for one in some):
            if len(SLOT.findall(sentence)) != 1:
                raise ValueError(f"{split}.toml: {kind} needs one slot in {sentence!r}")
    return {CircumstanceKind(kind): {tag: tuple(some) for tag, some in by.items()} for kind, by in tables.items()}


def _limit(case: DebtCase, rng: random.Random) -> int:
    """A monthly limit in minor units; 0 where the surplus carries none that would do."""
    share = case.finances.monthly_surplus * rng.uniform(*OF_THE_SURPLUS)
    least = math.ceil(case.debt.outstanding / LONGEST_PLAN)
    wanted = _rounded(max(share, least * 1.05), case.debt.currency)
    return wanted if least <= wanted <= case.finances.monthly_surplus else 0


def _rounded(amount_minor: float, currency: str) -> int:
    """To two figures, as people name sums; never 0."""
    unit = 10 ** minor_digits(currency)
    major = max(1, round(amount_minor / unit))
    grain = 10 ** max(0, len(str(major)) - 2)
    return max(grain, round(major / grain) * grain) * unit


def circumstances(
    out: Annotated[Path, typer.Option(help="The book to write, .jsonl.")],
    book: Annotated[Path, typer.Option(help="The book whose debtors are given something to say.")] = SHIPPED_BOOK,
    seed: Annotated[int, typer.Option(help="Same seed, same book: same bytes.", min=0)] = 0,
) -> None:
    """Write a book of debtors who say something in words that no figure holds.

    Example: `python -m data.synthesis.circumstances --out said.jsonl`, then
    `python -m programs.compare rational maden --book said.jsonl`.
    """
    cases = tuple(with_circumstance(case, seed) for case in read_book(book).cases)
    write_book(cases, out)
    kinds = [case.circumstance.kind for case in cases if case.circumstance is not None]
    counts = ", ".join(f"{kinds.count(kind)} {kind.value.replace('_', ' ')}" for kind in CircumstanceKind)
    cli.stdout.print(f"{out}: {len(cases)} debtors, {counts}, seed {seed}", soft_wrap=True)


if __name__ == "__main__":
    cli.run(circumstances, "python -m data.synthesis.circumstances")
