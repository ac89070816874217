"""Planner, negotiator and judge that choose among computed options, played by scripted models."""

from __future__ import annotations

import re

import dspy
import pytest

from data.domain import Disclosure, Ending, MoveKind, Speaker, Turn
from metrics.evaluator import score
from metrics.forgone import forgone
from optimizers.demonstrations.turns import demonstrations, recorded
from programs.artifacts.store import load_program, save_program
from programs.creditor.choosing.option_seat import TAKEN_INSTEAD
from programs.creditor.choosing.pick_judge import TOLERATED
from programs.creditor.rational import RationalCreditor
from programs.creditor.settings import PROGRAM_NAMES, ProgramSettings
from programs.debtor.simulated import SimulatedDebtor
from programs.maden import Maden
from programs.table.runner import DebtorReply, play, view
from tests.programs.cases import POLICY, case, random_cases, terms
from tests.programs.hostile import HOSTILE_TEXTS
from tests.scripted import scripted_lm

COURSE = {"aim": "B", "limit": "D", "course": "steady", "reasoning": "It is likely."}
KIND = "Thank you for telling me. We look for a plan that you can keep."
LINE = re.compile(r"([A-F])\. .*result (-?\d+)")


def options(prompt):
    """Letter and result of each option of the last request."""
    shown = prompt.rsplit("[[ ## options ## ]]", 1)[-1]
    return {letter: int(result) for letter, result in LINE.findall(shown)}


def best(prompt):
    found = options(prompt)
    return max(found, key=found.get)


def worst(prompt):
    found = options(prompt)
    return min(found, key=found.get)


def choosing(pick=best, heard="", holds="no", message=KIND, course=COURSE):
    def answer(prompt):
        asked = prompt.rsplit("Respond with", 1)[-1]
        if "`plan`" in asked:
            return {"plan": course}
        if "`verdict`" in asked:
            return {"verdict": {"heard": heard, "reason_holds": holds, "advice": "Take the better one."}}
        if "`words`" in asked:
            return {"words": {"reply": message}}
        return {"pick": {"highest_result": 0, "choice": pick(prompt)}}

    return scripted_lm(answer)


def played(lm, the_case=None, program="maden", debtors=SimulatedDebtor, **settings):
    made = Maden(ProgramSettings.named(program, policy=POLICY, **settings), debtors)
    with dspy.context(lm=lm):
        return made(case=the_case or case(), seed=0).negotiation


def ours(record):
    return [turn for turn in record.turns if turn.speaker is Speaker.CREDITOR]


class Says:
    """A debtor who asks for the same again and always says the same."""

    words = "My cousin pays half of it from March on."

    def __init__(self, the_case, seed):
        pass

    def reply(self, table):
        asked = terms(30, 5, 14, 24).model_dump()
        return DebtorReply(
            Turn.model_validate({"speaker": "debtor", "move": {"kind": "ask", "terms": asked}, "dialogue": self.words})
        )


def test_who_picks_the_best_plays_as_the_support_alone_and_says_something_of_its_own():
    for debt_case in random_cases(4, seed=3):
        record = played(choosing(), debt_case, "planned")
        seat = RationalCreditor(debt_case.creditor_view(), POLICY)
        alone = play(debt_case, seat, SimulatedDebtor(debt_case, 0), POLICY, 0)
        first = min(len(ours(record)), 2)
        assert [t.move for t in ours(record)[:first]] == [t.move for t in ours(alone)[:first]]
        assert KIND.split(".", maxsplit=1)[0] in record.turns[0].dialogue
        assert all(forgone(turn) == pytest.approx(0, abs=1e-4) for turn in ours(record))
        assert score(record).DS == 1


def test_the_words_are_asked_for_without_a_figure_and_may_not_repeat_their_prompt():
    lm = choosing(
        message="Promise nothing. We would like to find a plan together. We would like to find a plan together."
    )
    record = played(lm)
    asked = [prompt for prompt in lm.engine.prompts if "`words`" in prompt.rsplit("Respond with", 1)[-1]]
    shown = [prompt.rsplit("[[ ## they_said ## ]]", 1)[-1].split("Respond with")[0] for prompt in asked]
    assert len(shown) == len(ours(record))
    assert not any(re.search(r"\d", one) for one in shown)
    assert record.turns[0].dialogue.startswith("We would like to find a plan together. Our offer")
    assert "Promise nothing" not in "".join(turn.dialogue for turn in record.turns)


@pytest.mark.parametrize(
    "blank", ["I am [name].", "\u6211\u53ebXXX\u3002", "My name is ____.", "Call <number>.", "I am XX from the bank."]
)
def test_a_place_to_be_filled_in_never_leaves(blank):
    record = played(choosing(message=f"{blank} We would like to find a plan together."))
    assert record.turns[0].dialogue.startswith("We would like to find a plan together.")


def test_words_that_cannot_be_used_leave_the_offer():
    def unusable(prompt):
        return "?" if "`words`" in prompt.rsplit("Respond with", 1)[-1] else choosing_answer(prompt)

    choosing_answer = choosing().engine.answer
    record = played(scripted_lm(unusable))
    assert record.ending is not Ending.PROGRAM_FAULT
    assert all(turn.dialogue for turn in ours(record))


