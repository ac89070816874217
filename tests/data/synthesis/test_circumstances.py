"""Debtors who say something that no figure holds: whose words they are, what they mean, and how they are kept."""

from __future__ import annotations

from collections import Counter

import pytest
from pydantic import ValidationError

from data.book import SHIPPED_BOOK, read_book, split_of, write_book
from data.book.split import SPLIT_NAMES
from data.circumstance import SLOT, Circumstance, CircumstanceKind
from data.synthesis.circumstances import OWN_MONTHS, said, with_circumstance
from plumbing.errors import UserError
from programs.debtor.voice import LANGUAGES

CASES = read_book(SHIPPED_BOOK).cases


@pytest.fixture(scope="module")
def told():
    return [(case, with_circumstance(case)) for case in CASES]


def test_no_sentence_of_one_split_stands_in_another():
    by_kind = [by for split in SPLIT_NAMES for by in said(split).values()]
    sentences = Counter(one for by in by_kind for some in by.values() for one in some)
    assert max(sentences.values()) == 1
    assert all(len(SLOT.findall(one)) == 1 for one in sentences)


def test_everybody_is_given_words_of_its_own_split_and_of_its_language(told):
    for case, made in told[:200]:
        assert made.circumstance.words in said(split_of(case))[made.circumstance.kind]["en"]
    for tag in LANGUAGES:
        speaker = CASES[0].model_copy(update={"debtor": CASES[0].debtor.model_copy(update={"language": tag})})
        made = with_circumstance(speaker).circumstance
        assert made.words in said(split_of(speaker))[made.kind][tag]


def test_a_second_income_comes_on_top_and_only_where_the_own_one_does_not_do(told):
    for case, made in told:
        beside = made.circumstance.of(CircumstanceKind.SECOND_INCOME)
        assert made.finances.monthly_income == case.finances.monthly_income + beside
        assert not beside or case.finances.monthly_surplus * OWN_MONTHS <= case.debt.outstanding


def test_a_limit_is_part_of_what_is_left_and_lets_the_debt_be_paid(told):
    limits = [(case, made.circumstance.of(CircumstanceKind.MONTHLY_LIMIT)) for case, made in told]
    found = [(case, limit) for case, limit in limits if limit]
    assert len(found) > 50
    assert all(case.debt.outstanding <= 24 * limit <= 24 * case.finances.monthly_surplus for case, limit in found)


def test_the_same_seed_gives_the_same_and_another_one_others(told):
    assert [with_circumstance(case) for case in CASES[:50]] == [made for _, made in told[:50]]
    assert [with_circumstance(case, 1) for case in CASES[:50]] != [made for _, made in told[:50]]


def test_a_book_of_them_is_read_as_it_was_written_and_no_table_holds_one(tmp_path, told):
    cases = tuple(made for _, made in told[:20])
    write_book(cases, tmp_path / "said.jsonl")
    assert read_book(tmp_path / "said.jsonl").cases == cases
    with pytest.raises(UserError, match="JSON lines"):
        write_book(cases, tmp_path / "said.csv")
    assert '"circumstance"' not in CASES[0].model_dump_json()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "payday", "words": "in {days} days"},
        {"kind": "payday", "words": "{amount}", "amount_minor": 5},
        {"kind": "second_income", "words": "no slot", "amount_minor": 5},
        {"kind": "nothing", "words": "{days} and {amount}", "amount_minor": 5, "days": 4},
    ],
)
def test_words_and_figure_belong_together(wrong):
    with pytest.raises(ValidationError):
        Circumstance.model_validate(wrong)
