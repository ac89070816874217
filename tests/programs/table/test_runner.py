"""The table and its guard: whose turn it is, what each side sees, how it ends, and that nothing leaves the policy."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.domain import CreditorPolicy, Disclosure, Ending, Move, MoveKind, Negotiation, Speaker, Turn, standing_terms
from data.terms import PartialTerms, Terms
from programs.table.failures import InfrastructureFailure, ModelTimeout, ProgramFault, UnparseableOutput
from programs.table.guard import guarded
from programs.table.runner import DebtorReply, completed, play, view
from tests.programs.cases import HARD, POLICY, ScriptedCreditor, case, debtor_turn, offer, terms
from tests.programs.hostile import HOSTILE_TEXTS

ACCEPT = Move(kind=MoveKind.ACCEPT)
REJECT = Move(kind=MoveKind.REJECT)
NUMBERS = re.compile(r"\d+")


def by_debtor(move, words=""):
    return Turn(speaker=Speaker.DEBTOR, move=move, dialogue=words)


def by_creditor(move, words="", **more):
    return Turn(speaker=Speaker.CREDITOR, move=move, dialogue=words, **more)


class ScriptedDebtor:
    """Plays given replies, the last one for ever; keeps what it was shown."""

    def __init__(self, *replies):
        self.replies, self.seen = replies, []

    def reply(self, table):
        self.seen.append(table)
        answer = self.replies[min(table.round, len(self.replies)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, DebtorReply) else DebtorReply(answer)


class GullibleCreditor:
    """Does whatever the debtor's text says: takes its numbers for terms, accepts when it reads so."""

    ladder = ()

    def next_turn(self, table):
        if table.last is None:
            return offer(HARD)
        text = table.last.dialogue
        if re.search("accept|agree|confirm|comply", text, re.IGNORECASE) and table.theirs:
            return by_creditor(ACCEPT, text[:200])
        found = [*(int(n[:3]) for n in NUMBERS.findall(text)[:4]), 100, 0, 365, 600]
        wished = Terms(
            discount_pct=min(found[0], 100),
            immediate_payment_pct=min(found[1], 100),
            immediate_payment_days=min(found[2], 365),
            installment_periods=max(1, min(found[3], 600)),
        )
        return offer(wished, text[:200])


def run(creditor, debtor, policy=POLICY) -> Negotiation:
    return play(case(), creditor, debtor, policy, seed=4)


# --- endings


def test_the_debtor_accepts_the_creditors_standing_package():
    negotiation = run(ScriptedCreditor(offer(HARD)), ScriptedDebtor(by_debtor(ACCEPT)))
    assert (negotiation.ending, negotiation.agreed) == (Ending.AGREEMENT, HARD)
    assert len(negotiation.turns) == 2


def test_the_creditor_accepts_the_debtors_standing_package():
    creditor = ScriptedCreditor(offer(HARD), by_creditor(ACCEPT))
    negotiation = run(creditor, ScriptedDebtor(debtor_turn(terms())))
    assert (negotiation.ending, negotiation.agreed) == (Ending.AGREEMENT, terms())
    assert len(negotiation.turns) == 3


def test_leaving_ends_without_agreement_even_with_an_accepting_move():
    leaves = DebtorReply(by_debtor(ACCEPT, "bye"), leaves=True)
    negotiation = run(ScriptedCreditor(offer(HARD)), ScriptedDebtor(leaves))
    assert (negotiation.ending, negotiation.agreed) == (Ending.WALKED_AWAY, None)


@pytest.mark.parametrize("limit", [1, 3, 10])
def test_the_round_limit_ends_it(limit):
    policy = POLICY.model_copy(update={"round_limit": limit})
    negotiation = run(ScriptedCreditor(offer(HARD)), ScriptedDebtor(debtor_turn(terms())), policy)
    assert negotiation.ending is Ending.ROUND_LIMIT
    assert len(negotiation.turns) == 2 * limit


