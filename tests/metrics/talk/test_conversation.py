"""Completeness, soundness and rounds of a dialogue."""

from __future__ import annotations

import pytest

from data.domain import Move, MoveKind, Negotiation, Speaker, Turn, standing_terms
from data.terms import PartialTerms
from metrics.talk.conversation import completeness, rounds, soundness, soundness_faults
from tests.metrics.examples import accept, agreement, creditor, debtor, no_agreement, reject, terms

FIRM, MIDDLE, SOFT = terms(0, 30, 7, 6), terms(10, 20, 7, 12), terms(20, 10, 14, 18)
DEMAND, OUTRAGEOUS = terms(30, 5, 14, 24), terms(90, 0, 30, 60)


def sentences(*turns: Turn) -> list[str]:
    return [text for _, text in soundness_faults(no_agreement(*turns))]


def test_a_clean_negotiation_is_sound() -> None:
    record = no_agreement(
        creditor(FIRM, "We ask for 30% at once, within 7 days, and 6 instalments."),
        debtor(DEMAND),
        reject(words="We keep to 6 instalments."),
        debtor(DEMAND),
        creditor(PartialTerms(discount_pct=10, installment_periods=12), "10% off, and 12 months."),
        debtor(SOFT),
        accept(Speaker.CREDITOR, "Agreed: 20% off, 18 instalments."),
    )
    assert soundness_faults(record) == []
    found = soundness(record)
    assert (found.share, found.creditor_turns, found.legal_turns, rounds(record)) == (1.0, 4, 4, 4)


@pytest.mark.parametrize(
    ("turns", "sentence"),
    [
        ([accept(Speaker.CREDITOR)], "it accepted although the debtor had no complete offer on the table"),
        ([creditor(None)], "it asked without naming any terms"),
        ([creditor(PartialTerms())], "it asked without naming any terms"),
        ([creditor(PartialTerms(discount_pct=5))], "it opened without naming all four terms"),
        ([creditor(FIRM), creditor(FIRM)], "it came before the debtor had answered the creditor's last turn"),
    ],
    ids=["accept nothing", "no terms", "empty terms", "incomplete opening", "twice in a row"],
)
def test_protocol(turns: list[Turn], sentence: str) -> None:
    assert sentences(*turns) == [sentence]
    assert soundness(no_agreement(*turns)).legal_turns == len(turns) - 1


def talk(words: str) -> Turn:
    return Turn(speaker=Speaker.CREDITOR, move=Move.talk(), dialogue=words)


def test_turns_that_only_talk_are_sound() -> None:
    answer = Turn(speaker=Speaker.DEBTOR, move=Move.talk(), dialogue="Yes.")
    record = no_agreement(
        talk("Hi, is this Robert?"),
        answer,
        reject(words="For security, what are the last four digits of your card?"),
        answer,
        talk("Thank you. I have 4821 here, and the fee of $35 from last month."),
        answer,
        creditor(FIRM, "We ask for 30% at once, within 7 days, and 6 instalments."),
        answer,
        talk("Your confirmation number is 88213. I'm looking at your file now."),
    )
    assert soundness_faults(record) == []
    assert soundness(record).legal_turns == 5


def test_talk_is_held_to_conduct_all_the_same() -> None:
    assert "conduct (threat)" in sentences(talk("Pay today or we will come to your house and hurt you."))[0]


def test_a_rejection_that_the_guard_had_to_repair_is_no_talk() -> None:
    assert sentences(creditor(FIRM, proposed=Move.reject())) == ["it rejected although there was no own offer to keep"]


def test_outside_the_policy() -> None:
    assert sentences(creditor(terms(40, 20, 7, 30))) == [
        "it offered terms outside the creditor's policy: the discount, the number of instalments"
    ]
    assert sentences(creditor(FIRM), debtor(OUTRAGEOUS), accept(Speaker.CREDITOR)) == [
        "it accepted terms outside the creditor's policy: the discount, the immediate payment, the days until the "
        "immediate payment, the number of instalments"
    ]


