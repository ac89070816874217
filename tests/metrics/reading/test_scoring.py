from __future__ import annotations

import pytest

from data.messages.book import MessageCase
from data.messages.labels import ClaimKind, Intent, SignalKind, TermKind
from data.messages.message import DebtorMessage, StatedTerm
from data.terms import PartialTerms
from metrics.reading.record import ReadEnding, ReadRecord
from metrics.reading.scoring import mistakes, score_readings
from metrics.reading.told import told_of_reading
from plumbing.errors import UserError

NAMES = {**{kind: kind.value for kind in SignalKind}, SignalKind.STOP: "never writes"}


def message(text="18 months pls", intent=Intent.TALK, signals=(), terms=()):
    stated = tuple(StatedTerm(kind, value, text) for kind, value in terms)
    labels = {"situation": "s", "author": "a", "language": "en", "currency": "USD"}
    return DebtorMessage(text=text, intent=intent, signals=signals, terms=stated, **labels)


def read(of, **found):
    return ReadRecord(case=MessageCase(case_id="one", message=of), **found)


def objective(record):
    return score_readings([record])[0].objective


OFFER = message(intent=Intent.OFFER, terms=[(TermKind.INSTALLMENT_PERIODS, 18)])
STOP = message("leave me be", signals=(SignalKind.STOP,))
IDLE = message("thanks")


def test_the_costs_stand_in_the_order_of_the_harm():
    missed = objective(read(STOP))
    invented = objective(read(IDLE, terms=PartialTerms(discount_pct=50)))
    silenced = objective(read(IDLE, signals=(SignalKind.STOP,)))
    asked = objective(read(IDLE, asks_back="What do you mean?"))
    right = objective(read(IDLE))
    assert 0 == missed < invented < silenced < asked < right == 1


def test_another_signal_in_its_place_silences_as_well_and_costs_less_than_none():
    other = read(STOP, signals=(SignalKind.LAWYER,))
    assert 0 < objective(other) < 1
    assert score_readings([other])[0].MISS == 0
    assert mistakes(other).missed == (SignalKind.STOP,)
    assert mistakes(other).silenced == ()


def test_terms_of_a_message_that_silences_are_not_looked_at():
    both = message("stop. 18 months pls", Intent.OFFER, (SignalKind.STOP,), [(TermKind.INSTALLMENT_PERIODS, 18)])
    card = score_readings([read(both, signals=(SignalKind.STOP,))])[0]
    assert (card.objective, card.RIGHT, card.ASK, card.SILENCE) == (1, None, None, None)


@pytest.mark.parametrize(
    ("found", "right", "best"),
    [
        ({"terms": PartialTerms(installment_periods=18)}, 1, True),
        ({"asks_back": "How many?"}, 1, False),
        ({}, 0, False),
        ({"terms": PartialTerms(installment_periods=12)}, 0, False),
        ({"accepts": True}, 0, False),
    ],
)
def test_an_offer_stands_as_offered_or_is_asked_about(found, right, best):
    card = score_readings([read(OFFER, **found)])[0]
    assert right == card.RIGHT
    assert (card.objective == 1) == best


@pytest.mark.parametrize(
    ("term", "stands", "offered"),
    [
        ((TermKind.FIRST_AMOUNT, 1500), {"immediate_payment_pct": 25}, True),
        ((TermKind.FIRST_AMOUNT, 1500), {"immediate_payment_pct": 30}, False),
        ((TermKind.TOTAL_AMOUNT, 4500), {"discount_pct": 25}, True),
        ((TermKind.INSTALLMENT_AMOUNT, 200), {"installment_periods": 24}, True),  # the rest after 20 % down
        ((TermKind.INSTALLMENT_AMOUNT, 200), {"installment_periods": 30}, True),  # all of it
        ((TermKind.INSTALLMENT_AMOUNT, 200), {"installment_periods": 12}, False),
        ((TermKind.WEEKLY_AMOUNT, 50), {"installment_periods": 23}, True),
        ((TermKind.FIRST_DATE, None), {"immediate_payment_days": 12}, True),
        ((TermKind.FIRST_DATE, None), {"discount_pct": 12}, False),
    ],
)
def test_sums_and_dates_are_offers_by_arithmetic(term, stands, offered):
    of = message("so be it", Intent.OFFER, terms=[term])
    assert (not offered) == score_readings([read(of, terms=PartialTerms(**stands))])[0].INVENT


def test_naming_what_stands_anyway_is_not_lost():
    of = message("20 percent down as you say", Intent.OFFER, terms=[(TermKind.IMMEDIATE_PAYMENT_PCT, 20)])
    assert mistakes(read(of)).lost == ()


def test_notes_cost_less_than_silence_either_way():
    ill = message("i am ill", signals=(SignalKind.VULNERABILITY,))
    assert objective(read(ill)) > objective(read(STOP))
    assert score_readings([read(ill)])[0].NOTE == 1
    assert objective(read(IDLE, signals=(SignalKind.VULNERABILITY,))) > objective(
        read(IDLE, signals=(SignalKind.STOP,))
    )


def test_a_claim_that_was_not_made_costs():
    assert objective(read(IDLE, claims={ClaimKind.MONTHLY_INCOME: 2000})) < 1


def test_what_failed_is_worth_nothing_and_what_broke_has_no_score():
    assert objective(read(IDLE, ending=ReadEnding.PROGRAM_FAULT, failure="refused")) == 0
    with pytest.raises(UserError, match="timeout"):
        score_readings([read(IDLE, ending=ReadEnding.INFRASTRUCTURE, failure="timeout")])


def test_feedback_says_what_was_missed_and_by_which_words():
    def told_of(record, signals=True, terms=True):
        return told_of_reading(record, score_readings([record])[0], NAMES, signals=signals, terms=terms)

    told = told_of(read(STOP))
    assert 'The message: "leave me be".' in told
    assert f"{NAMES[SignalKind.STOP]}, which was missed; that costs most" in told
    lost = told_of(read(OFFER))
    assert 'installment_periods 18 by the words "18 months pls"' in lost
    right = read(OFFER, terms=PartialTerms(installment_periods=18))
    assert told_of(right).endswith("The reading was right.")
    for other in (told_of(read(STOP), signals=False), told_of(read(OFFER), terms=False)):
        assert other.endswith("The reading was right."), "each module is told of its own mistakes"
