from __future__ import annotations

import contextlib

import pytest

from data.domain import MoveKind
from data.messages.corpus import STANDING
from programs.reader.understanding import understand
from programs.reader.understood import NotClear
from programs.reader_program import TABLE, TODAY


def understood(text: str):
    return understand(text, None, TABLE, "USD", 600_000, TODAY)


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "yep that's ok with me",
        "Alright then, your plan it is. Where do I sign?",
        "Me quedo con su propuesta, mándeme los papeles",
        "好的，就照你们的方案来，协议发我吧",
    ],
)
def test_whoever_takes_the_offer_in_words_of_their_own_is_heard_or_asked(text):
    try:
        found = understood(text)
    except NotClear as question:
        assert "Do you accept the creditor's offer as it is?" in str(question)
    else:
        assert found.move.kind is MoveKind.ACCEPT
        assert f"{STANDING.installment_periods} monthly instalments" in found.sentence


@pytest.mark.parametrize("text", ["no acepto", "no, I can't accept that", "我不接受", "rechazo su oferta"])
def test_whoever_refuses_is_not_asked_whether_they_accept(text):
    assert "you refuse the creditor's offer" in understood(text).sentence


@pytest.mark.parametrize(
    "text",
    [
        "I don't accept",
        "I accept nothing of this",
        "I will never accept that",
        "who would accept that?",
        "yes but only if you drop the interest",
        "no acepto",
        "我不接受",
        "The court accepted my papers last week",
        "yes I am still out of work",
        "I'm in a Chapter 13 plan.",
        "go ahead and cancel my booking for five tonight",
        "120000",
        "12",
        "twelve",
        "doce",
        "他们说成交量很大",
    ],
)
def test_what_is_denied_limited_or_about_something_else_is_no_acceptance(text):
    with contextlib.suppress(NotClear):
        assert understood(text).move.kind is not MoveKind.ACCEPT


def test_whoever_is_in_on_a_condition_that_names_terms_makes_an_offer():
    assert understood("drop it by 8 % and i'm in").move.named == {"discount_pct": 8}


@pytest.mark.parametrize(
    "text",
    [
        "I'm in",
        "ok, im in!",
        "adelante",
        "Conforme.",
        "说定了",
        "i can do that",
        "好，成交！",
        "im in :)",
        "I'm in 👍",
        "yes please",
    ],
)
def test_an_acceptance_and_nothing_else_is_one(text):
    assert understood(text).move.kind is MoveKind.ACCEPT


def test_who_says_goodbye_beside_words_of_acceptance_leaves():
    assert understood("go ahead and close it, goodbye").leaves
