from __future__ import annotations

import json

import pytest

from optimizers.preferences.field_swap import read_reply
from optimizers.preferences.pairs import PairRules, pairs_at
from optimizers.preferences.picking.pick_sampling import PickSampler
from optimizers.preferences.picking.picks import read_pick, repicked
from optimizers.preferences.sampling import SamplingPlan
from tests.programs.cases import POLICY, case
from tests.programs.creditor.choosing.test_choosing import best, choosing, worst


def tables(pick, program="planned", the_case=None, **plan):
    return PickSampler(program, POLICY, choosing(pick), SamplingPlan(**plan)).tables(the_case or case("hesitant"), 0)


def test_the_letter_and_its_result_change_and_every_other_byte_stays():
    reply = '{"pick": {"highest_result": 12, "choice": "A"}}'
    assert repicked(reply, "C", 345) == '{"pick": {"highest_result": 345, "choice": "C"}}'
    assert repicked(repicked(reply, "C", 345), "A", 12) == reply
    assert repicked('{"pick": {}}', "A", 1) is None
    assert read_pick("no JSON") is None
    assert read_reply(reply) is None  # no free turn


@pytest.mark.parametrize("program", ["planned", "maden"])
def test_every_option_of_the_menu_is_valued_in_the_students_own_reply(program):
    found = tables(worst, program, turns=3)
    assert found
    for table in found:
        assert "`pick`" in table.prompt[-1]["content"]
        assert table.prompt[0]["role"] == "system"
        raw = [one for one in table.candidates if one.raw]
        assert len(raw) == len({one.words for one in table.candidates}) == 1
        assert sum(one.clean for one in table.candidates) <= 1
        letters = {json.loads(one.reply)["pick"]["choice"] for one in table.candidates}
        assert len(letters) == len(table.candidates) >= 2


def test_a_wrong_pick_is_corrected_and_a_right_one_held_up():
    rules = PairRules(threshold=0.1, margin=0.02)
    wrong = [pair for table in tables(worst, turns=100) for pair in pairs_at(table, rules)]
    right = [pair for table in tables(best, turns=100) for pair in pairs_at(table, rules)]
    assert {pair.kind for pair in wrong} == {"correction"}
    assert {pair.chosen_source for pair in wrong} == {"teacher"}
    assert {pair.rejected_source for pair in wrong} == {"student"}
    assert {pair.kind for pair in right} <= {"contrast"}
    for pair in wrong:
        chosen, rejected = (read_pick(one) for one in (pair.chosen, pair.rejected))
        assert chosen.choice != rejected.choice