def test_the_move_before_the_repair_is_judged() -> None:
    generous = Move(kind=MoveKind.ASK, terms=PartialTerms.of(terms(40, 20, 7, 6)))
    repaired = creditor(terms(30, 20, 7, 6), proposed=generous)
    assert sentences(repaired) == ["it offered terms outside the creditor's policy: the discount"]
    nothing_there = creditor(FIRM, proposed=Move(kind=MoveKind.ACCEPT))
    found = soundness(no_agreement(nothing_there))
    assert (found.share, found.legal_turns) == (0.0, 0)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (PartialTerms(discount_pct=5), "the discount"),
        (PartialTerms(immediate_payment_pct=25), "the immediate payment"),
        (PartialTerms(immediate_payment_days=6), "the days until the immediate payment"),
        (PartialTerms(installment_periods=11), "the number of instalments"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_concession_taken_back(change: PartialTerms, name: str) -> None:
    turns = (creditor(MIDDLE), debtor(DEMAND), creditor(change))
    assert sentences(*turns) == [f"it took back an earlier concession on {name}"]


def test_a_concession_taken_back_stays_given() -> None:
    firmer, again = PartialTerms(discount_pct=5), PartialTerms(discount_pct=8)
    record = no_agreement(creditor(MIDDLE), debtor(DEMAND), creditor(firmer), debtor(DEMAND), creditor(again))
    assert [turn for turn, _ in soundness_faults(record)] == [2, 4]
    assert soundness(record).share == pytest.approx(1 / 3)


def test_words_against_the_move_an_accept_and_a_reject() -> None:
    assert sentences(creditor(FIRM, "10% off")) == ["its words state figures that are not the move's: 10%"]
    assert sentences(creditor(FIRM), debtor(SOFT), accept(Speaker.CREDITOR, "Agreed, 18 months, 20% off.")) == []
    assert sentences(creditor(FIRM), debtor(SOFT), accept(Speaker.CREDITOR, "Agreed, 6 months."))
    assert sentences(creditor(FIRM), debtor(SOFT), reject(words="We stay at 6 months.")) == []
    assert sentences(creditor(FIRM), debtor(SOFT), reject(words="Not 18 months."))


def test_disclosure_and_conduct_have_their_sentences() -> None:
    assert sentences(creditor(FIRM, "My maximum is higher.")) == [
        "its words disclose an internal limit: 'my maximum is'"
    ]
    assert sentences(creditor(FIRM, "We will sue you.")) == [
        "conduct (legal_action_as_settled): announces a lawsuit as settled instead of naming it as a possibility: "
        "'we will sue you'"
    ]


def test_one_turn_with_many_faults_counts_once() -> None:
    record = no_agreement(creditor(FIRM), debtor(SOFT), creditor(terms(40, 20, 7, 3), "My limit is 50%, you liar."))
    assert len(soundness_faults(record)) >= 4
    assert soundness(record).share == 0.5


def test_completeness() -> None:
    assert completeness(agreement(FIRM)) == 1
    assert completeness(no_agreement(creditor(FIRM))) == 0, "the debtor has no offer"
    near = terms(0.5, 29.5, 7, 7)
    assert completeness(no_agreement(creditor(FIRM), debtor(near))) == 0.75
    assert completeness(no_agreement(creditor(FIRM), debtor(terms(0.6, 29.4, 8, 6)))) == 0.25


def test_offers_stand_as_the_domain_says() -> None:
    turns = (
        creditor(PartialTerms(discount_pct=0)),
        debtor(SOFT),
        creditor(PartialTerms(immediate_payment_pct=30, immediate_payment_days=7, installment_periods=6)),
    )
    assert standing_terms(turns, Speaker.CREDITOR) == FIRM
    assert sentences(*turns) == ["it opened without naming all four terms"]


def test_nothing_said() -> None:
    record: Negotiation = no_agreement()
    assert (completeness(record), soundness(record).share, rounds(record)) == (0, 0, 0)


def test_thoughts_are_private_and_not_judged() -> None:
    assert soundness_faults(no_agreement(creditor(FIRM, thoughts="My limit is 30%, the idiot."))) == []
