"""The train / validation / held-out split, and the near-duplicates that must not straddle it.

The split is a stable hash of one key per case (its family id, or its own id), so it depends on no other case:
adding debtors moves nobody. Near-duplicates would leak held-out debtors into compilation, so loading a book
first gives every group of near-duplicates one family id. Adding a debtor can therefore move only debtors that
are near-duplicates of it, or bear its name.

Two cases are near-duplicates when they are

- the same account: one currency; principal, outstanding, income, expenses and assets each equal within 1 % plus
  one major unit; overdue days within 31 (a later month's extract of the same account), whatever the names; or
- the same person: one currency and the same name; ages equal or given in neither; income and expenses equal within the
  same tolerance (one person's several debts); or
- the same person under a name that tells nothing (none, one blacked out such as XXXX, or one that ten debtors
  or more bear): one currency, age and reason; income, expenses and assets equal within the same tolerance.

The relation is closed transitively, together with the family ids that the book itself gives.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from scipy.cluster.hierarchy import DisjointSet
from scipy.spatial import cKDTree

from data.amounts import minor_digits
from data.domain import DebtCase

SplitName = Literal["train", "val", "heldout"]
SPLIT_NAMES: tuple[SplitName, ...] = ("train", "val", "heldout")
MEASURED_ON: tuple[SplitName, ...] = ("heldout", "val")
"""What programs can be compared on: training debtors taught them."""

TRAIN_PCT, VAL_PCT = 60, 20
"""The rest, 20 %, is held out."""

_CROWD = 10
"""A name that so many debtors bear says of none of them who it is."""
_LEFT_OUT = frozenset(
    {"redacted", "removed", "deleted", "hidden", "masked", "anonymous", "anonymised", "anonymized", "unknown", "na"}
    | {"name", "debtor", "customer", "client", "borrower", "notavailable", "nn", "test", "null", "none"}
)

RELATIVE_TOLERANCE = 0.01
OVERDUE_TOLERANCE_DAYS = 31


def split_of(case: DebtCase) -> SplitName:
    """Where `case` falls: 60/20/20 by SHA-256 of its family id, or of its own id without one."""
    return split_of_key(case.family_id or case.case_id)


def split_of_key(key: str) -> SplitName:
    """Where the debtors of a family, or the one of an id, fall."""
    digest = hashlib.sha256(key.encode()).digest()
    position = int.from_bytes(digest[:8], "big") * 100 // 2**64
    if position < TRAIN_PCT:
        return "train"
    return "val" if position < TRAIN_PCT + VAL_PCT else "heldout"


def with_families(cases: Sequence[DebtCase]) -> tuple[DebtCase, ...]:
    """`cases` in the same order, each group of near-duplicates under one family id.

    The id is the smallest the group already has, else its smallest case id, so it does not depend on the order of
    the book. Cases without a near-duplicate are returned as they are.
    """
    family = families(cases)
    return tuple(
        case if family[index] == case.family_id else case.model_copy(update={"family_id": family[index]})
        for index, case in enumerate(cases)
    )


def families(cases: Sequence[Any]) -> dict[int, str | None]:
    """The family id of each case by its place: `with_families` without the cases.

    Args:
        cases: `DebtCase`s, or what has of them the fields that the relation asks for (`SplitTraits`).
    """
    groups: DisjointSet = DisjointSet(range(len(cases)))
    for one, other in _near_duplicates(cases):
        groups.merge(one, other)
    return {index: _family_of(members, cases) for members in groups.subsets() for index in members}


def _family_of(members: Iterable[int], cases: Sequence[DebtCase]) -> str | None:
    group = [cases[index] for index in members]
    if len(group) == 1:
        return group[0].family_id
    return min((case.family_id for case in group if case.family_id), default=min(case.case_id for case in group))


def _near_duplicates(cases: Sequence[DebtCase]) -> Iterator[tuple[int, int]]:
    """Pairs of indices whose transitive closure is the near-duplicate relation."""
    yield from _chained(_grouped(cases, lambda case: case.family_id))
    for members in _grouped(cases, lambda case: case.debt.currency):
        yield from _close(members, [_account_point(cases[index]) for index in members])
    telling = telling_names(cases)
    for members in _grouped(cases, lambda case: _person(case) if _name(case) in telling else None):
        yield from _close(members, [_budget_point(cases[index]) for index in members])
    for members in _grouped(cases, lambda case: None if _name(case) in telling else _nameless(case)):
        yield from _close(members, [_purse_point(cases[index]) for index in members])


def _grouped(cases: Sequence[DebtCase], key: Callable[[DebtCase], Hashable | None]) -> list[list[int]]:
    """Indices of the cases that share a key; cases whose key is None share with nobody."""
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for index, case in enumerate(cases):
        if (value := key(case)) is not None:
            groups[value].append(index)
    return [members for members in groups.values() if len(members) > 1]


def _chained(groups: Iterable[list[int]]) -> Iterator[tuple[int, int]]:
    for members in groups:
        yield from pairwise(members)


def _close(members: list[int], points: list[tuple[float, ...]]) -> Iterator[tuple[int, int]]:
    """Pairs of `members` whose points lie within one tolerance in every coordinate.

    Equal points are chained first, so that a book of identical records costs no quadratic number of pairs.
    """
    at: dict[tuple[float, ...], list[int]] = defaultdict(list)
    for member, point in zip(members, points, strict=True):
        at[point].append(member)
    yield from _chained(at.values())
    places = list(at.values())
    for one, other in cKDTree(np.array(list(at))).query_pairs(1.0, p=np.inf):
        yield places[one][0], places[other][0]


def telling_names(cases: Sequence[DebtCase]) -> frozenset[str]:
    """The names, in small letters, that say who somebody is: neither blacked out nor borne by a crowd."""
    borne = Counter(_name(case) for case in cases)
    return frozenset(name for name, bearers in borne.items() if bearers < _CROWD and not _blacked_out(name))


def _blacked_out(name: str) -> bool:
    """Whether a name is none: no letters, or one letter alone however often, or a word for a name left out."""
    letters = [letter for letter in name if letter.isalpha()]
    return len(set(letters)) < 2 or "".join(letters) in _LEFT_OUT


def _name(case: DebtCase) -> str:
    return " ".join(case.debtor.name.split()).casefold()


def _person(case: DebtCase) -> Hashable:
    return (case.debt.currency, _name(case), case.debtor.age)


def _nameless(case: DebtCase) -> Hashable | None:
    age = case.debtor.age
    return None if age is None else (case.debt.currency, age, case.finances.reason)


def _account_point(case: DebtCase) -> tuple[float, ...]:
    debt = case.debt
    amounts = (debt.principal, debt.outstanding, case.finances.assets)
    return (
        *(_in_tolerances(amount, debt.currency) for amount in amounts),
        *_budget_point(case),
        debt.overdue_days / OVERDUE_TOLERANCE_DAYS,
    )


def _budget_point(case: DebtCase) -> tuple[float, ...]:
    currency = case.debt.currency
    return (
        _in_tolerances(case.finances.monthly_income, currency),
        _in_tolerances(case.finances.monthly_expenses, currency),
    )


def _purse_point(case: DebtCase) -> tuple[float, ...]:
    return (*_budget_point(case), _in_tolerances(case.finances.assets, case.debt.currency))


def _in_tolerances(minor: int, currency: str) -> float:
    """The amount on a scale where a difference of 1 is 1 % plus one major unit."""
    offset = 10 ** minor_digits(currency) / RELATIVE_TOLERANCE
    return float(np.log(minor + offset) / np.log1p(RELATIVE_TOLERANCE))
