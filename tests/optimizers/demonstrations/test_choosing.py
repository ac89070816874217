from __future__ import annotations

import dataclasses
import random
from collections import Counter

import dspy
import pytest

from data.domain import Disclosure, Ending, Inquiry, Move, MoveKind, Negotiation, Speaker, Turn
from data.terms import Terms
from metrics.money.valuation import creditor_value
from optimizers.demonstrations.choosing import (
    ForeignDemonstration,
    choose,
    described,
    drawn,
    estimated_tokens,
    good_ones,
    with_demos,
)
from optimizers.demonstrations.labelled import rightly_answered
from optimizers.demonstrations.turns import (
    DISCLOSURE_BONUS,
    NEGOTIATOR,
    PLANNER,
    Demonstration,
    Phase,
    Recorded,
    demonstrations,
    phase_of,
    play_training,
    recorded,
    turn_gain,
)
from programs.creditor.fingerprints import predictors
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from programs.models.adapter import ADAPTER
from programs.reader_program import NOTICES, ReaderProgram, ReaderSettings
from signatures.turn import LadderTurn, TakeLadderTurn
from tests.optimizers.tasks import compile_task
from tests.programs.cases import POLICY, case, debtor_turn, offer, random_cases, terms
from tests.programs.players import PLAN, TAKE, playing, sensible, situation, turn

CASES = random_cases(12)
FIRM, MIDDLE, SOFT = terms(0, 40, 3, 4), terms(0, 20, 7, 12), terms(10, 5, 14, 24)
ACCEPT = Move(kind=MoveKind.ACCEPT)


def takes(speaker: Speaker) -> Turn:
    return Turn(speaker=speaker, move=ACCEPT, dialogue="Agreed.")


def record(*turns: Turn, ending: Ending = Ending.ROUND_LIMIT, agreed: Terms | None = None) -> Negotiation:
    return Negotiation(case=case(), turns=turns, ending=ending, agreed=agreed)


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """Twelve negotiations with everything that was asked: (task, recorded negotiations)."""
    lm = playing(sensible, cache=True)
    task = compile_task(tmp_path_factory.mktemp("runs"), lm, CASES, max_demos=4)
    with dspy.context(lm=lm, adapter=ADAPTER):
        return task, play_training(task)


@pytest.fixture
def good(played):
    task, found = played
    return good_ones(found, 0.3, threshold_given=False, train=task.train)


class TestPhases:
    talk = record(
        offer(FIRM),
        debtor_turn(SOFT),
        offer(FIRM),
        debtor_turn(SOFT),
        offer(MIDDLE),
        debtor_turn(SOFT),
        offer(SOFT),
        takes(Speaker.DEBTOR),
        ending=Ending.AGREEMENT,
        agreed=SOFT,
    )

    def test_every_phase_is_told_by_what_the_turn_did(self):
        phases = [phase_of(self.talk, index) for index in range(0, 8, 2)]
        assert phases == [Phase.OPENING, Phase.PROBING, Phase.CONCEDING, Phase.CLOSING]

    def test_the_creditors_own_acceptance_closes(self):
        talk = record(offer(FIRM), debtor_turn(MIDDLE), takes(Speaker.CREDITOR), ending=Ending.AGREEMENT, agreed=MIDDLE)
        assert phase_of(talk, 2) is Phase.CLOSING

    def test_an_opening_that_is_taken_at_once_stays_the_opening_and_gains_as_a_closing(self):
        talk = record(offer(FIRM), takes(Speaker.DEBTOR), ending=Ending.AGREEMENT, agreed=FIRM)
        assert phase_of(talk, 0) is Phase.OPENING
        assert turn_gain(talk, 0, 0.8) == 0.8