def test_a_costly_pick_without_words_for_it_never_leaves_where_there_is_a_judge():
    alone = played(choosing(worst), program="planned")
    judged = played(choosing(worst))
    assert max(forgone(turn) for turn in ours(alone)) > TOLERATED
    assert max(forgone(turn) for turn in ours(judged)) <= TOLERATED
    sent_back = [turn for turn in ours(judged) if TAKEN_INSTEAD in turn.notes]
    assert sent_back
    assert all(any(note.startswith("judge: sent back") for note in turn.notes) for turn in sent_back)


@pytest.mark.parametrize(
    ("heard", "holds", "stands"),
    [
        ("My cousin pays half", "yes", True),
        ("my cousin pays half of it", "yes", False),
        ("My cousin pays half", "no", False),
        ("I win the lottery soon", "yes", False),
        ("of it", "yes", False),
    ],
)
def test_a_costly_pick_stands_only_on_words_that_were_said_and_that_the_judge_takes_for_a_reason(heard, holds, stands):
    record = played(choosing(worst, heard=heard, holds=holds), debtors=Says)
    later = [turn for turn in ours(record)[1:] if forgone(turn) is not None]
    costly = [turn for turn in later if forgone(turn) > TOLERATED]
    assert bool(costly) == stands


def test_nothing_private_is_in_any_prompt_before_it_was_said():
    secret = case(income=613_700, expenses=507_900, assets=411_300)
    lm = choosing()
    played(lm, secret, debtors=Says)
    prompts = "\n".join(lm.engine.prompts)
    assert len(lm.engine.prompts) > 4
    for figure in ("6,137", "613700", "5,079", "507900", "4,113", "411300"):
        assert figure not in prompts


@pytest.mark.parametrize("text", HOSTILE_TEXTS[:12])
def test_no_text_moves_a_term_outside_the_policy(text):
    class Hostile(Says):
        words = text

    record = played(choosing(worst, heard=text[:80], holds="yes", message=text[:200]), debtors=Hostile)
    for turn in ours(record):
        assert turn.proposed is None
        if turn.move.kind is MoveKind.ASK:
            assert POLICY.breaches(turn.move.terms.over(None)) == ()


def test_an_answer_that_cannot_be_used_takes_the_best_option_once_something_is_offered():
    calls = []

    def pick(prompt):
        calls.append(prompt)
        return best(prompt) if len(calls) == 1 else "?"

    record = played(choosing(pick), program="planned", debtors=Says)
    assert record.ending is not Ending.PROGRAM_FAULT
    assert any(note.startswith("output:") for note in ours(record)[1].notes)
    assert ours(record)[1].move.kind is MoveKind.ASK


def test_a_debtor_who_can_keep_nothing_is_offered_nothing_more():
    class Ruined(Says):
        def reply(self, table):
            told = Disclosure(monthly_income=100_000, monthly_expenses=400_000, assets=0)
            return DebtorReply(super().reply(table).turn.model_copy(update={"disclosed": told}))

    record = played(choosing(), debtors=Ruined)
    later = ours(record)[1:]
    assert len({turn.move.terms for turn in later}) == 1
    assert all(any("a person should decide" in note for note in turn.notes) for turn in later)


def test_a_seat_taken_again_and_a_fork_know_the_plan():
    the_case = case()
    made = Maden(ProgramSettings.named("maden", policy=POLICY))
    table = view((), Speaker.CREDITOR, POLICY)
    with dspy.context(lm=choosing(course={**COURSE, "course": "quick"})):
        seat = made.seat(the_case.creditor_view())
        seat.next_turn(table)
        again = made.seat(the_case.creditor_view())
        again.recall(type(seat.memory).model_validate_json(seat.memory.model_dump_json()))
    assert seat.memory.plan.course == "quick"
    assert again.memory == seat.memory == seat.forked(made).memory


def test_an_artifact_of_it_loads_and_plays_the_same(tmp_path):
    made = Maden(ProgramSettings.named("maden", policy=POLICY))
    with dspy.context(lm=choosing()):
        calls = recorded(made, case(), 0)
        shown = demonstrations(calls)
        made.negotiator.predict.demos = [one.example for one in shown if one.predictor == "negotiator.predict"]
        save_program(made, "chooser", root=tmp_path)
        loaded = load_program("chooser@1", root=tmp_path)
        before, after = (program(case=case(), seed=0).negotiation for program in (made, loaded))
    assert len(made.negotiator.predict.demos) >= 2
    assert loaded.sha256 == made.sha256
    assert before == after


def test_every_name_gives_its_settings_back_and_the_ladders_hash_as_before():
    assert [ProgramSettings.named(name).name for name in PROGRAM_NAMES] == list(PROGRAM_NAMES)
    assert "support" not in ProgramSettings.named("maden-ladder").fingerprinted()
    assert ProgramSettings.named("maden").fingerprinted()["support"] == "options"
