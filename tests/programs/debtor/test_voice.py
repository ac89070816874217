"""What a debtor says: variety, figures, claims, each language."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest

from data.dimensions import DIMENSIONS
from data.domain import Inquiry, Persona, Reason
from metrics.talk.figures import stated_figures
from programs.debtor import voice as phrasing
from programs.debtor.claims import as_told
from tests.programs.cases import (
    HARD,
    PERSONAS,
    answers,
    case,
    first_answer,
    offer,
    played,
    random_cases,
    terms,
)


@pytest.mark.parametrize("language", phrasing.LANGUAGES)
def test_at_least_thirty_different_wordings_an_act(language):
    acts = phrasing.phrase_pack(language).acts
    assert {act: len(set(w)) for act, w in acts.items() if len(set(w)) < 30} == {}


@pytest.mark.parametrize("language", phrasing.LANGUAGES)
def test_each_language_has_the_same_acts_reasons_and_moods(language):
    english, other = phrasing.phrase_pack("en"), phrasing.phrase_pack(language)
    assert english.acts.keys() == other.acts.keys()
    assert english.gains.keys() == other.gains.keys() == set(DIMENSIONS)
    assert english.reasons.keys() == other.reasons.keys() == set(Reason)
    assert english.moods.keys() == other.moods.keys() == set(Persona)


@pytest.mark.parametrize("language", phrasing.LANGUAGES)
def test_each_act_takes_the_slots_that_it_takes_in_english(language):
    slots = {act: {s for w in said for s in re.findall(r"{(\w+)}", w)} for act, said in acts("en").items()}
    assert {act: {s for w in said for s in re.findall(r"{(\w+)}", w)} for act, said in acts(language).items()} == slots


def acts(language):
    return phrasing.phrase_pack(language).acts


@pytest.mark.parametrize(
    ("tag", "language"), [(None, "en"), ("es-MX", "es"), ("es", "es"), ("zh-Hans", "zh"), ("fr", "en"), ("en-GB", "en")]
)
def test_the_case_says_what_the_debtor_speaks(tag, language):
    spoken = case()
    other = spoken.model_copy(update={"debtor": spoken.debtor.model_copy(update={"language": tag})})
    own, told = (played(one, offer(HARD), seed=3, language=said) for one, said in ((other, None), (spoken, language)))
    assert [turn.dialogue for turn in answers(own)] == [turn.dialogue for turn in answers(told)]


@pytest.mark.parametrize("language", phrasing.LANGUAGES)
def test_every_wording_of_the_terms_reads_back_as_the_move(language):
    package = terms(23, 17, 11, 19)
    for wording in phrasing.phrase_pack(language).acts["terms"]:
        said = stated_figures(wording.format(discount="23", first="17", days="11", periods="19"))
        assert {f.dimension: f.value for f in said} == package.model_dump(), wording


@pytest.mark.parametrize("language", phrasing.LANGUAGES)
def test_its_own_figures_stand_in_its_words(language):
    for debt_case in random_cases(30):
        for turn in answers(played(debt_case, offer(HARD), offer(terms(20, 20, 9, 15)), language=language)):
            if turn.move.terms is not None:
                assert all(f"{getattr(turn.move.terms, d):g}" in turn.dialogue for d in DIMENSIONS)


@pytest.mark.parametrize("language", phrasing.LANGUAGES)
def test_every_slot_is_filled_and_messages_stay_short(language):
    words = [
        turn.dialogue
        for debt_case in random_cases(60)
        for turn in answers(
            played(
                debt_case,
                offer(HARD, "I understand.", Inquiry.REASON),
                offer(terms(5, 40, 3, 6), "Your income?", Inquiry.INCOME),
                offer(terms(5, 40, 3, 6), "Your savings?", Inquiry.ASSETS),
                offer(terms(30, 5, 14, 24), "This is our final offer."),
                language=language,
            )
        )
    ]
    assert not [w for w in words if "{" in w or "|" in w or "  " in w]
    assert max(map(len, words)) < 500


def test_the_same_situation_is_put_in_many_ways():
    words = Counter(first_answer(case(), offer(HARD), seed).dialogue for seed in range(200))
    assert len(words) > 190


@pytest.mark.parametrize("inquiry", list(Inquiry), ids=str)
def test_honest_claims_are_the_file_as_people_round_and_the_words_say_the_claim(inquiry):
    debt_case = case(Persona.COOPERATIVE, income=612_345)
    turn = first_answer(debt_case, offer(HARD, "May I ask?", inquiry))
    finances = debt_case.finances
    claimed = turn.disclosed.model_dump(exclude_none=True)
    true = {field: getattr(finances, field) for field in claimed}
    expected = {f: as_told(v, "CNY") if inquiry is not Inquiry.REASON else v for f, v in true.items()}
    assert claimed == expected and len(claimed) == 1
    if inquiry is not Inquiry.REASON:
        assert phrasing.spoken_amount(next(iter(claimed.values())), "CNY") in turn.dialogue


@pytest.mark.parametrize(
    ("minor", "currency", "told"),
    [
        (7_489, "CNY", 7_000),
        (75_500, "CNY", 76_000),
        (99_600, "CNY", 100_000),
        (612_345, "CNY", 610_000),
        (1_234_500, "CNY", 1_230_000),
        (312_678, "JPY", 313_000),
        (0, "CNY", 0),
    ],
)
def test_people_name_round_figures(minor, currency, told):
    assert as_told(minor, currency) == told


@pytest.mark.parametrize("language", phrasing.LANGUAGES)
def test_the_strategic_claim_more_hardship_than_true(language):
    debt_case = case(Persona.STRATEGIC)
    asks = [offer(HARD, "May I ask?", i) for i in (Inquiry.INCOME, Inquiry.EXPENSES, Inquiry.ASSETS)]
    claims = {}
    for turn in answers(played(debt_case, *asks, *asks, language=language)):
        if turn.disclosed:
            claims.update(turn.disclosed.model_dump(exclude_none=True, exclude={"reason"}))
    finances = debt_case.finances
    assert claims["monthly_income"] < finances.monthly_income
    assert claims["monthly_expenses"] > finances.monthly_expenses
    assert claims["assets"] < finances.assets


def test_no_private_figure_is_told_unasked():
    for debt_case in random_cases(60):
        for turn in answers(played(debt_case, offer(HARD), offer(terms(9, 33, 5, 11)))):
            claimed = turn.disclosed.model_dump(exclude_none=True, exclude={"reason"}) if turn.disclosed else {}
            assert claimed == {}
            assert "CNY" not in turn.dialogue


def test_candour_orders_who_answers_a_first_question():
    def share(persona):
        asked = offer(HARD, "May I ask?", Inquiry.ASSETS)
        return np.mean([first_answer(case(persona), asked, seed).disclosed is not None for seed in range(200)])

    told = {p: share(p) for p in PERSONAS}
    assert told[Persona.COOPERATIVE] == told[Persona.VULNERABLE] == 1
    assert told[Persona.HESITANT] > told[Persona.HOSTILE] > told[Persona.EVASIVE] - 0.1
    assert told[Persona.EVASIVE] < 0.4


def test_a_question_already_answered_is_not_answered_with_another_figure():
    asked = offer(HARD, "May I ask?", Inquiry.INCOME)
    first, second = answers(played(case(Persona.COOPERATIVE), asked, asked))[:2]
    assert first.disclosed is not None and second.disclosed is None
