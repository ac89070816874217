from __future__ import annotations

import dataclasses
import tracemalloc
from collections import Counter

import pytest

from data.book import read_book, stratified_sample, write_book
from data.book.stratified_sample import allocated, sampled_book, sampled_parts, stratum_of
from data.domain import Persona, Reason
from plumbing.errors import UserError
from tests.data.builders import unlike

PERSONAS, REASONS = tuple(Persona), tuple(Reason)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    path = tmp_path_factory.mktemp("book") / "book.parquet"
    cases = [
        unlike(n, persona=PERSONAS[n % 3], reason=REASONS[n % 2], monthly_expenses=300_000 + 900 * n)
        for n in range(300)
    ]
    twins = [unlike(number, name=f"N{number}").model_copy(update={"case_id": f"twin-{number}"}) for number in range(20)]
    write_book([*cases, *twins], path)
    return path


@pytest.mark.parametrize("split", ["train", "heldout"])
def test_a_sample_of_all_is_the_part_of_the_whole_book(book, split):
    whole = read_book(book).split(split)
    found = sampled_book(book, split, len(whole))
    assert found.book.split(split) == whole
    assert found.debtors == len(whole)


def test_each_stratum_gives_its_share(book):
    whole = Counter(map(stratum_of, read_book(book).split("heldout")))
    found = sampled_book(book, "heldout", 30)
    drawn = Counter(map(stratum_of, found.book.cases))
    assert drawn.total() == 30
    for stratum, size in whole.items():
        assert abs(drawn[stratum] - 30 * size / whole.total()) < 1
        assert found.strata[stratum] == (size, drawn[stratum])


def test_parts_are_drawn_as_each_alone_and_of_a_small_one_all(book):
    whole, found = read_book(book), sampled_parts(book, {"train": 40, "val": 10_000})
    assert found.split("train") == sampled_book(book, "train", 40).book.split("train")
    assert found.split("val") == whole.split("val")
    assert not found.split("heldout")


def test_the_draw_depends_on_no_order(book, tmp_path):
    turned = tmp_path / "turned.jsonl"
    write_book(reversed(read_book(book).cases), turned)
    assert {case.case_id for case in sampled_book(turned, "heldout", 20).book.cases} == {
        case.case_id for case in sampled_book(book, "heldout", 20).book.cases
    }


def test_largest_remainders():
    sizes = {("a", "", ""): 7, ("b", "", ""): 2, ("c", "", ""): 1}
    assert allocated(sizes, 4) == {("a", "", ""): 3, ("b", "", ""): 1, ("c", "", ""): 0}
    assert sum(allocated(sizes, 10).values()) == 10


def test_more_than_there_are_is_refused(book):
    with pytest.raises(UserError, match=r"has only \d+ val debtors; ask for at most so many"):
        sampled_book(book, "val", 10_000)


def test_the_faults_of_a_book_are_told(tmp_path):
    path = tmp_path / "twice.jsonl"
    write_book([unlike(1), unlike(1)], path)
    with pytest.raises(UserError, match="stands already"):
        sampled_book(path, "heldout", 1)
    with pytest.raises(UserError, match="no debtor book at"):
        sampled_book(tmp_path / "none.csv", "heldout", 1)


def test_what_is_kept_of_a_debtor_is_small(book):
    cases = read_book(book).cases
    tracemalloc.start()
    kept = [stratified_sample.SplitTraits(case) for case in cases]
    bytes_each = tracemalloc.get_traced_memory()[0] / len(kept)
    tracemalloc.stop()
    assert bytes_each < 600


def test_a_sampled_book_is_one(book):
    found = sampled_book(book, "heldout", 5).book
    assert len(found) == 5
    assert dataclasses.is_dataclass(found)
    assert found.name == "book.parquet"
