from __future__ import annotations

import dspy
import pytest

from data.domain import Ending, Inquiry, Speaker
from optimizers.strategies.search.stand_in import stand_in
from programs.creditor.settings import ProgramSettings, Variant
from tests.programs.cases import random_cases

CASES = random_cases(30)


@pytest.fixture(scope="module")
def played():
    with dspy.context(lm=None):
        return [stand_in(ProgramSettings())(case, 0) for case in CASES]


def test_it_plays_whole_negotiations_without_a_model(played):
    endings = {one.ending for one in played}
    assert Ending.AGREEMENT in endings
    assert endings <= {Ending.AGREEMENT, Ending.ROUND_LIMIT, Ending.WALKED_AWAY}
    assert played == [stand_in(ProgramSettings())(case, 0) for case in CASES]


def test_every_offer_is_legal_a_rung_and_never_taken_back(played):
    for one in played:
        offers = [one.standing(Speaker.CREDITOR, before=i) for i in range(1, len(one.turns) + 1, 2)]
        assert not any(one.policy.breaches(offer) for offer in offers)
        values = [offer.discount_pct - offer.immediate_payment_pct + offer.installment_periods for offer in offers]
        assert values == sorted(values)
        assert one.ladder


def test_it_asks_for_income_and_then_for_expenses(played):
    asked = [turn.inquiry for turn in played[0].turns if turn.speaker is Speaker.CREDITOR]
    assert asked[0] is Inquiry.INCOME
    assert any(Inquiry.EXPENSES in [turn.inquiry for turn in one.turns] for one in played)


def test_its_settings_decide_how_it_plays_and_the_judge_has_no_part():
    firm = [stand_in(ProgramSettings(descent_rounds=40))(case, 0) for case in CASES]
    soft = [stand_in(ProgramSettings(descent_rounds=3))(case, 0) for case in CASES]
    assert sum(one.agreed is not None for one in firm) < sum(one.agreed is not None for one in soft)
    maden, planned = (stand_in(ProgramSettings(variant=v))(CASES[0], 0) for v in (Variant.MADEN, Variant.PLANNED))
    assert maden == planned
