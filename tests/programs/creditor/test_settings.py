from __future__ import annotations

import dspy
import pytest

from data.domain import Ending, MoveKind, Speaker
from metrics.money.simulation import monthly_installment
from programs.creditor.fingerprints import program_sha256
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from tests.programs.cases import case, terms
from tests.programs.players import PLAN, Stubborn, playing, situation, turn


class Yielding(Stubborn):
    gives = 3


def played(lm, debtors=Stubborn, **settings):
    program = Maden(ProgramSettings(**{"variant": Variant.PLANNED, **settings}), debtors)
    with dspy.context(lm=lm):
        return program(case=case(), seed=0).negotiation


def offers(record):
    return [record.standing(Speaker.CREDITOR, before=i) for i in range(1, len(record.turns) + 1, 2)]


def test_the_descent_sets_the_pace_that_the_negotiator_is_told():
    def rounds_behind(**settings):
        lm = playing(lambda _: turn("hold"))
        played(lm, **settings)
        return sum("behind the pace" in situation(p) for p in lm.engine.prompts if "`turn`" in p)

    assert rounds_behind(descent_rounds=5) > rounds_behind() > rounds_behind(descent_rounds=40)
    assert rounds_behind() == rounds_behind(descent_rounds=10)


def test_a_step_down_has_to_be_earned_where_that_is_asked_for():
    eager = {"negotiator": lambda _: turn("step_down")}
    free = offers(played(playing(**eager)))
    earned = offers(played(playing(**eager), steps_down="earned", descent_rounds=40))
    assert len(set(free)) > 3
    assert len(set(earned)) <= 2, "the debtor gave nothing: only the pace asks for a step"
    given = offers(played(playing(**eager), Yielding, steps_down="earned", descent_rounds=40))
    assert len(set(given)) > 3
    late = offers(played(playing(**eager), steps_down="earned"))
    assert len(set(late)) > 3, "behind the pace a step is due"


def test_an_acceptance_out_of_reach_becomes_a_step_down():
    class Near(Stubborn):
        package = terms(0, 20, 7, 12)

    taken = played(playing(lambda _: turn("accept")), Near)
    assert taken.ending is Ending.AGREEMENT
    assert len(taken.turns) == 3
    kept = played(playing(lambda _: turn("accept")), Near, acceptance_reach=1)
    assert len(kept.turns) > 3
    assert offers(kept)[1] != offers(kept)[0]


def test_the_last_round_offers_the_last_rung_whatever_the_model_chose():
    record = played(playing(lambda _: turn("hold")), final_offer="last_rung")
    assert offers(record)[-1] == record.ladder[-1]
    assert len(set(offers(record)[:-1])) == 1
    assert offers(played(playing(lambda _: turn("hold"))))[-1] != record.ladder[-1]


class Needy(Stubborn):
    package = terms(2, 5, 14, 28)


def test_the_last_offer_may_match_what_the_debtor_can_pay_a_month():
    record = played(playing(lambda _: turn("hold")), Needy, final_offer="matched")
    last, asked = offers(record)[-1], Needy.package
    assert last.installment_periods == 24, "28 months are outside the limits"
    assert last.discount_pct > asked.discount_pct, "a discount makes up for the months"
    assert monthly(last) <= monthly(asked) < monthly(last.model_copy(update={"discount_pct": last.discount_pct - 1}))
    assert not ProgramSettings().policy.breaches(last)
    assert len(set(offers(record)[:-1])) == 1


def test_a_match_stops_at_the_highest_discount_and_takes_no_offer_back():
    class Hopeless(Stubborn):
        package = terms(60, 0, 30, 60)

    last = offers(played(playing(lambda _: turn("hold")), Hopeless, final_offer="matched"))[-1]
    assert last == ProgramSettings().policy.softest()

    class Firm(Stubborn):
        package = terms(31, 90, 1, 3)

    record = played(playing(lambda _: turn("step_down")), Firm, final_offer="matched")
    before, last = offers(record)[-2:]
    assert last.discount_pct == 30
    assert last.installment_periods == before.installment_periods


def monthly(package):
    return monthly_installment(package, case().debt.outstanding)


def test_a_computed_floor_ends_the_ladder_and_its_share_is_told():
    soft = played(lm := playing(), floor="computed", floor_discount_share=1.0)
    assert soft.ladder[-1].discount_pct == 30
    assert "floor a 30% discount" in lm.engine.prompts[0]
    assert played(playing()).ladder[-1].discount_pct == PLAN["floor"]["discount_pct"]
    assert played(playing(), floor_discount_share=1.0).ladder[-1].discount_pct == PLAN["floor"]["discount_pct"]


def test_the_judge_may_be_left_to_review_acceptances_only():
    def asked(**settings):
        lm = playing(lambda p: turn("accept" if "Round 9" in situation(p) else "step_down"))
        record = played(lm, Yielding, variant=Variant.MADEN, **settings)
        return [t.move.kind for t in record.turns if any(n.startswith("judge") for n in t.notes)]

    assert MoveKind.ASK in asked()
    assert MoveKind.ASK not in asked(judge_reviews="acceptances")


def test_a_knob_at_its_default_leaves_the_fingerprint_and_any_other_value_changes_it():
    state = {}
    plain = program_sha256(ProgramSettings(), state)
    assert ProgramSettings().fingerprinted().keys() == {
        "variant", "policy", "rungs", "max_revisions", "replan_on_disclosure", "temperature"
    }  # fmt: skip
    changed = [
        {"descent_rounds": 10}, {"judge_reviews": "acceptances"}, {"floor_discount_share": 0.5}, {"floor": "computed"},
        {"acceptance_reach": 0}, {"steps_down": "earned"}, {"final_offer": "last_rung"},
        {"final_offer": "matched"},
    ]  # fmt: skip
    hashes = {program_sha256(ProgramSettings(**one), state) for one in changed}
    assert len(hashes | {plain}) == len(changed) + 1


@pytest.mark.parametrize("wrong", [{"descent_rounds": 1}, {"floor_discount_share": 1.5}, {"acceptance_reach": -1}])
def test_a_value_without_a_meaning_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ProgramSettings(**wrong)
