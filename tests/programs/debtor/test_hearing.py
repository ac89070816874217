"""What a debtor hears in a creditor's turn, and that it answers to it."""

from __future__ import annotations

import pytest

from data.domain import (
    Inquiry,
    Speaker,
)
from programs.debtor.hearing import hear, tone
from programs.debtor.personas import traits_of
from programs.debtor.simulated import SimulatedDebtor
from programs.table.runner import view
from tests.programs.cases import (
    HARD,
    PERSONAS,
    POLICY,
    answers,
    case,
    offer,
    played,
    terms,
)


def test_hearing_sees_concessions_repeats_and_questions():
    turns = (offer(HARD), offer(terms(5, 50, 1, 3), "What is your income?"), offer(terms(5, 50, 1, 3)))
    first, second, third = hear(turns, traits_of(case()))
    assert (first.stuck, first.better) == (False, ())
    assert second.better == ("discount_pct",) and second.gained > 0 and second.question is Inquiry.INCOME
    assert third.stuck


@pytest.mark.parametrize(
    ("words", "cue"),
    [
        ("We will sue you.", "threat"),
        ("我们会起诉你。", "threat"),
        ("Vamos a demandarle ante los tribunales.", "threat"),
        ("Es usted un mentiroso.", "insult"),
        ("Es nuestra última oferta.", "ultimatum"),
        ("Entiendo que es un momento difícil.", "empathy"),
        ("You are a liar.", "insult"),
        ("This is our final offer.", "ultimatum"),
        ("这是最后的方案。", "ultimatum"),
        ("I understand that this is hard for you.", "empathy"),
        ("我理解您的情况。", "empathy"),
    ],
)
def test_tone_is_heard_in_each_language(words, cue):
    assert getattr(tone(words), cue)


@pytest.mark.parametrize(
    "words",
    ["We can offer you 12 instalments.", "我们可以分12期。", "Sin embargo, son 12 cuotas.", "", "courtesy issue"],
)
def test_plain_words_carry_no_tone(words):
    heard = tone(words)
    assert not (heard.threat or heard.insult or heard.ultimatum or heard.empathy or heard.question)


@pytest.mark.parametrize(
    ("words", "inquiry"),
    [
        ("How much do you earn?", Inquiry.INCOME),
        ("You owe us. What are your living costs?", Inquiry.EXPENSES),
        ("您有多少存款？", Inquiry.ASSETS),
        ("为什么没有还款？", Inquiry.REASON),
        ("¿Cuáles son sus ingresos al mes?", Inquiry.INCOME),
        ("¿Qué le pasó?", Inquiry.REASON),
        ("Your income matters to us.", None),
    ],
)
def test_questions_in_words_alone_are_heard(words, inquiry):
    assert tone(words).question is inquiry


@pytest.mark.parametrize("persona", PERSONAS, ids=str)
@pytest.mark.parametrize(
    "other",
    [
        offer(terms(15, 30, 7, 10)),
        offer(HARD, "Pay or we take you to court."),
        offer(HARD, "What is your monthly income?", Inquiry.INCOME),
    ],
    ids=["concession", "threat", "question"],
)
def test_another_last_turn_gets_another_answer(persona, other):
    def answer(last):
        debtor = SimulatedDebtor(case(persona), 1)
        turns = [offer(HARD)]
        turns.append(debtor.reply(view(tuple(turns), Speaker.DEBTOR, POLICY)).turn)
        return debtor.reply(view((*turns, last), Speaker.DEBTOR, POLICY)).turn

    assert answer(other).dialogue != answer(offer(HARD)).dialogue


def test_it_refers_to_the_offered_figures():
    said = [answers(played(case(), offer(HARD), offer(terms(7, 41, 3, 8)), seed=s))[1].dialogue for s in range(30)]
    assert sum(any(figure in words for figure in ("7%", "41%", " 8 ")) for words in said) > 15
