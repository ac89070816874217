"""What is told in words alone: which sentences are asked about, what of the answer holds, and what follows from it."""

from __future__ import annotations

import re

import dspy
import numpy as np
import pytest

from data.circumstance import Circumstance, CircumstanceKind
from data.domain import Inquiry, Speaker, Turn
from optimizers.demonstrations.answers import hearings
from optimizers.demonstrations.choosing import good_ones
from optimizers.demonstrations.turns import recorded
from programs.creditor.briefing import Briefing
from programs.creditor.choosing.fact_hearing import INCOME, FactHearing, understood, unexplained
from programs.creditor.fingerprints import predictors
from programs.creditor.rational import RationalCreditor
from programs.creditor.settings import ProgramSettings
from programs.creditor.support.decision import DecisionSupport
from programs.creditor.support.told_in_words import NOTHING_HEARD, STILL_TAKEN, ToldInWords
from programs.debtor.affordability import acceptable_mask, would_accept
from programs.debtor.claims import claim
from programs.debtor.simulated import SimulatedDebtor
from programs.kinds.negotiation_kind import HEARER, NEGOTIATIONS, facts_told
from programs.maden import Maden
from programs.table.runner import play, view
from signatures.options import FactsHeard
from tests.programs.cases import POLICY, case, random_cases, terms
from tests.programs.creditor.choosing.test_choosing import choosing, played
from tests.scripted import scripted_lm

NONE = {"other_income_a_month": 0, "highest_payment_a_month": 0, "days_until_first_payment": 0}

RIGHT = FactsHeard(other_income_a_month=900, highest_payment_a_month=0, days_until_first_payment=0)


def listening(heard, **settings):
    """A model that picks as `choosing` does and hears what `heard(sentence)` says."""
    picks = choosing()

    def answer(prompt):
        asked = prompt.rsplit("Respond with", 1)[-1]
        if "`heard`" in asked:
            sentence = prompt.rsplit("[[ ## sentence ## ]]", 1)[-1].split("Respond with")[0].strip()
            return {"heard": {**NONE, **heard(sentence)}}
        return picks.engine.answer(prompt)

    return scripted_lm(answer, **settings)


def telling(kind, words, amount_minor=None, days=None, **changed):
    told = Circumstance(kind=kind, words=words, amount_minor=amount_minor, days=days)
    return case(**changed).model_copy(update={"circumstance": told})


WIFE = telling(CircumstanceKind.SECOND_INCOME, "My wife brings home {amount} every month too", 90_000)


def after(words, **claims):
    """A briefing in the second round, when the debtor has just said so."""
    turns = [
        {
            "speaker": "creditor",
            "move": {"kind": "ask", "terms": terms(0, 50, 1, 3).model_dump()},
            "dialogue": "Hello.",
        },
        {
            "speaker": "debtor",
            "move": {"kind": "ask", "terms": terms(20, 5, 14, 24).model_dump()},
            "dialogue": words,
            "disclosed": claims or None,
        },
    ]
    made = tuple(Turn.model_validate(one) for one in turns)
    return Briefing(case().creditor_view(), POLICY, view(made, Speaker.CREDITOR, POLICY))


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("I ask for a 20% discount, 5% within 14 days and 24 instalments.", []),
        ("My income is CNY 4,000. I ask for 20% off and 24 months.", []),
        ("My wife earns CNY 900 a month. I ask for 20% off.", ["My wife earns CNY 900 a month."]),
        ("我太太每个月还有900元。我希望减免20%。", ["我太太每个月还有900元。"]),
        ("Solo puedo pagar 300 al mes. Pido 20% de descuento.", ["Solo puedo pagar 300 al mes."]),
        ("One thing at a time.", []),
        ("Two thousand comes from my son each month!", ["Two thousand comes from my son each month!"]),
    ],
)
def test_only_sentences_with_a_figure_that_nothing_explains_are_asked_about(words, asked):
    found = unexplained(after(words, monthly_income=400_000))
    assert [one.strip() for one in found] == asked


@pytest.mark.parametrize(
    ("said", "sentence", "heard"),
    [
        ({"other_income_a_month": 900}, "My wife earns CNY 900 a month.", {"second_income_minor": 90_000}),
        ({"other_income_a_month": 800}, "My wife earns CNY 900 a month.", {}),
        ({"other_income_a_month": 90_000}, "We won CNY 90,000 a month.", {}),
        ({"highest_payment_a_month": 900}, "CNY 900 is the most I can do.", {"most_monthly_minor": 90_000}),
        ({"highest_payment_a_month": 20}, "CNY 20 is the most I can do.", {}),
        ({"days_until_first_payment": 9}, "My wages come in 9 days.", {"first_day": 9}),
        ({"days_until_first_payment": 60}, "My wages come in 60 days.", {}),
        ({"days_until_first_payment": 90}, "I pay CNY 90 for water.", {}),
        ({"highest_payment_a_month": 9}, "My wages come in 9 days.", {}),
        ({}, "My wages come in 9 days.", {}),
    ],
    ids=[
        "income",
        "no such figure",
        "absurd",
        "limit",
        "asked for more itself",
        "wait",
        "asked for sooner itself",
        "money is no wait",
        "days are no money",
        "nothing",
    ],
)
def test_what_is_heard_must_stand_in_the_sentence_and_agree_with_what_the_debtor_does(said, sentence, heard):
    found = understood(FactsHeard(**{**NONE, **said}), sentence, after(sentence, monthly_income=400_000), NOTHING_HEARD)
    assert found == ToldInWords(**heard)