class TestGains:
    def test_the_gain_is_what_the_debtor_gave_less_what_we_gave(self):
        talk = record(offer(FIRM), debtor_turn(SOFT), offer(MIDDLE), debtor_turn(MIDDLE))
        value = {package: creditor_value(package, POLICY) for package in (FIRM, MIDDLE, SOFT)}
        assert turn_gain(talk, 0, 0.5) == 0, "a first demand is no concession, an opening no gift"
        wanted = (value[MIDDLE] - value[SOFT]) - (value[FIRM] - value[MIDDLE])
        assert turn_gain(talk, 2, 0.5) == pytest.approx(wanted)
        assert value[FIRM] > value[MIDDLE] > value[SOFT]

    def test_what_is_stated_for_the_first_time_adds_the_bonus_and_what_is_repeated_adds_nothing(self):
        told = Disclosure(monthly_income=500_000)
        answer = debtor_turn(SOFT).model_copy(update={"disclosed": told})
        talk = record(offer(FIRM, inquiry=Inquiry.INCOME), answer, offer(FIRM), answer)
        assert turn_gain(talk, 0, 0.5) == DISCLOSURE_BONUS
        assert turn_gain(talk, 2, 0.5) == 0

    def test_a_closing_turn_gains_the_objective_and_one_that_drove_the_debtor_away_loses_the_offer(self):
        left = Turn(speaker=Speaker.DEBTOR, move=Move(kind=MoveKind.REJECT))
        talk = record(offer(FIRM), debtor_turn(SOFT), offer(MIDDLE), left, ending=Ending.WALKED_AWAY)
        assert turn_gain(talk, 2, 0.1) == -creditor_value(MIDDLE, POLICY)
        assert turn_gain(TestPhases.talk, 6, 0.66) == 0.66


class TestWhichCallsCount:
    def test_recording_plays_what_the_program_plays(self):
        program, lm = Maden(), playing(sensible)
        with dspy.context(lm=lm, adapter=ADAPTER):
            whole = [program(case=one, seed=3).negotiation for one in CASES[:4]]
            again = [recorded(program, one, 3) for one in CASES[:4]]
        assert [one.negotiation for one in again] == whole
        for one in again:
            turns = [t for t in one.negotiation.turns if t.speaker is Speaker.CREDITOR]
            assert len(one.calls) == len(turns)

    def test_each_demonstration_is_the_draft_that_left_the_table(self, played):
        _, found = played
        checked = 0
        for one in found:
            turns = [t for t in one.negotiation.turns if t.speaker is Speaker.CREDITOR]
            for made in demonstrations(one):
                if made.predictor == NEGOTIATOR:
                    answer: LadderTurn = made.example["turn"]
                    assert turns[made.number - 1].dialogue.startswith(answer.message) or not made.clean
                    assert turns[made.number - 1].thoughts == answer.thoughts
                    checked += 1
        assert checked > 20

    def test_of_a_revised_turn_the_revision_counts_unless_it_repeats_what_was_sent_back(self):
        send_back = {
            "gives_more_than_debtor": "yes", "instalment_affordable": "no", "decision": "revise", "advice": "Hold.",
        }  # fmt: skip

        def obeys(prompt):
            return turn("hold" if "Hold." in prompt else "step_down", "As advised.")

        for negotiator, expected in ((obeys, {"hold"}), (lambda prompt: turn("step_down", "No."), set())):
            lm = playing(negotiator, verdict=send_back)
            with dspy.context(lm=lm, adapter=ADAPTER):
                one = recorded(Maden(), CASES[1], 0)
            revised = {n for n, calls in enumerate(one.calls, 1) if sum(c.predictor == NEGOTIATOR for c in calls) > 1}
            assert revised
            shown = [d for d in demonstrations(one) if d.predictor == NEGOTIATOR and d.number in revised]
            assert {d.choice for d in shown} == expected
            assert all("Hold." in d.example["advice"] for d in shown)

    def test_a_turn_that_was_held_for_want_of_a_readable_draft_yields_nothing(self):
        def breaks(prompt):
            return turn("hold", "Good day.") if "our opening" in situation(prompt) else "no JSON at all"

        with dspy.context(lm=playing(breaks), adapter=ADAPTER):
            one = recorded(Maden(), CASES[1], 0)
        held = [n for n in one.negotiation.turns if any("output:" in note for note in n.notes)]
        assert held
        assert [d.number for d in demonstrations(one) if d.predictor == NEGOTIATOR] == [1]

    def test_an_acceptance_that_was_held_yields_nothing(self):
        grabs = playing(lambda p: turn("hold") if "our opening" in situation(p) else turn("accept"))
        with dspy.context(lm=grabs, adapter=ADAPTER):
            found = [recorded(Maden(), one, 0) for one in CASES]
        numbers = {True: set(), False: set()}
        for one in found:
            turns = [t for t in one.negotiation.turns if t.speaker is Speaker.CREDITOR]
            for made in demonstrations(one):
                if made.predictor == NEGOTIATOR and made.number > 1:
                    numbers[turns[made.number - 1].move.kind is MoveKind.ACCEPT].add((made.case_id, made.number))
        assert not numbers[False], "a choice to accept that became something else"

    def test_an_offer_that_the_guard_repaired_yields_nothing(self):
        greedy = turn("ask", terms={**TAKE, "discount_pct": 90})
        program = Maden(ProgramSettings(variant=Variant.VANILLA))
        with dspy.context(lm=playing(lambda prompt: greedy), adapter=ADAPTER):
            one = recorded(program, CASES[0], 0)
        assert any(t.proposed for t in one.negotiation.turns)
        assert demonstrations(one) == []

    def test_a_free_offer_is_shown_with_the_terms_that_were_offered(self):
        program = Maden(ProgramSettings(variant=Variant.VANILLA))
        with dspy.context(lm=playing(), adapter=ADAPTER):
            one = recorded(program, CASES[1], 0)
        made = demonstrations(one)
        assert made
        assert made[0].example["turn"].terms.terms() == one.negotiation.standing(Speaker.CREDITOR, 1)

    def test_a_plan_with_nothing_to_give_is_no_example(self):
        stiff = {**PLAN, "target": PLAN["opening"], "floor": PLAN["opening"]}
        for plan, expected in ((PLAN, True), (stiff, False)):
            with dspy.context(lm=playing(sensible, plan=plan), adapter=ADAPTER):
                one = recorded(Maden(), CASES[1], 0)
            assert any(d.predictor == PLANNER for d in demonstrations(one)) is expected

    def test_the_judge_is_never_among_them(self, played):
        assert {d.predictor for one in played[1] for d in demonstrations(one)} == {PLANNER, NEGOTIATOR}


