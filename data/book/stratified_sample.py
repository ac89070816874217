"""A sample of a large book, drawn in strata: the book is read twice, part by part, and never held whole.

The first reading keeps of each debtor what near-duplicates are told by and the stratum (some 0.5 KB), the second one
the debtors that were drawn. The split is that of the whole book. Proportional allocation: each stratum gives its share
of the sample, by largest remainders (Cochran, Sampling Techniques, 3rd ed., section 5.5).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from data.book import DebtorBook, book_results
from data.book.book_faults import BookFaults, Fault, shown
from data.book.split import SplitName, families, split_of_key
from data.domain import DebtCase
from plumbing.errors import UserError

MOST_FAULTS = 1000
"""Of one book that are told; a million rows may have as many."""
Stratum = tuple[str, str, str]
"""Persona, reason, and how many months of surplus the debt is."""


class SplitTraits:
    """What is kept of a debtor: the fields of a `DebtCase` that `data.book.split` asks for, under the same names."""

    __slots__ = (
        "age",
        "assets",
        "case_id",
        "currency",
        "family_id",
        "monthly_expenses",
        "monthly_income",
        "name",
        "outstanding",
        "overdue_days",
        "principal",
        "reason",
        "stratum",
    )

    def __init__(self, case: DebtCase) -> None:
        self.case_id, self.family_id, self.stratum = case.case_id, case.family_id, stratum_of(case)
        for part in (case.debt, case.debtor, case.finances):
            for name in type(part).model_fields.keys() & set(SplitTraits.__slots__):
                setattr(self, name, getattr(part, name))

    @property
    def debt(self) -> SplitTraits:
        """Itself: principal, outstanding, overdue days and currency."""
        return self

    @property
    def debtor(self) -> SplitTraits:
        """Itself: name and age."""
        return self

    @property
    def finances(self) -> SplitTraits:
        """Itself: income, expenses, assets and reason."""
        return self


@dataclass(frozen=True)
class SampledBook:
    """A sample, and the strata that it was drawn from."""

    book: DebtorBook
    """The debtors that were drawn, under the families of the whole book."""
    debtors: int
    """Of the whole book's part."""
    strata: Mapping[Stratum, tuple[int, int]] = field(default_factory=dict)
    """Of each stratum how many debtors there are, and how many were drawn."""


def stratum_of(case: DebtCase) -> Stratum:
    """The stratum of a debtor; the months are those of `programs.comparison`'s slices: none, up to 12, to 24, more."""
    surplus = case.finances.monthly_surplus
    months = case.debt.outstanding / surplus if surplus > 0 else None
    band = "none" if months is None else "12" if months <= 12 else "24" if months <= 24 else "more"
    return str(case.persona or "unknown"), str(case.finances.reason), band


def sampled_book(path: Path | str, split: SplitName, count: int) -> SampledBook:
    """`count` debtors of one part of the book at `path`, each stratum in proportion.

    Whom a stratum gives is told by the hashes of the ids, so it depends on no order, and a larger sample holds most of
    a smaller one.

    Args:
        path: a CSV, Parquet or JSONL file.
        split: `train`, `val` or `heldout` of the whole book.
        count: debtors.

    Raises:
        UserError: the file cannot be read, is faulty, or the part has not so many debtors.
    """
    path = Path(path)
    family, parts = _parts(path)
    part = parts[split]
    if count > len(part):
        raise UserError(f"{path} has only {len(part)} {split} debtors; ask for at most so many")
    drawn, strata = _drawn(part, count)
    return SampledBook(_kept(path, drawn, family), len(part), strata)


def sampled_parts(path: Path | str, counts: Mapping[SplitName, int]) -> DebtorBook:
    """Debtors of several parts of the book at `path`, each stratum in proportion; of a smaller part all there are.

    Args:
        path: as of `sampled_book`.
        counts: debtors by part.

    Raises:
        UserError: the file cannot be read, or is faulty.
    """
    path = Path(path)
    family, parts = _parts(path)
    drawn = {one for split, count in counts.items() for one in _drawn(parts[split], min(count, len(parts[split])))[0]}
    return _kept(path, drawn, family)


def allocated(sizes: Mapping[Stratum, int], count: int) -> dict[Stratum, int]:
    """How many debtors each stratum of `sizes` gives to a sample of `count`: its share, by largest remainders."""
    total = sum(sizes.values())
    given = {stratum: count * size // total for stratum, size in sizes.items()}
    rest = sorted(sizes, key=lambda one: (-(count * sizes[one] % total), one))
    for stratum in rest[: count - sum(given.values())]:
        given[stratum] += 1
    return given


def _parts(path: Path) -> tuple[dict[str, str | None], dict[SplitName, list[SplitTraits]]]:
    """Family ids by case id, of those that have one, and the traits of each part's debtors."""
    everybody = [SplitTraits(case) for case in _cases(path)]
    found = families(everybody)
    parts: dict[SplitName, list[SplitTraits]] = defaultdict(list)
    for place, one in enumerate(everybody):
        parts[split_of_key(found[place] or one.case_id)].append(one)
    named = {one.case_id: found[place] for place, one in enumerate(everybody) if found[place] is not None}
    return named, parts


def _kept(path: Path, drawn: Set[str], family: Mapping[str, str | None]) -> DebtorBook:
    kept = (case for case in _cases(path) if case.case_id in drawn)
    cases = tuple(case.model_copy(update={"family_id": family.get(case.case_id)}) for case in kept)
    return DebtorBook(cases, str(path))


def _drawn(part: Sequence[SplitTraits], count: int) -> tuple[set[str], dict[Stratum, tuple[int, int]]]:
    by_stratum: dict[Stratum, list[str]] = defaultdict(list)
    for one in part:
        by_stratum[one.stratum].append(one.case_id)
    given = allocated({stratum: len(ids) for stratum, ids in by_stratum.items()}, count)
    drawn = {case_id for stratum, ids in by_stratum.items() for case_id in sorted(ids, key=_hash)[: given[stratum]]}
    return drawn, {stratum: (len(ids), given[stratum]) for stratum, ids in sorted(by_stratum.items())}


def _hash(case_id: str) -> bytes:
    return hashlib.sha256(case_id.encode()).digest()


def _cases(path: Path) -> Iterator[DebtCase]:
    """Every debtor of the file, one at a time.

    Raises:
        UserError: there is no such file, or what is wrong with it.
    """
    if not path.is_file():
        raise UserError(f"no debtor book at {path}; name a .csv, .parquet or .jsonl file")
    faults: list[Fault] = []
    known: set[str] = set()
    for number, case_id, case, found in book_results(path):
        faults += found[: MOST_FAULTS - len(faults)]
        if case_id in known:
            faults.append(
                Fault(f"{shown(case_id)} stands already; every debtor needs an id of its own", number, "case_id")
            )
        if case_id:
            known.add(case_id)
        if case is not None and not faults:
            yield case
    if faults or not known:
        raise BookFaults(path.name, faults or [Fault("the file is empty; a book holds at least one debtor")])
