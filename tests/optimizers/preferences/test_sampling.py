from __future__ import annotations

import json

import dspy
import pytest

from data.book import read_book
from optimizers.preferences.card.label_checks import confirmed, told_apart_by_words
from optimizers.preferences.field_swap import read_reply
from optimizers.preferences.pairs import PairRules, pairs_at
from optimizers.preferences.sampling import SAMPLES_AT_MOST, Candidate
from programs.creditor.settings import ProgramSettings, Variant
from programs.debtor.simulated import SimulatedDebtor
from programs.maden import Maden
from programs.table.failures import InfrastructureFailure
from programs.table.runner import play
from tests.optimizers.preferences.students import engine, over_conceding, sampler, tables, written
from tests.programs.cases import POLICY, case
from tests.scripted import scripted_lm

SOFTEST = {"discount_pct": 30, "immediate_payment_pct": 5, "immediate_payment_days": 14, "installment_periods": 24}


def by_words(candidates: tuple[Candidate, ...]) -> dict[int, list[Candidate]]:
    return {n: [one for one in candidates if one.words == n] for n in {one.words for one in candidates}}


def words_of(one: Candidate) -> tuple[str, str, str]:
    turn = read_reply(one.reply)
    return turn.thoughts, turn.message, turn.inquiry


def test_candidates_with_the_same_words_differ_in_the_decision_alone():
    found = tables(over_conceding(), student_samples=2)
    assert len(found) >= 3
    for table in found:
        for same in by_words(table.candidates).values():
            assert len({words_of(one) for one in same}) == 1
            assert len({one.reply for one in same}) == len(same)
            assert sum(one.raw for one in same) == 1
            assert all(len(one.by_seed) == 4 for one in same)
        assert table.prompt[-1]["role"] == "user"


def test_raw_replies_are_what_the_model_wrote_to_the_byte():
    lm = over_conceding()
    said = []
    complete = type(engine(lm)).complete

    def listening(self, request):
        response = complete(self, request)
        said.append(response.message.text)
        return response

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(engine(lm)), "complete", listening)
        found = tables(lm, student_samples=2)
    assert {one.reply for table in found for one in table.candidates if one.raw} <= set(said)


def test_tables_are_the_students_own_and_the_teachers():
    lm = over_conceding(cache=True)
    found = tables(lm, turns=100, teacher_turns=100, student_samples=0)
    with dspy.context(lm=lm):
        program = Maden(ProgramSettings(variant=Variant.VANILLA))
        own = play(case(), program.seat(case().creditor_view(), 0), SimulatedDebtor(case(), 0), POLICY, 0)
    students = [table for table in found if table.played_by == "student"]
    assert [table.said for table in students] == [own.turns[: 2 * n] for n in range(len(students))]
    assert len(students) == (len(own.turns) + 1) // 2
    teachers = [table for table in found if table.played_by == "teacher"]
    assert teachers
    assert teachers[1].said[0].dialogue != students[1].said[0].dialogue


def test_every_sample_has_a_seed_of_its_own_and_none_is_an_echo_of_the_cache():
    lm = over_conceding(cache=True)
    first = tables(lm, student_samples=3, temperature=0.7)
    warm = [one.config.seed for one in engine(lm).requests if one.config.temperature == 0.7]
    assert len(warm) >= 9
    asked = len(engine(lm).requests)
    assert tables(lm, student_samples=3, temperature=0.7) == first
    assert len(engine(lm).requests) == asked
    assert len({seed * SAMPLES_AT_MOST + n + 1 for seed in range(3) for n in range(SAMPLES_AT_MOST)}) == 3000


def test_what_the_seat_makes_of_a_reply_is_what_is_made_of_it_here():
    made = sampler(over_conceding())
    for table in made.tables(case("hesitant"), 1):
        for one in table.candidates:
            made_as = one.turn.proposed or one.turn.move
            assert made_as.kind.value == read_reply(one.reply).choice


def test_replies_that_are_no_plain_json_are_left_out():
    fenced = scripted_lm(lambda prompt: f"```json\n{written('ask', SOFTEST)}\n```")
    assert tables(fenced) == []
    assert tables(scripted_lm(lambda prompt: "no JSON")) == []


def test_a_model_that_cannot_be_reached_is_nobodys_score():
    broken = dspy.lm15.RateLimitError("slow down")
    with pytest.raises(InfrastructureFailure):
        tables(scripted_lm(lambda prompt: broken))


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({**SOFTEST, "discount_pct": 90}, "I hear you."),  # outside the limits
        (SOFTEST, "Pay now or we will have you arrested."),
        (SOFTEST, ""),  # nothing of its own
        (SOFTEST, "You pay 30 percent now."),  # a figure of its own
    ],
)
def test_what_is_unsound_or_empty_may_not_be_chosen(terms, message):
    lm = scripted_lm(lambda prompt: written("ask", terms, message))
    raw = [one for table in tables(lm) for one in table.candidates if one.raw]
    assert raw
    assert not any(one.clean for one in raw)


def test_a_concession_taken_back_is_unsound():
    firm = {"discount_pct": 0, "immediate_payment_pct": 50, "immediate_payment_days": 1, "installment_periods": 3}
    lm = scripted_lm(
        lambda prompt: written("ask", firm if "Creditor:" in prompt.rsplit("[[ ## dialogue", 1)[-1] else SOFTEST)
    )
    found = tables(lm, turns=100, teacher_turns=0)
    later = [table for table in found if table.said]
    for table in later:
        assert not next(one for one in table.candidates if one.raw).clean


@pytest.mark.slow
def test_labels_hold_against_other_debtors_and_words_tell_nothing():
    """The claim of the labels, on a student that gives away too much (150 debtors and 200 tables by hand: 98 %)."""
    made = sampler(over_conceding(), "linear")
    cases = {one.case_id: one for one in read_book(None).split("train")[:24]}
    found = [table for one in cases.values() for table in made.tables(one, 0)]
    pairs = [pair for table in found for pair in pairs_at(table, PairRules())]
    held = confirmed(pairs, found, cases, made.rollouts)
    assert held.tables >= 20
    assert held.share >= 0.95
    assert told_apart_by_words(pairs) == pytest.approx(0.5)
    assert json.loads(pairs[0].chosen).keys() == json.loads(pairs[0].rejected).keys()