class TestChoosing:
    def test_four_demonstrations_cover_the_four_phases(self, played, good):
        chosen = choose(good, played[0].program, max_demos=4, token_budget=10_000)
        phases = [d.phase for d in chosen[NEGOTIATOR]]
        assert phases == [Phase.OPENING, Phase.PROBING, Phase.CONCEDING, Phase.CLOSING]
        assert len({d.case_id for d in chosen[NEGOTIATOR]}) > 1
        assert {d.phase for d in chosen[PLANNER]} == {Phase.PLANNING}
        assert set(chosen) == {PLANNER, NEGOTIATOR}

    def test_a_single_one_is_the_worthiest_of_the_closings(self, played, good):
        (made,) = choose(good, played[0].program, max_demos=1, token_budget=10_000)[NEGOTIATOR]
        assert made.worth == max(d.worth for d in good if d.predictor == NEGOTIATOR)
        assert made.phase is Phase.CLOSING

    def test_the_budget_holds_and_inputs_stay_whole(self, played, good):
        task, found = played
        inputs = [c.inputs for one in found for calls in one.calls for c in calls]
        for budget in (300, 700, 1500, 3000):
            for name, some in choose(good, task.program, max_demos=16, token_budget=budget).items():
                signature = predictors(task.program)[name].signature
                assert sum(estimated_tokens(signature, d.example) for d in some) <= budget
                for made in some:
                    assert {field: made.example[field] for field in signature.input_fields} in inputs

    def test_what_nearly_repeats_another_is_passed_over(self, played, good):
        first = next(d for d in good if d.phase is Phase.OPENING)
        twin = dataclasses.replace(first, number=2, phase=Phase.PROBING)
        chosen = choose([first, twin], played[0].program, max_demos=4, token_budget=10_000)
        assert [d.number for d in chosen[NEGOTIATOR]] == [first.number]

    def test_the_order_of_the_candidates_does_not_matter(self, played, good):
        program, shuffled = played[0].program, list(good)
        random.Random(1).shuffle(shuffled)
        limits = {"max_demos": 3, "token_budget": 3000}
        assert choose(good, program, **limits) == choose(shuffled, program, **limits)

    def test_ties_go_by_case_id(self, played):
        def plain_one(case_id):
            example = dspy.Example(
                account=case_id, ladder="1. x", dialogue=case_id * 9, advice="none", situation=case_id,
                turn=LadderTurn(thoughts="", choice="hold", inquiry="none", message="Hello."),
            )  # fmt: skip
            return Demonstration(NEGOTIATOR, case_id, 1, Phase.OPENING, "hold", 0.0, 0.5, True, example)

        chosen = choose([plain_one("b"), plain_one("a")], played[0].program, max_demos=1, token_budget=3000)
        assert [d.case_id for d in chosen[NEGOTIATOR]] == ["a"]

    def test_drawn_sets_differ_begin_with_the_full_one_and_repeat_by_their_seed(self, played, good):
        program, limits = played[0].program, {"max_demos": 4, "token_budget": 3000}
        sets = drawn(good, program, **limits, sets=6, seed=0)
        assert sets[0] == choose(good, program, **limits)
        assert sets == drawn(good, program, **limits, sets=6, seed=0)
        assert sets[1:] != drawn(good, program, **limits, sets=6, seed=1)[1:]
        assert len({described(one) for one in sets}) > 2
        keys = [{(d.predictor, d.case_id, d.number) for some in one.values() for d in some} for one in sets]
        assert len(sets) == 6
        assert all(keys.count(key) == 1 for key in keys)

    def test_nothing_to_draw_from_is_no_set(self, played):
        assert drawn([], played[0].program, max_demos=2, token_budget=3000, sets=3, seed=0) == []
        assert described({}) == "no demonstrations"