def test_a_model_that_says_nothing_usable_changes_nothing():
    hearing = FactHearing(ProgramSettings.named("maden"))
    known = ToldInWords(first_day=5)
    with dspy.context(lm=scripted_lm(lambda prompt: "no JSON at all")):
        found = hearing(briefing=after("My wife earns CNY 900 a month."), known=known)
    assert (found.heard, found.notes) == (known, ())


def test_a_second_income_is_no_part_of_the_claim_and_is_believed_once_it_is_heard():
    told = claim(Inquiry.INCOME, WIFE).monthly_income
    assert told == pytest.approx(WIFE.finances.monthly_income - 90_000, abs=10_000)
    record = played(listening(lambda sentence: {"other_income_a_month": 900} if "wife" in sentence else {}), WIFE)
    assert any("CNY 900 every month" in turn.dialogue for turn in record.turns)
    assert [INCOME in turn.notes for turn in record.turns].count(True) == 1


def test_nothing_is_asked_where_every_figure_is_explained():
    asked = []
    for one in random_cases(6, seed=5):
        played(listening(lambda sentence: asked.append(sentence) or {}), one)
    assert asked == []


@pytest.mark.parametrize(
    ("told", "against", "within"),
    [
        (ToldInWords(first_day=10), terms(0, 20, 9, 12), terms(0, 20, 10, 12)),
        (ToldInWords(most_monthly_minor=80_000), terms(0, 20, 7, 6), terms(0, 20, 7, 24)),
    ],
)
def test_offers_against_what_was_heard_hardly_have_a_chance(told, against, within):
    table = after("I ask for 20% off.").table
    support = DecisionSupport(case().creditor_view(), POLICY)
    plain, heard = (
        {option.terms: option for option in one.consider(table, also=(against, within)).options}
        for one in (support, support.hearing(told))
    )
    assert heard[against].chance_later <= STILL_TAKEN
    assert heard[within].chance_later > heard[against].chance_later
    assert plain[against].chance_later > heard[against].chance_later


def test_the_debtor_takes_nothing_against_its_circumstance_and_the_oracle_knows_it():
    waits = telling(CircumstanceKind.PAYDAY, "nothing before {days} days from now", days=12)
    limited = telling(CircumstanceKind.MONTHLY_LIMIT, "never more than {amount} a month", amount_minor=60_000)
    for one, refused in ((waits, terms(5, 10, 11, 24)), (limited, terms(5, 10, 14, 8))):
        plain = one.model_copy(update={"circumstance": None})
        assert would_accept(plain, refused)
        assert not would_accept(one, refused)
        columns = [np.array([value]) for value in refused.model_dump().values()]
        assert not acceptable_mask(one, *columns)[0]


def test_demonstrations_of_hearing_hold_the_right_answer_whatever_was_heard():
    program = Maden(ProgramSettings.named("maden", policy=POLICY))
    with dspy.context(lm=listening(lambda sentence: {"highest_payment_a_month": 900})):
        one = recorded(program, WIFE, 0)
    (made,) = hearings(one)
    assert made.predictor == HEARER
    assert (
        made.example.heard
        == facts_told(WIFE.circumstance, "CNY")
        == FactsHeard(**{**NONE, "other_income_a_month": 900})
    )
    found = good_ones([one], 0.99, threshold_given=True, train=[WIFE], kind=NEGOTIATIONS)
    assert [made.predictor for made in found] == [HEARER]


def test_a_program_that_only_listens_plays_as_the_support_with_what_it_heard():
    lm = listening(lambda sentence: {"other_income_a_month": 900} if "wife" in sentence else {})
    record = played(lm, WIFE, "listening")
    seat = RationalCreditor(WIFE.creditor_view(), POLICY)
    alone = play(WIFE, seat, SimulatedDebtor(WIFE, 0), POLICY, 0)
    told = next(n for n, turn in enumerate(record.turns) if INCOME in turn.notes)
    assert [turn.move for turn in record.turns[:told]] == [turn.move for turn in alone.turns[:told]]
    (prompt,) = lm.engine.prompts
    asked = prompt.rsplit("[[ ## sentence ## ]]", 1)[-1]
    assert "My wife brings home CNY 900 every month too." in asked
    assert not re.search(r"[\d,]{4,}", asked), "no figure but the sentence's own"
    assert predictors(Maden(ProgramSettings.named("listening"))).keys() == {HEARER}