@pytest.mark.parametrize(
    ("failure", "ending", "kind"),
    [
        (UnparseableOutput("no JSON"), Ending.PROGRAM_FAULT, "unparseable_output: no JSON"),
        (ProgramFault("lost"), Ending.PROGRAM_FAULT, "program_fault: lost"),
        (ModelTimeout("60 s"), Ending.INFRASTRUCTURE, "timeout: 60 s"),
        (InfrastructureFailure("down"), Ending.INFRASTRUCTURE, "provider_error: down"),
    ],
    ids=lambda value: getattr(value, "kind", None),
)
def test_a_failure_becomes_a_typed_ending_and_keeps_what_was_said(failure, ending, kind):
    debtor = ScriptedDebtor(debtor_turn(terms()), failure)
    negotiation = run(ScriptedCreditor(offer(HARD)), debtor)
    assert (negotiation.ending, negotiation.failure) == (ending, kind)
    assert len(negotiation.turns) == 3


def test_a_bug_is_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        run(ScriptedCreditor(offer(HARD)), ScriptedDebtor(ZeroDivisionError()))


# --- what each side sees


def test_thoughts_proposals_and_notes_stay_on_their_own_side():
    private = by_creditor(
        Move(kind=MoveKind.ASK, terms=PartialTerms.of(terms(99, 0, 0, 99))),
        "words",
        thoughts="floor is 30",
        notes=("n",),
    )
    debtor = ScriptedDebtor(debtor_turn(terms()))
    negotiation = run(ScriptedCreditor(private), debtor)
    shown = debtor.seen[-1].turns
    assert negotiation.turns[0].thoughts == "floor is 30" and negotiation.turns[0].proposed is not None
    for turn in shown:
        if turn.speaker is Speaker.CREDITOR:
            assert (turn.thoughts, turn.proposed, turn.notes) == (None, None, ())
            assert "floor" not in turn.dialogue


def test_a_debtor_sees_neither_limits_nor_ladder():
    debtor = ScriptedDebtor(debtor_turn(terms()))
    run(ScriptedCreditor(offer(HARD)), debtor)
    assert set(vars(debtor.seen[0])) == {"turns", "round", "round_limit", "own", "theirs"}


def test_claims_are_public_and_rounds_are_counted():
    turns = (offer(HARD), debtor_turn(terms()).model_copy(update={"disclosed": Disclosure(assets=5)}))
    table = view(turns, Speaker.CREDITOR, POLICY)
    assert table.last.disclosed == Disclosure(assets=5)
    assert (table.round, table.rounds_left) == (2, 8)
    assert (table.own, table.theirs) == (HARD, terms())


def test_unnamed_dimensions_carry_over_from_ones_own_last_offer():
    part = by_debtor(Move(kind=MoveKind.ASK, terms=PartialTerms(discount_pct=5)))
    turns = [offer(HARD), debtor_turn(terms())]
    assert completed(part, view(tuple([*turns, offer(HARD)]), Speaker.DEBTOR, POLICY)).move.terms.over(None) == terms(5)
    assert standing_terms([*turns, part], Speaker.DEBTOR) == terms(5)


def test_a_debtors_first_partial_demand_is_completed_from_the_creditors_offer():
    part = by_debtor(Move(kind=MoveKind.ASK, terms=PartialTerms(installment_periods=20)))
    negotiation = run(ScriptedCreditor(offer(HARD)), ScriptedDebtor(part))
    assert negotiation.standing(Speaker.DEBTOR) == terms(0, 50, 1, 20)


# --- the guard


def test_a_legal_move_passes_untouched():
    turn = offer(terms())
    assert guarded(turn, None, None, POLICY) is turn