class TestThresholds:
    def made(self, *objectives: float) -> list[Recorded]:
        return [Recorded(record(offer(FIRM)), ((),), objective) for objective in objectives]

    def kept(self, objectives, threshold, **given):
        found: list[float] = []
        played = [_Marked(one, found) for one in self.made(*objectives)]
        good_ones(played, threshold, train=[case()], **{"threshold_given": False, **given})
        return found

    @pytest.mark.parametrize(
        ("objectives", "threshold", "given", "wanted"),
        [
            ((0.2, 0.5, 0.7), 0.5, False, [0.5, 0.7]),
            ((0.2, 0.3), 0.5, False, [0.3]),
            ((0.2, 0.3), 0.5, True, []),
            ((0.01, 0.04), 0.5, False, []),
            ((), 0.5, False, []),
        ],
    )
    def test_good_are_those_at_the_threshold_or_else_the_best_one(self, objectives, threshold, given, wanted):
        assert self.kept(objectives, threshold, threshold_given=given) == wanted


class _Marked(Recorded):
    """Notes that its demonstrations were asked for."""

    def __init__(self, one: Recorded, asked: list[float]) -> None:
        super().__init__(one.negotiation, one.calls, one.objective)
        object.__setattr__(self, "asked", asked)

    def __getattribute__(self, name):
        if name == "calls":
            object.__getattribute__(self, "asked").append(self.objective)
        return super().__getattribute__(name)


