"""The simulated debtor: how it comes down, how long it stays, seeds and speed."""

from __future__ import annotations

import itertools
import time
from collections import Counter

import numpy as np
import pytest

from data.dimensions import DIMENSIONS, SPECS
from data.domain import Ending, Inquiry, MoveKind, Persona, Speaker, standing_terms
from programs.creditor.rules import RuleCreditor
from programs.debtor.affordability import budget, carries, relief, reservation
from programs.debtor.personas import all_traits, persona_of, traits_of
from programs.debtor.simulated import SimulatedDebtor, would_accept
from programs.table.runner import play
from tests.programs.cases import (
    HARD,
    PERSONAS,
    POLICY,
    answers,
    case,
    first_answer,
    offer,
    played,
    random_cases,
    terms,
)


@pytest.mark.parametrize("persona", PERSONAS, ids=str)
def test_its_offers_never_go_back(persona):
    for seed in range(10):
        negotiation = play(
            case(persona),
            RuleCreditor("linear", case().creditor_view(), POLICY, seed),
            SimulatedDebtor(case(persona), seed),
            POLICY,
        )
        asks = [turn.move.terms.over(None) for turn in answers(negotiation) if turn.move.kind is MoveKind.ASK]
        for before, after in itertools.pairwise(asks):
            assert all(SPECS[d].sign * getattr(after, d) <= SPECS[d].sign * getattr(before, d) for d in DIMENSIONS)


@pytest.mark.parametrize("persona", PERSONAS, ids=str)
def test_every_demand_is_whole_and_one_that_it_could_keep(persona):
    for debt_case in [made.model_copy(update={"persona": persona}) for made in random_cases(40)]:
        if reservation(debt_case) is None:
            continue
        purse = budget(debt_case.finances, traits_of(debt_case))
        for turn in answers(played(debt_case, offer(HARD), offer(terms(5, 40, 3, 6)), offer(terms(20, 20, 9, 15)))):
            if turn.move.kind is MoveKind.ASK:
                asked = turn.move.terms.over(None)
                assert carries(purse, debt_case.debt.outstanding, asked)
                assert all(getattr(asked, d) == int(getattr(asked, d)) for d in DIMENSIONS)
                assert asked.discount_pct <= 80 and asked.installment_periods <= 36


def test_it_opens_above_its_reservation_and_does_not_fold_at_once():
    for debt_case in random_cases(60):
        turn = first_answer(debt_case, offer(HARD))
        end = reservation(debt_case)
        assert turn.move.kind is MoveKind.ASK
        if end is not None and end.discount_pct < 40:
            traits = traits_of(debt_case)
            assert relief(turn.move.terms.over(None), traits) > relief(end, traits)


def test_boulware_personas_concede_later_than_conceding_ones():
    path = [offer(terms(n, 50 - 2 * n, 1 + n // 2, 3 + n)) for n in range(9)]

    def share_given_by_round_four(persona):
        asks = []
        for seed in range(12):
            demands = [
                t.move.terms.over(None) for t in answers(played(case(persona), *path, seed=seed)) if t.move.terms
            ]
            asks.append([relief(t, all_traits()[persona]) for t in demands])
        return np.mean([(a[0] - a[min(3, len(a) - 1)]) / a[0] for a in asks])

    vulnerable, cooperative, strategic = map(
        share_given_by_round_four, (Persona.VULNERABLE, Persona.COOPERATIVE, Persona.STRATEGIC)
    )
    assert vulnerable > cooperative > strategic


def test_a_concession_is_answered_in_kind():
    stuck = played(case(Persona.HOSTILE), offer(HARD), offer(HARD))
    moved = played(case(Persona.HOSTILE), offer(HARD), offer(terms(15, 30, 7, 10)))
    traits = traits_of(case(Persona.HOSTILE))

    def second(negotiation):
        return relief(standing_terms(negotiation.turns[:4], Speaker.DEBTOR), traits)

    assert second(moved) < second(stuck)


def test_threats_buy_nothing_but_an_earlier_end():
    calm = played(case(Persona.HESITANT), offer(HARD, "Our offer."))
    threatened = played(case(Persona.HESITANT), offer(HARD, "Pay or we take you to court."))
    assert len(threatened.turns) < len(calm.turns)
    traits = traits_of(case(Persona.HESITANT))
    last = len(threatened.turns) - 2
    assert relief(threatened.standing(Speaker.DEBTOR, last), traits) >= relief(
        calm.standing(Speaker.DEBTOR, last), traits
    )


def test_being_heard_keeps_it_at_the_table_longer():
    deaf = played(case(Persona.HOSTILE), offer(HARD))
    kind = played(
        case(Persona.HOSTILE),
        offer(HARD, "I understand that this is hard. What happened?", Inquiry.REASON),
        offer(HARD, "Thank you for telling me. What is your income?", Inquiry.INCOME),
        offer(HARD, "And what do you need to live?", Inquiry.EXPENSES),
        offer(HARD),
    )
    assert kind.ending is Ending.WALKED_AWAY
    assert len(kind.turns) > len(deaf.turns)


def test_flattery_without_end_does_not_hold_it_for_ever():
    assert played(case(Persona.HOSTILE), offer(HARD, "I understand. Thank you for your patience.")).ending is (
        Ending.WALKED_AWAY
    )


def test_the_hostile_leave_before_the_cooperative():
    rounds = {p: len(played(case(p), offer(HARD)).turns) for p in (Persona.HOSTILE, Persona.COOPERATIVE)}
    assert rounds[Persona.HOSTILE] < rounds[Persona.COOPERATIVE]


def test_the_vulnerable_give_in_to_pressure_and_the_others_do_not():
    threat = offer(terms(0, 50, 1, 4), "This is your last warning.")
    agreed = {p: played(case(p, assets=200_000), threat).agreed for p in PERSONAS}
    assert agreed.pop(Persona.VULNERABLE) == terms(0, 50, 1, 4)
    assert not any(agreed.values())
    assert not would_accept(case(Persona.VULNERABLE, assets=200_000), terms(0, 50, 1, 4))


def test_the_vulnerable_do_not_give_in_when_nobody_presses():
    path = [offer(terms(0, 50, 1 + n, 3)) for n in range(10)]
    assert played(case(Persona.VULNERABLE, assets=200_000), *path).agreed is None


def test_same_seed_same_dialogue_and_other_seeds_vary():
    def dialogue(seed):
        creditor = RuleCreditor("linear", case().creditor_view(), POLICY, 0)
        return play(case(), creditor, SimulatedDebtor(case(), seed), POLICY).model_dump_json()

    assert dialogue(0) == dialogue(0)
    assert len({dialogue(seed) for seed in range(5)}) == 5


def test_a_case_without_persona_gets_one_from_its_id():
    drawn = Counter(persona_of(case(None, f"d-{n}")) for n in range(600))
    assert set(drawn) == set(Persona) and min(drawn.values()) > 60
    assert persona_of(case(None, "d-1")) is persona_of(case(None, "d-1"))


def test_a_reply_takes_well_under_a_millisecond():
    creditors = [RuleCreditor("linear", case().creditor_view(), POLICY, 0) for _ in range(50)]
    play(case(), creditors[0], SimulatedDebtor(case(), 0), POLICY)
    start = time.process_time()
    turns = sum(len(play(case(), c, SimulatedDebtor(case(), i), POLICY).turns) for i, c in enumerate(creditors))
    assert (time.process_time() - start) / turns < 1e-3