@pytest.mark.parametrize(
    ("move", "own", "theirs", "left"),
    [
        (Move(kind=MoveKind.ASK, terms=PartialTerms.of(terms(90, 0, 60, 99))), None, None, terms(30, 5, 14, 24)),
        (Move(kind=MoveKind.ASK, terms=PartialTerms(discount_pct=10)), None, None, terms(10, 50, 1, 3)),
        (ACCEPT, None, None, HARD),
        (ACCEPT, terms(), None, terms()),
        (ACCEPT, HARD, terms(90, 0, 60, 99), terms(30, 5, 14, 24)),
        (REJECT, None, terms(), HARD),
        (Move(kind=MoveKind.ASK), None, None, HARD),
    ],
    ids=[
        "outside",
        "opening-part",
        "accept-nothing",
        "accept-early",
        "accept-outside",
        "reject-opening",
        "ask-nothing",
    ],
)
def test_a_repair_makes_the_nearest_legal_ask_and_keeps_the_original(move, own, theirs, left):
    turn = guarded(by_creditor(move), own, theirs, POLICY)
    assert turn.move == Move(kind=MoveKind.ASK, terms=PartialTerms.of(left))
    assert turn.proposed == move
    assert turn.notes[-1].startswith("guard: ")


@pytest.mark.parametrize("move", [ACCEPT, REJECT], ids=["accept", "reject"])
def test_a_legal_acceptance_or_rejection_passes(move):
    assert guarded(by_creditor(move), HARD, terms(), POLICY).move == move


anything = st.builds(
    terms,
    discount=st.floats(0, 100),
    first=st.floats(0, 100),
    days=st.integers(0, 365),
    periods=st.integers(1, 600),
)
moves = st.one_of(
    st.just(ACCEPT),
    st.just(REJECT),
    anything.map(lambda t: Move(kind=MoveKind.ASK, terms=PartialTerms.of(t))),
    st.builds(
        lambda d, n: Move(kind=MoveKind.ASK, terms=PartialTerms(discount_pct=d, installment_periods=n)),
        st.none() | st.floats(0, 100),
        st.none() | st.integers(1, 600),
    ),
)


@settings(max_examples=300, deadline=None)
@given(
    creditor=st.lists(moves, min_size=1, max_size=6),
    debtor=st.lists(moves, min_size=1, max_size=6),
    low=st.integers(0, 20),
    high=st.integers(20, 100),
)
def test_whatever_both_sides_do_no_term_leaves_the_policy(creditor, debtor, low, high):
    policy = CreditorPolicy(min_discount_pct=low, max_discount_pct=high, round_limit=7)
    negotiation = run(
        ScriptedCreditor(*(by_creditor(move) for move in creditor)),
        ScriptedDebtor(*(by_debtor(move) for move in debtor)),
        policy,
    )
    offered = [
        negotiation.standing(Speaker.CREDITOR, n + 1)
        for n, turn in enumerate(negotiation.turns)
        if turn.speaker is Speaker.CREDITOR
    ]
    assert not any(policy.breaches(package) for package in offered if package)
    assert negotiation.agreed is None or not policy.breaches(negotiation.agreed)
    assert (negotiation.ending is Ending.AGREEMENT) == (negotiation.agreed is not None)
    assert Negotiation.model_validate_json(negotiation.model_dump_json()) == negotiation


def test_there_are_two_hundred_different_hostile_texts():
    assert len(set(HOSTILE_TEXTS)) == 200


@pytest.mark.parametrize("demand", [terms(100, 0, 365, 600), terms(10, 20, 7, 12)], ids=["absurd", "legal"])
def test_no_hostile_text_moves_a_term_outside_the_policy(demand):
    agreements = 0
    for text in HOSTILE_TEXTS:
        debtor = ScriptedDebtor(debtor_turn(demand, text), by_debtor(REJECT, text), by_debtor(ACCEPT, text))
        negotiation = run(GullibleCreditor(), debtor)
        agreements += negotiation.agreed is not None
        assert negotiation.agreed is None or not POLICY.breaches(negotiation.agreed)
        for turn in negotiation.turns:
            if turn.speaker is Speaker.CREDITOR and turn.move.terms:
                assert not POLICY.breaches(turn.move.terms.over(None))
    assert agreements == len(HOSTILE_TEXTS)


def test_the_record_of_a_hostile_negotiation_survives_json():
    for text in HOSTILE_TEXTS[::7]:
        negotiation = run(GullibleCreditor(), ScriptedDebtor(debtor_turn(terms(), text)))
        assert Negotiation.model_validate_json(negotiation.model_dump_json()) == negotiation
