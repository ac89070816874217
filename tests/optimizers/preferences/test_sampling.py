from __future__ import annotations

import dspy
import pytest

from data.domain import Ending, Speaker
from metrics.evaluator import score
from optimizers.preferences.sampling import SAMPLES_AT_MOST, Candidate
from programs.creditor.settings import ProgramSettings, Variant
from programs.debtor.simulated import SimulatedDebtor
from programs.maden import Maden
from programs.table.failures import InfrastructureFailure
from programs.table.runner import play
from tests.optimizers.preferences.sampled import SOFTEST, engine, sampler, sampling_lm, tables
from tests.programs.cases import POLICY, case
from tests.programs.players import PLAN, TAKE, playing, turn
from tests.scripted import scripted_lm


def by_source(candidates: tuple[Candidate, ...]) -> dict[str, list[Candidate]]:
    return {s: [c for c in candidates if c.source == s] for s in ("teacher", "teacher_sample", "student_sample")}


def test_at_each_table_the_teachers_turn_and_samples_of_both_are_played_to_an_end():
    found = tables(sampling_lm(), turns=2, teacher_samples=3, student_samples=2)
    assert len(found) == 2
    for table in found:
        some = by_source(table.candidates)
        assert [len(some[name]) for name in some] == [1, 3, 2]
        assert all(one.ending is not Ending.INFRASTRUCTURE for one in table.candidates)
        assert len({one.reply for one in table.candidates}) == 6
        assert table.prompt[-1]["role"] == "user"


def test_the_teachers_own_turn_has_the_score_of_its_own_negotiation():
    lm = playing()  # answers alike, so that it can be played again
    found = tables(lm, turns=100)
    with dspy.context(lm=lm):
        record = Maden(ProgramSettings(variant=Variant.PLANNED))(case=case(), seed=0).negotiation
    assert [table.round for table in found] == list(range(1, len(found) + 1))
    assert {table.candidates[0].objective for table in found} == {score(record).objective}
    mine = [one for one in record.turns if one.speaker is Speaker.CREDITOR]
    assert [table.candidates[0].turn.dialogue for table in found] == [one.dialogue for one in mine]


def test_only_the_turn_itself_is_sampled_and_every_sample_has_a_seed_of_its_own():
    lm = sampling_lm()
    tables(lm, turns=1, teacher_samples=4, student_samples=3, temperature=0.7)
    warm = [one.config.seed for one in engine(lm).requests if one.config.temperature == 0.7]
    assert len(warm) >= 7
    student = [
        r.config.seed for r in engine(lm).requests if r.config.temperature == 0.7 and "limits" in (r.system or "")
    ]
    assert len(set(student)) == len(student)
    assert {one.config.temperature for one in engine(lm).requests} == {0.0, 0.7}


def test_no_sample_is_an_echo_of_the_cache():
    lm = sampling_lm(cache=True)
    first = tables(lm, turns=1, teacher_samples=3, student_samples=3)
    assert len(first[0].candidates) == 7
    asked = len(engine(lm).requests)
    assert tables(lm, turns=1, teacher_samples=3, student_samples=3) == first
    assert len(engine(lm).requests) == asked  # the same seed is the same sample
    other = tables(lm, seed=1, turns=1, teacher_samples=3, student_samples=3)
    replies = {one.reply for one in first[0].candidates if one.source != "teacher"}
    assert not replies & {one.reply for one in other[0].candidates if one.source != "teacher"}


def test_after_a_sampled_turn_the_teacher_goes_on_from_where_it_was():
    lm = sampling_lm()
    with dspy.context(lm=lm):
        seat = Maden(ProgramSettings(variant=Variant.PLANNED)).seat(case().creditor_view(), 0)
        record = play(case(), seat, SimulatedDebtor(case(), 0), POLICY, 0)
        fork = seat.forked(seed=5)
        assert (fork.ladder, fork.seed, seat.seed) == (seat.ladder, 5, 0)
        again = play(case(), fork, SimulatedDebtor(case(), 0), POLICY, 0, record.turns[:4])
    assert again.turns[:4] == record.turns[:4]
    assert sum("`strategy`" in prompt for prompt in engine(lm).prompts) <= 2  # it had its plan


def test_equal_replies_are_one_candidate_and_a_turn_that_is_not_the_models_is_none():
    same = tables(playing(), turns=1, teacher_samples=4, student_samples=4)[0]
    assert len(same.candidates) <= 3

    def garbled_without_a_ladder(prompt):
        if "`strategy`" in prompt:
            return {"strategy": PLAN}
        return "no JSON" if '\\"ask\\"' in prompt else turn("step_down")

    found = tables(scripted_lm(garbled_without_a_ladder), turns=3, student_samples=3)
    assert not [c for table in found for c in table.candidates if c.source == "student_sample"]


def test_a_model_that_cannot_be_reached_is_nobodys_score():
    broken = dspy.lm15.RateLimitError("slow down")
    with pytest.raises(InfrastructureFailure):
        tables(playing(lambda prompt: broken))


def test_a_teacher_that_breaks_at_the_table_gives_no_table():
    assert tables(playing(lambda prompt: "no JSON", plan="no JSON")) == []


def test_an_offer_outside_the_limits_and_words_that_threaten_are_not_clean():
    def careless(prompt):
        if "`strategy`" in prompt:
            return {"strategy": PLAN}
        return (
            turn("ask", "Fine.", terms={**SOFTEST, "discount_pct": 90}) if '\\"ask\\"' in prompt else turn("step_down")
        )

    found = tables(scripted_lm(careless), turns=1)[0]
    student = by_source(found.candidates)["student_sample"][0]
    assert not student.clean
    assert '"discount_pct":90' in student.reply
    rude = turn("ask", "Pay now or we will have you arrested.", terms=TAKE)

    def threatening(prompt):
        return {"strategy": PLAN} if "`strategy`" in prompt else rude if '\\"ask\\"' in prompt else turn("step_down")

    found = tables(scripted_lm(threatening), turns=1)[0]
    assert not by_source(found.candidates)["student_sample"][0].clean


def test_seeds_of_samples_do_not_meet():
    assert len({seed * SAMPLES_AT_MOST + sample + 1 for seed in range(3) for sample in range(SAMPLES_AT_MOST)}) == 3000
    assert sampler().plan.turns == 3
