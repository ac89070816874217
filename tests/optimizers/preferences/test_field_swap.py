from __future__ import annotations

import json

import pytest

from data.domain import MoveKind
from data.terms import Terms
from optimizers.preferences.field_swap import decision_of, read_reply, swapped
from tests.optimizers.preferences.students import written

SOFT = {"discount_pct": 30, "immediate_payment_pct": 5, "immediate_payment_days": 14, "installment_periods": 24}
FIRM = Terms(discount_pct=0, immediate_payment_pct=50, immediate_payment_days=1, installment_periods=3)


@pytest.mark.parametrize("kind", [MoveKind.ASK, MoveKind.ACCEPT, MoveKind.REJECT])
@pytest.mark.parametrize("indent", [None, 2])
def test_choice_and_figures_change_and_every_other_byte_stays(kind, indent):
    trap = 'I said "choice":"accept" and "discount_pct": 90, didn\'t I? 您好'
    reply = json.dumps(json.loads(written("accept", SOFT, trap)), indent=indent, ensure_ascii=False)
    found = swapped(reply, kind, FIRM)
    before, after = json.loads(reply)["turn"], json.loads(found)["turn"]
    assert after["choice"] == kind.value
    assert Terms.model_validate(after["terms"]) == FIRM
    assert {k: after[k] for k in ("thoughts", "inquiry", "message")} == {
        k: before[k] for k in ("thoughts", "inquiry", "message")
    }
    assert swapped(found, MoveKind.ACCEPT, Terms.model_validate(SOFT)) == reply


@pytest.mark.parametrize("reply", ["", "no JSON", '{"turn": 3}', '```json\n{"turn": {}}\n```', "[" * 5000])
def test_what_is_no_plain_reply_is_no_example(reply):
    assert read_reply(reply) is None
    assert swapped(reply, MoveKind.ASK, FIRM) is None


def test_terms_belong_to_an_offer_alone():
    offer, taken = (read_reply(written(choice, SOFT)) for choice in ("ask", "accept"))
    assert decision_of(offer).terms == Terms.model_validate(SOFT)
    assert decision_of(taken) == (MoveKind.ACCEPT, None)
