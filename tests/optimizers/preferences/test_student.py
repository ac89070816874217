from __future__ import annotations

import json

import dspy
import pytest

from data.domain import Move, MoveKind, Speaker, Turn
from data.terms import PartialTerms, Terms
from optimizers.preferences.student import Student
from programs.creditor.settings import ProgramSettings, Variant
from programs.maden import Maden
from programs.table import words
from programs.table.guard import guarded
from programs.table.runner import view
from signatures.turn import FreeTurn
from tests.optimizers.preferences.sampled import sampler
from tests.programs.cases import POLICY, case
from tests.programs.players import TAKE, playing, turn

OFFER = Terms(discount_pct=0, immediate_payment_pct=20, immediate_payment_days=7, installment_periods=6)


def parsed(reply: str) -> FreeTurn:
    return FreeTurn.model_validate(json.loads(reply)["turn"])


def test_its_prompt_is_what_the_vanilla_negotiator_is_asked_to_the_byte():
    lm = playing()
    with dspy.context(lm=lm):
        record = Maden(ProgramSettings(variant=Variant.VANILLA))(case=case(), seed=0).negotiation
    student = Student(ProgramSettings())
    mine = [index for index, one in enumerate(record.turns) if one.speaker is Speaker.CREDITOR]
    assert len(mine) == len(lm.engine.requests) > 2
    for index, request in zip(mine, lm.engine.requests, strict=True):
        system, *rest = student.prompt(case().creditor_view(), view(record.turns[:index], Speaker.CREDITOR, POLICY))
        assert system == {"role": "system", "content": request.system}
        assert [(one["role"], one["content"]) for one in rest] == [(m.role, m.text) for m in request.messages]


def test_what_it_said_itself_is_written_as_it_wrote_it():
    said = turn("ask", "Let us find a way together.", "income", terms=TAKE)
    student = Student(ProgramSettings())
    table = view((), Speaker.CREDITOR, POLICY)
    with dspy.context(lm=playing(lambda prompt: said)):
        made = student.seat(case().creditor_view(), 0).next_turn(table)
    assert json.loads(student.reply(case().creditor_view(), table, made)) == {
        "turn": {"thoughts": "Think.", "choice": "ask", "terms": TAKE, "inquiry": "income",
                 "message": "Let us find a way together."}
    }  # fmt: skip


def test_a_teachers_turn_keeps_its_figures_and_argument_and_loses_its_ladder():
    made = Turn(
        speaker=Speaker.CREDITOR,
        move=Move(kind=MoveKind.ASK, terms=PartialTerms.of(OFFER)),
        dialogue=f"That helps us. {words.statement(MoveKind.ASK, OFFER, repeated=False)}",
        thoughts="They moved towards us. We are on pace, so we stay on our rung.",
    )
    found = parsed(Student(ProgramSettings()).reply(case().creditor_view(), view((), Speaker.CREDITOR, POLICY), made))
    assert (found.choice, found.terms.terms(), found.message) == ("ask", OFFER, "That helps us.")
    assert found.thoughts == "They moved towards us."


@pytest.mark.parametrize("repeated", [True, False])
@pytest.mark.parametrize("kind", list(MoveKind))
def test_no_stated_figure_is_left_in_the_argument(kind, repeated):
    stated = f"I hear you. {words.statement(kind, OFFER, repeated)} {words.QUESTIONS['income']}"
    assert words.argument(stated, "income") == "I hear you."


def test_an_acceptance_names_the_debtors_package():
    opening = Turn(speaker=Speaker.CREDITOR, move=Move(kind=MoveKind.ASK, terms=PartialTerms.of(OFFER)))
    demand = {"discount_pct": 20, "immediate_payment_pct": 0, "immediate_payment_days": 30, "installment_periods": 36}
    answer = Turn(speaker=Speaker.DEBTOR, move=Move(kind=MoveKind.ASK, terms=PartialTerms(**demand)))
    table = view((opening, answer), Speaker.CREDITOR, POLICY)
    made = Turn(speaker=Speaker.CREDITOR, move=Move(kind=MoveKind.ACCEPT), dialogue="Agreed.")
    student = Student(ProgramSettings())
    assert parsed(student.reply(case().creditor_view(), table, made)).terms.model_dump() == demand
    repaired = guarded(made, table.own, table.theirs, POLICY)
    assert repaired.move.kind is MoveKind.ASK  # it is outside the limits
    assert parsed(student.reply(case().creditor_view(), table, repaired)).choice == "accept"


def test_it_plays_under_the_teachers_limits_and_on_its_own_model():
    mine = playing(model="scripted/student")
    found = sampler(student_lm=mine)
    assert found.student.program.settings.policy == found.teacher.settings.policy
    with dspy.context(lm=playing()), found.student.playing():
        assert dspy.settings.lm is mine
