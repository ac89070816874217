from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.book import read_book
from data.domain import DebtCase, Reason
from data.synthesis.stories import SENTENCES, Situation, months_in_words, names, story


def sentences() -> list[str]:
    """All sentences that a story can be made of."""
    return [
        text
        for group in ("cause", "income", "living", "reserve", "debt")
        for pool in SENTENCES[group].values()
        for text in pool
    ]


def figures(text: str) -> set[int]:
    return {int(figure.replace(",", "")) for figure in re.findall(r"\d[\d,]*(?= yuan)", text)}


def pool_of(group: str, text: str) -> set[str]:
    """The pools of `group` that `text` has a sentence of."""

    def pattern(template: str) -> str:
        return re.sub(r"\\{\w+\\}", "[^.;]+?", re.escape(template))

    return {name for name, pool in SENTENCES[group].items() if any(re.search(pattern(t), text) for t in pool)}


@pytest.mark.parametrize("case", read_book().cases[::13], ids=lambda case: case.case_id)
def test_a_story_agrees_with_the_record(case: DebtCase) -> None:
    f, text = case.finances, case.finances.story
    own = {f.monthly_income, f.monthly_expenses, f.monthly_surplus, f.assets, case.debt.outstanding}
    told = figures(text)
    before = {amount for amount in told if amount * 100 not in own}  # only the income before the trouble
    assert f.monthly_income // 100 in told
    assert len(before) <= 1
    assert all(amount * 100 > f.monthly_income for amount in before)
    assert not before or "fallen" in pool_of("income", text)
    assert f.reason in pool_of("cause", text)
    assert months_in_words(case.debt.overdue_days) in text


@settings(deadline=None, max_examples=200)
@given(
    st.builds(
        Situation,
        st.sampled_from(Reason),
        st.sampled_from(["car loan", "consumer loan"]),
        st.integers(1, 720),
        *[st.integers(0, 10**6)] * 4,
        st.integers(1, 10**6),
    ),
    st.integers(0, 2**31),
)
def test_every_situation_has_a_story_with_no_gap_in_it(situation: Situation, seed: int) -> None:
    text = story(situation, np.random.default_rng(seed))
    assert "{" not in text
    assert len(text.split(". ")) >= 2
    if situation.monthly_income <= situation.monthly_expenses:
        assert "that leaves" not in text
    assert "-" not in "".join(re.findall(r"\S+ yuan", text))


def test_sentences_state_no_figure_of_their_own_and_are_varied() -> None:
    assert not [text for text in sentences() if re.search(r"\d", text)]
    assert all(len(set(pool)) == len(pool) >= 6 for pool in SENTENCES["cause"].values())
    assert set(SENTENCES["cause"]) == {reason.value for reason in Reason}


@pytest.mark.parametrize(("days", "words"), [(31, "two months"), (120, "five months"), (720, "25 months")])
def test_the_trouble_began_before_the_first_missed_payment(days: int, words: str) -> None:
    assert months_in_words(days) == words


def test_names_are_all_different_as_long_as_they_last() -> None:
    assert len(set(names(2500, np.random.default_rng(0)))) == 2500
    assert len(names(6000, np.random.default_rng(0))) == 6000