class TestOrigin:
    def test_a_demonstration_of_another_debtor_is_an_error(self, played, good):
        task, found = played
        foreign = next(d.case_id for d in good)
        train = [one for one in task.train if one.case_id != foreign]
        chosen = choose(good, task.program, max_demos=16, token_budget=100_000)
        with pytest.raises(ForeignDemonstration, match="is no training debtor of this run"):
            good_ones(found, 0.3, threshold_given=False, train=train)
        with pytest.raises(ForeignDemonstration, match="is no training debtor of this run"):
            with_demos(task.program, chosen, [])

    def test_so_is_one_under_a_training_debtors_id_with_another_account(self, played, good):
        task, _ = played
        first, other = good[0], next(d for d in good if d.case_id != good[0].case_id)
        forged = dataclasses.replace(other, case_id=first.case_id)
        with pytest.raises(ForeignDemonstration):
            with_demos(task.program, {NEGOTIATOR: [forged]}, task.train)

    def test_so_is_one_of_the_pool_where_nobody_knows_the_right_answers(self, played, good):
        """More training debtors are drawn for what costs no call; what is shown was played."""
        task, _ = played
        foreign = next(d.case_id for d in good)
        pool, train = task.train, tuple(one for one in task.train if one.case_id != foreign)
        drawn_for = dataclasses.replace(task, train=train, pool=pool)
        chosen = choose(good, task.program, max_demos=16, token_budget=100_000)
        with pytest.raises(ForeignDemonstration):
            with_demos(task.program, chosen, drawn_for.shown_from)


class TestTexts:
    def test_demonstrations_are_rendered_as_the_predictor_saw_them(self, played, good):
        task, _ = played
        chosen = choose(good, task.program, max_demos=16, token_budget=100_000)
        program = with_demos(task.program, chosen, task.train)
        prompts = task.lm.engine.prompts
        for name in (PLANNER, NEGOTIATOR):
            predictor = predictors(program)[name]
            assert len(predictor.demos) == len(chosen[name]) > 0
            messages = ADAPTER.format_demos(predictor.signature, predictor.demos)
            for asked in messages[::2]:
                assert any(f"\n\n{asked['content']}" in prompt for prompt in prompts)

    def test_a_saved_and_restored_program_shows_the_same_bytes(self, played, good):
        task, _ = played
        chosen = choose(good, task.program, max_demos=4, token_budget=3000)
        program = with_demos(task.program, chosen, task.train)
        for name, some in chosen.items():
            signature = predictors(program)[name].signature
            live = ADAPTER.format_demos(signature, [dict(d.example) for d in some])
            assert ADAPTER.format_demos(signature, predictors(program)[name].demos) == live

    def test_the_estimate_counts_digits_and_grows_with_the_text(self):
        def example(dialogue):
            answer = LadderTurn(thoughts="", choice="hold", inquiry="none", message="")
            return dspy.Example(account="", ladder="", dialogue=dialogue, advice="", situation="", turn=answer)

        none = estimated_tokens(TakeLadderTurn, example(""))
        assert estimated_tokens(TakeLadderTurn, example("7" * 100)) == none + 100
        assert estimated_tokens(TakeLadderTurn, example("a" * 350)) == none + 100
        assert estimated_tokens(TakeLadderTurn, example("债" * 350)) == none + 300

    def test_the_judge_keeps_what_it_had(self, played, good):
        task, _ = played
        program = Maden()
        program.judge.predict.demos = [{"facts": "x", "draft": "y", "verdict": {}}]
        shown = with_demos(program, choose(good, program, max_demos=1, token_budget=3000), task.train)
        assert len(shown.judge.predict.demos) == 1
        assert program.negotiator.predict.demos == []

    def test_sets_of_near_demonstrations_leave_messages_out_and_no_facet(self):
        program = ReaderProgram(ReaderSettings(nearest=2))
        facets = ("only_payment_talk", "has_lawyer_or_adviser", "under_18")
        known = [
            rightly_answered(
                NOTICES, f"m-{n}", {"message": f"words {n}"}, {"category": facets[n % 3]}, *[facets[n % 3]] * 2
            )
            for n in range(60)
        ]
        sets = drawn(known, program, max_demos=2, token_budget=3000, sets=4, seed=0)
        shown = [Counter(made.phase for made in one[NOTICES]) for one in sets]
        assert shown[0].total() == 60
        assert all(30 <= one.total() < 60 and set(one) == set(facets) for one in shown[1:])
