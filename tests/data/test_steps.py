from __future__ import annotations

from data.domain import Disclosure, Move, Speaker, Turn, standing_terms
from data.steps import claimed, standing_after_each, steps
from data.terms import PartialTerms, Terms

FIRST = Terms(discount_pct=0, immediate_payment_pct=20, immediate_payment_days=7, installment_periods=6)
ASKED = Terms(discount_pct=12.5, immediate_payment_pct=5, immediate_payment_days=14, installment_periods=24)


def creditor(move: Move) -> Turn:
    return Turn(speaker=Speaker.CREDITOR, move=move)


def debtor(move: Move, **claims: int) -> Turn:
    return Turn(speaker=Speaker.DEBTOR, move=move, disclosed=Disclosure(**claims) if claims else None)


TURNS = (
    creditor(Move.ask(FIRST)),
    debtor(Move.ask(ASKED), monthly_income=600_000),
    creditor(Move.ask(PartialTerms(installment_periods=9))),
    debtor(Move.reject(), monthly_income=500_000, assets=0),
    creditor(Move.accept()),
)


def test_each_step_tells_what_stood_before_and_after_it():
    walk = list(steps(TURNS))
    assert [step.index for step in walk] == [0, 1, 2, 3, 4]
    assert [step.round for step in walk] == [1, 1, 2, 2, 3]
    given = FIRST.with_value("installment_periods", 9)
    assert [step.own.standing for step in walk] == [None, None, FIRST, ASKED, given]
    assert [step.theirs.standing for step in walk] == [None, FIRST, ASKED, given, ASKED]
    assert [step.after for step in walk] == [FIRST, ASKED, given, ASKED, given]


def test_the_walk_stands_where_the_record_does():
    for step in steps(TURNS):
        assert step.own.standing == standing_terms(TURNS[: step.index], step.turn.speaker)
        assert step.theirs.standing == standing_terms(TURNS[: step.index], step.turn.speaker.other)
        assert step.after == standing_terms(TURNS[: step.index + 1], step.turn.speaker)


def test_an_opening_that_names_too_little_stands_once_the_rest_is_named():
    parts = [PartialTerms(discount_pct=0, immediate_payment_pct=20), PartialTerms(immediate_payment_days=7)]
    turns = [creditor(Move.ask(part)) for part in (*parts, PartialTerms(installment_periods=6))]
    assert [step.after for step in steps(turns)] == [None, None, FIRST]
    assert standing_after_each(turns, Speaker.CREDITOR) == [FIRST]
    assert standing_after_each(turns, Speaker.DEBTOR) == []


def test_a_later_claim_replaces_an_earlier_one():
    assert [step.claims.monthly_income for step in steps(TURNS)] == [None, 600_000, 600_000, 500_000, 500_000]
    assert claimed(TURNS) == Disclosure(monthly_income=500_000, assets=0)
    assert claimed(()) == Disclosure()
