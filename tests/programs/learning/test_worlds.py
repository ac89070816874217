"""Changed worlds: what they change, and that nothing of them is left behind."""

from __future__ import annotations

import pytest

from data.domain import Persona
from programs.creditor.rule_seats import rule_seat
from programs.debtor.affordability import reservation
from programs.debtor.personas import all_traits, traits_of
from programs.debtor.simulated import SimulatedDebtor
from programs.learning.worlds import PERTURBATIONS, RefusesSmallFirstPayments, drawn, scaled, world
from programs.table.runner import play
from tests.programs.cases import POLICY, case, random_cases

STRATEGIC = case(Persona.STRATEGIC)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_every_world_has_possible_debtors(name):
    with world(PERTURBATIONS[name]):
        for persona in Persona:
            traits = traits_of(case(persona))
            assert type(traits).model_validate(traits.model_dump()) == traits


def test_a_world_ends_with_its_block():
    before = reservation(STRATEGIC)
    with world(scaled("relief_floor", 1.3)):
        inside = reservation(STRATEGIC)
        assert traits_of(STRATEGIC).relief_floor == pytest.approx(1.3 * all_traits()[Persona.STRATEGIC].relief_floor)
    assert inside != before == reservation(STRATEGIC)
    assert traits_of(STRATEGIC) == all_traits()[Persona.STRATEGIC]


def test_lies_are_scaled_by_their_distance_from_the_truth():
    with world(PERTURBATIONS["lies +30 %"]):
        assert traits_of(STRATEGIC).truth_income == pytest.approx(0.74)
        assert traits_of(case(Persona.HESITANT)).honest
    with world(PERTURBATIONS["everybody shades"]):
        assert not traits_of(case(Persona.HESITANT)).honest


def test_the_same_seed_draws_the_same_world():
    first, again, other = (drawn(seed)(Persona.HOSTILE, all_traits()[Persona.HOSTILE]) for seed in (0, 0, 1))
    assert first == again != other


def test_small_first_payments_are_refused_outright():
    for debt_case in random_cases(30):
        debtor = RefusesSmallFirstPayments(debt_case, 0)
        record = play(debt_case, rule_seat("linear", debt_case.creditor_view(), POLICY, 0), debtor, POLICY)
        if record.agreed is not None and record.turns[-1].speaker.value == "debtor":
            assert record.agreed.immediate_payment_pct >= 100 / 6 or debt_case.persona is Persona.VULNERABLE
    assert issubclass(RefusesSmallFirstPayments, SimulatedDebtor)
