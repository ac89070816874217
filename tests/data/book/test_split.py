from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.book import DebtorBook
from data.book.split import split_of, with_families
from data.domain import DebtCase, Debtor
from plumbing.errors import UserError
from tests.data.builders import make_case, unlike

PINNED = ["train", "val", "val", "val", "train", "train", "train", "train"]


def families(*cases: DebtCase) -> list[str | None]:
    return [case.family_id for case in with_families(cases)]


def test_the_proportions_are_60_20_20() -> None:
    sizes = Counter(split_of(make_case(f"case-{number}")) for number in range(10_000))
    assert sizes["train"] == pytest.approx(6000, abs=150)
    assert sizes["val"] == pytest.approx(2000, abs=120)
    assert sizes["heldout"] == pytest.approx(2000, abs=120)


def test_the_split_is_pinned() -> None:
    """Stable across processes, machines and versions: SHA-256, not Python's salted hash."""
    assert [split_of(make_case(f"d-{number:04d}")) for number in range(1, 9)] == PINNED


def test_the_family_decides_where_it_is_given() -> None:
    parts = {split_of(make_case(f"d-{number}", family_id="f-1")) for number in range(50)}
    assert len(parts) == 1
    assert {split_of(make_case("f-1"))} == parts


@settings(deadline=None, max_examples=30)
@given(st.sets(st.integers(0, 300), min_size=1, max_size=40), st.sets(st.integers(0, 300), max_size=40))
def test_adding_debtors_moves_nobody(numbers: set[int], added: set[int]) -> None:
    before = {case.case_id: split_of(case) for case in with_families([unlike(number) for number in sorted(numbers)])}
    after = {case.case_id: split_of(case) for case in with_families([unlike(n) for n in sorted(numbers | added)])}
    assert all(after[case_id] == part for case_id, part in before.items())


def test_the_same_account_under_another_name_is_a_near_duplicate() -> None:
    copy = make_case("d-9", name="Other", outstanding=1_000_049, assets=504_000, overdue_days=150)
    assert families(make_case("d-1", name="One"), unlike(5), copy) == ["d-1", None, "d-1"]


@pytest.mark.parametrize(
    "changes",
    [
        {"outstanding": 1_030_000},
        {"assets": 550_000},
        {"overdue_days": 160},
        {"currency": "EUR"},
        {"monthly_income": 620_000},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_figure_apart_is_another_account(changes: dict) -> None:
    assert families(make_case("d-1"), make_case("d-2", **changes)) == [None, None]


def test_two_debts_of_one_person_are_near_duplicates() -> None:
    one = make_case("d-1", name="Wei  Chen", age=41)
    other = make_case("d-2", name="wei chen", age=41, outstanding=90_000, principal=100_000, assets=0)
    namesake = make_case("d-3", name="Wei Chen", age=29, outstanding=7_000_000)
    richer = make_case("d-4", name="Wei Chen", age=41, outstanding=8_000_000, monthly_income=900_000)
    assert families(one, other, namesake, richer) == ["d-1", "d-1", None, None]


def test_debtors_without_a_name_are_not_one_person() -> None:
    assert families(make_case("d-1"), make_case("d-2", outstanding=3_000_000)) == [None, None]


def test_near_duplicates_join_the_families_that_the_book_gives() -> None:
    a = unlike(1, family_id="f-9")
    b = unlike(2, family_id="f-9")
    c = make_case("d-3", **_figures(b), family_id="f-2")
    d = unlike(4, family_id="f-2")
    assert families(a, b, c, d, unlike(5, family_id="f-3")) == ["f-2", "f-2", "f-2", "f-2", "f-3"]


def _figures(case: DebtCase) -> dict[str, int]:
    return {"principal": case.debt.principal, "outstanding": case.debt.outstanding}


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(8)))
def test_families_do_not_depend_on_the_order(order: list[int]) -> None:
    cases = [unlike(number // 2, assets=500_000 + number) for number in range(8)]
    cases = [case.model_copy(update={"case_id": f"c-{number}"}) for number, case in enumerate(cases)]
    told = {case.case_id: case.family_id for case in with_families([cases[index] for index in order])}
    assert told == {f"c-{number}": f"c-{number - number % 2}" for number in range(8)}


def test_near_duplicates_never_straddle_the_split() -> None:
    cases = [unlike(number) for number in range(200)]
    copies = [case.model_copy(update={"case_id": f"x{case.case_id}"}) for case in cases]
    part = {case.case_id: split_of(case) for case in with_families(cases + copies)}
    assert all(part[case.case_id] == part[f"x{case.case_id}"] for case in cases)


@pytest.mark.slow
def test_a_book_of_identical_records_is_no_quadratic_work() -> None:
    book = [make_case(f"d-{number}", name="A") for number in range(3000)]
    assert set(families(*book)) == {"d-0"}


def test_the_parts_of_a_book_cover_it_once_and_an_unknown_part_is_refused() -> None:
    book = DebtorBook(tuple(unlike(number) for number in range(60)), "book.csv")
    parts = [book.split(name) for name in ("train", "val", "heldout")]
    assert sorted(case.case_id for part in parts for case in part) == [case.case_id for case in book.cases]
    with pytest.raises(UserError, match="no split 'test'; the parts of a book are train, val, heldout"):
        book.split("test")  # type: ignore[arg-type]


def spread(number: int, **changes: object) -> DebtCase:
    """A debtor with a budget of its own."""
    figures = {"monthly_income": 300_000 + 1_700 * number, "monthly_expenses": 200_000 + 1_300 * number}
    return unlike(number, **{"age": 40, "assets": int(10_000 * 1.03**number), **figures, **changes})


@pytest.mark.parametrize("name", ["XXXX", "XXXX XXXX", "[REDACTED]", "***", "Removed", "n/a", "Consumer A"])
def test_a_name_that_tells_nothing_makes_no_family(name):
    """Of 300 people whose names were blacked out, those of near incomes and one age were taken for one."""
    cases = [spread(number, name=name) for number in range(300)]
    assert {case.family_id for case in with_families(cases)} == {None}


@pytest.mark.parametrize("name", ["XXXX", ""])
def test_one_person_without_a_name_is_known_by_the_purse(name):
    one, other, third = (spread(number, name=name) for number in (0, 100, 200))
    same = {field: getattr(one.finances, field) for field in ("monthly_income", "monthly_expenses", "assets")}
    twin = other.model_copy(update={"debtor": one.debtor, "finances": one.finances.model_copy(update=same)})
    found = with_families([one, twin, third])
    assert [case.family_id for case in found] == [one.case_id, one.case_id, None]
    aged = [case.model_copy(update={"debtor": Debtor(name=name)}) for case in (one, twin)]
    assert {case.family_id for case in with_families(aged)} == {None}


def test_a_name_of_a_few_still_ties_one_persons_debts():
    one, other = unlike(0, name="Wei Chen", age=41), unlike(100, name="wei  chen", age=41, assets=9_000_000)
    assert [case.family_id for case in with_families([one, other])] == ["d-0000", "d-0000"]
